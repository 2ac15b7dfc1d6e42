import type { Finding } from "#contract/traces.ts";
import type { ConnectionFailure, ConnectionNote } from "#protocol/x2x/connection.ts";
import type { X2xTerms } from "./terms.ts";

/** Why an X2X link does not work, by code; web/text words each. All have {link}: its name. */
export type X2xCode =
  /** The peer begins with a stream header: its side is a normal server-to-server link. */
  | "x2x.header"
  /** The peer begins with TLS: for its side the link is encrypted, for ours it is not. */
  | "x2x.tls_here"
  /** The peer does not speak TLS: for its side the link is plain, for ours it is not. */
  | "x2x.plain_there"
  /** The peer compresses, and we do not. */
  | "x2x.deflate_here"
  /** The peer does not compress, and we do. */
  | "x2x.deflate_missing"
  /** The peer compresses with another preset dictionary than was agreed, or with none. */
  | "x2x.deflate_dictionary"
  /** {fault}: what the peer sends cannot be inflated, `data`, or goes on behind its end, `ended`. */
  | "x2x.deflate_broken"
  /** {fault}: it inflates to far too much, `ratio`, or goes on and on and inflates to nothing, `empty`. */
  | "x2x.deflate_bomb"
  /** {what}: something that is no X2X peer connected. */
  | "x2x.not_x2x"
  /** {domain}: the peer speaks for a domain that is not among those agreed for its side. */
  | "x2x.from_not_agreed"
  /** {domain}: the peer sends to a domain that is not among those agreed for ours. */
  | "x2x.to_not_agreed"
  | "x2x.no_addresses"
  /** {name}: the peer negotiates where nothing is to be negotiated. */
  | "x2x.negotiates"
  /** {condition, reason} */
  | "x2x.unreadable"
  /** {condition, text} */
  | "x2x.peer_error"
  | "x2x.lost"
  /** {security, opened}: it ended a connection on which it had said nothing; the opener may, in order. */
  | "x2x.turned_away"
  /** {seconds}: only the peer may open, and it did not. */
  | "x2x.nobody_came"
  /** The peer ends connections with a closing tag: its version of the standard is not the draft. */
  | "x2x.version"
  /** The peer sends on a connection that we opened, where each side was to have its own. */
  | "x2x.shared_there"
  /** {count}: so many connections within a minute, each in the place of the one before. */
  | "x2x.collision"
  /** {sizeBytes, limitBytes}: a stanza of the peer is larger than agreed; sizeBytes is null when the connection ended for it. */
  | "x2x.too_large"
  /** It answers nothing, and takes no byte, for too long. */
  | "x2x.silent"
  /** {host, port} */
  | "x2x.refused"
  /** {host} */
  | "x2x.unresolved"
  /** {host, port, phase, seconds} */
  | "x2x.timeout"
  /** {host, port, errno} */
  | "x2x.unreachable"
  /** {address, port, errno}: our own source address or port cannot be had. */
  | "x2x.source_failed"
  /** {detail} */
  | "x2x.tls_failed"
  /** {domain}: no certificate of ours is in use for any of our domains. */
  | "x2x.no_certificate"
  /** The peer shows no certificate. */
  | "x2x.certificate_missing"
  /** {fingerprint}: it is none of the agreed ones. */
  | "x2x.certificate_pin"
  /** {address, port, expected}: the source port is not the agreed one. */
  | "x2x.source_port"
  /** {address, expected}: it comes from elsewhere than agreed. */
  | "x2x.source_address"
  /** {address, hostName, found} */
  | "x2x.reverse_dns"
  /** {address, resolver}: the answer is not validated by DNSSEC. */
  | "x2x.reverse_dns_insecure"
  /** {address, port, errno}: our port for the link cannot be opened. */
  | "x2x.listen_failed";

export function x2xFinding(
  code: X2xCode,
  owner: Finding["owner"],
  params: Finding["params"],
): Finding {
  return { code, params, owner, severity: "error" };
}

/** A fault of ours: the log has its cause under the same words. */
export function internalFinding(linkId: string): Finding {
  return {
    code: "internal",
    params: { reference: `x2x ${linkId}` },
    owner: "us",
    severity: "error",
  };
}

/** How the peer of a connection is set up otherwise, while that goes on. */
export function noteFinding(note: ConnectionNote, { name: link, agreement }: X2xTerms): Finding {
  if (note.code !== "x2x.too_large") return x2xFinding(note.code, "peer", { link });
  const { sizeBytes } = note;
  return x2xFinding(note.code, "peer", { link, sizeBytes, limitBytes: agreement.maxStanzaBytes });
}

/** Why a connection ended that was open. */
export function connectionFinding(
  failure: ConnectionFailure,
  { name: link, agreement }: X2xTerms,
): Finding {
  switch (failure.code) {
    case "x2x.foreign":
      return foreignFinding(failure.what, link);
    case "x2x.not_agreed": {
      const { condition, domain } = failure.fault;
      if (condition === "invalid-from")
        return x2xFinding("x2x.from_not_agreed", "peer", { link, domain });
      if (condition === "host-unknown")
        return x2xFinding("x2x.to_not_agreed", "peer", { link, domain });
      return x2xFinding("x2x.no_addresses", "peer", { link });
    }
    case "x2x.negotiates":
      return x2xFinding("x2x.negotiates", "peer", { link, name: failure.name });
    case "x2x.unreadable":
      if (failure.condition === "policy-violation" && failure.reason === "size")
        return x2xFinding("x2x.too_large", "peer", {
          ...{ link, sizeBytes: null, limitBytes: agreement.maxStanzaBytes },
        });
      return x2xFinding("x2x.unreadable", "peer", {
        link,
        condition: failure.condition,
        reason: failure.reason,
      });
    case "x2x.peer_error":
      return x2xFinding("x2x.peer_error", "peer", {
        link,
        condition: failure.condition,
        text: failure.text ?? "",
      });
    case "x2x.undeflatable": {
      const { fault } = failure;
      const isBomb = fault === "ratio" || fault === "empty";
      return x2xFinding(isBomb ? "x2x.deflate_bomb" : "x2x.deflate_broken", "peer", {
        link,
        fault,
      });
    }
    case "x2x.silent":
      return x2xFinding("x2x.silent", "peer", { link });
    case "x2x.lost":
      return x2xFinding("x2x.lost", "network", { link });
  }
}

function foreignFinding(
  what: (ConnectionFailure & { code: "x2x.foreign" })["what"],
  link: string,
): Finding {
  switch (what) {
    case "stream_header":
      return x2xFinding("x2x.header", "peer", { link });
    case "tls":
      return x2xFinding("x2x.tls_here", "peer", { link });
    case "compressed":
      return x2xFinding("x2x.deflate_here", "peer", { link });
    case "uncompressed":
      return x2xFinding("x2x.deflate_missing", "peer", { link });
    case "other_dictionary":
      return x2xFinding("x2x.deflate_dictionary", "peer", { link });
    default:
      return x2xFinding("x2x.not_x2x", "peer", { link, what });
  }
}
