import type { Finding } from "#contract/traces.ts";
import type { StreamError } from "#protocol/xmpp/stream-error.ts";

type Params = Finding["params"];

/** Why a link is not attached, by code; web/text words each. All are on our own side. */
export function linkFinding(code: LinkCode, params: Params = {}): Finding {
  return { code, params, owner: "us", severity: "error" };
}

export type LinkCode =
  /** {host} has no address. */
  | "link.unresolved"
  /** {host, port}: nothing listens there. */
  | "link.refused"
  /** {host, port, errno} */
  | "link.unreachable"
  /** {host, port, phase, seconds} */
  | "link.timeout"
  /** {host, port, detail}: no TLS there, or none in common. */
  | "link.tls_failed"
  /** {host, port, detail}: the certificate is not trusted, or for other names. */
  | "link.tls_untrusted"
  /** {host, port, firstBytes} */
  | "link.not_xmpp"
  /** {host, port, speaks}: a port for clients or servers. */
  | "link.wrong_port"
  /** {name}: the server knows no such component. */
  | "link.unknown_name"
  /** {name} */
  | "link.wrong_secret"
  /** {name}: the server thinks that it is attached already. */
  | "link.conflict"
  /** {condition, text} */
  | "link.stream_error"
  /** The server said that it shuts down. */
  | "link.server_stopped"
  /** {phase}: the connection ended without a word. */
  | "link.closed"
  /** {seconds}: attached, but nothing came back. */
  | "link.silent"
  /** {condition, reason}: what came is not XML as XMPP allows it. */
  | "link.unreadable"
  /** {nodeId} */
  | "link.held_elsewhere";

/** What a stream error of our server means for the person who attaches it (RFC 6120 §4.9.3). */
export function streamErrorFinding(error: StreamError, name: string): Finding {
  switch (error.condition) {
    case "host-unknown":
    case "host-gone":
      return linkFinding("link.unknown_name", { name });
    case "not-authorized":
      return linkFinding("link.wrong_secret", { name });
    case "conflict":
      return linkFinding("link.conflict", { name });
    case "invalid-namespace":
      return linkFinding("link.wrong_port", { speaks: null });
    case "system-shutdown":
      return linkFinding("link.server_stopped", {});
    default:
      return linkFinding("link.stream_error", { condition: error.condition, text: error.text });
  }
}
