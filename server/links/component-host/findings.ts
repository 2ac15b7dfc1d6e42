import type { Finding } from "#contract/traces.ts";
import type { AcceptingFailure } from "#protocol/xmpp/component-accepting-state.ts";

export type HostedCode =
  /** {name}: nothing wrong is known, but nobody is there. */
  | "hosted.absent"
  /** The port for components is switched off. */
  | "hosted.no_port"
  /** {host, port}: another program has the port; often the XMPP server on the same machine. */
  | "hosted.port_in_use"
  /** {host, port, errno} */
  | "hosted.listen_failed"
  /** {host}: an address that others reach, and no certificate for TLS. */
  | "hosted.no_tls"
  /** {name, address}: from there somebody came with another secret. */
  | "hosted.wrong_secret"
  /** {name, limit} */
  | "hosted.too_many"
  /** {name, from}: the component sent in a name that is not its own. */
  | "hosted.invalid_from"
  /** {condition, reason}: what came is not XML as XMPP allows it. */
  | "hosted.unreadable"
  /** {condition, text}: the component's own words. */
  | "hosted.stream_error"
  /** {address}: the connection ended without a word. */
  | "hosted.closed"
  /** {address, seconds}: connected, but did not shake hands. */
  | "hosted.timeout"
  /** {address, seconds}: answered us before, and no longer does. */
  | "hosted.silent"
  /** {address, seconds}: does not read what we send. */
  | "hosted.stalled";

/** Why a component that we host is not attached, by code; web/text words each. All are on our own side. */
export function hostedFinding(code: HostedCode, params: Finding["params"]): Finding {
  return { code, params, owner: "us", severity: code === "hosted.absent" ? "warning" : "error" };
}

/** What the end of a component's stream means for the person who runs it. */
export function failureFinding(
  failure: AcceptingFailure,
  context: {
    readonly name: string;
    readonly address: string;
    readonly seconds: number;
    readonly limit: number;
  },
): Finding {
  const { name, address, seconds, limit } = context;
  switch (failure.code) {
    case "refused":
      return hostedFinding("hosted.too_many", { name, limit });
    case "wrong_secret":
      return hostedFinding("hosted.wrong_secret", { name, address });
    case "invalid_from":
      return hostedFinding("hosted.invalid_from", { name, from: failure.from });
    case "unreadable":
      return hostedFinding("hosted.unreadable", {
        condition: failure.condition,
        reason: failure.reason,
      });
    case "stream_error":
      return hostedFinding("hosted.stream_error", {
        condition: failure.condition,
        text: failure.text,
      });
    case "timeout":
      return hostedFinding("hosted.timeout", { address, seconds });
    case "lost":
      return hostedFinding("hosted.closed", { address });
  }
}
