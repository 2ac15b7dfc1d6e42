import type { Finding } from "#contract/traces.ts";
import type { DialbackOutcome } from "#protocol/xmpp/dialback.ts";
import type { Failure } from "#protocol/xmpp/initiating-state.ts";

/** Why a native link or one of its streams does not work, by code; web/text words each. */
export function s2sFinding(
  code: S2sCode,
  owner: Finding["owner"],
  params: Finding["params"],
): Finding {
  return { code, params, owner, severity: "error" };
}

export type S2sCode =
  /** {address, port, errno}: our own port cannot be opened. */
  | "s2s.listen_failed"
  /** {domain}: it acknowledged nothing, or took nothing and answered no ping, for too long; the stream was dropped. */
  | "s2s.silent"
  /** {domain, condition, text}: the peer ended the stream with an error. */
  | "s2s.closed"
  /** {domain, condition}: what the peer sent is not XMPP; we ended the stream. */
  | "s2s.invalid"
  /** {domain, to, reason, cause}: its dialback was refused; `cause`: why we could not ask, a code, or empty. */
  | "s2s.dialback_refused"
  /** {domain, phase}: the connection ended without a word. */
  | "s2s.lost"
  /** {domain, rule}: policy forbids the domain. */
  | "policy.blocked"
  | "policy.not_trusted"
  /** {domain, from, certificate: none | shown}: offers nothing to log in with that both sides accept. */
  | "auth.no_sasl"
  /** {domain, from, condition, text} */
  | "auth.external_rejected"
  /** {domain, from, reason} */
  | "auth.dialback_failed"
  /** {domain}: not authentic, and dialback is not accepted. */
  | "auth.peer_unproven"
  /** {domain, condition, text}: too busy for us. */
  | "limit.remote";

/** RFC 6120 §4.9.3.17, §8.3.3.17: the peer asks for less, or for patience. */
export function slowDown(domain: string, condition: string, text: string | null): Finding {
  return s2sFinding("limit.remote", "peer", { domain, condition, text: text ?? "" });
}

/** What the authoritative server of `domain` said, or why it was not to be asked (XEP-0220 §2.5). */
export function dialbackRefused(domain: string, to: string, outcome: DialbackOutcome): Finding {
  const isError = outcome.kind === "error";
  return s2sFinding("s2s.dialback_refused", "peer", {
    domain,
    to,
    reason: isError ? outcome.condition : outcome.kind,
    cause: isError ? (outcome.text ?? "").slice(0, 200) : "",
  });
}

/** Why a stream that was open, or in login, ended; null when the peer just closed it. */
export function failureFinding(failure: Failure, domain: string): Finding {
  const closed = (condition: string, text: string | null) =>
    condition === "resource-constraint"
      ? slowDown(domain, condition, text)
      : s2sFinding("s2s.closed", "peer", { domain, condition, text });
  switch (failure.code) {
    case "stream.host_unknown":
    case "stream.policy":
      return closed(failure.condition, failure.text);
    case "stream.protocol":
      return s2sFinding("s2s.invalid", "peer", { domain, condition: failure.condition });
    default:
      return s2sFinding("s2s.lost", "network", {
        domain,
        phase: "phase" in failure ? failure.phase : "",
      });
  }
}
