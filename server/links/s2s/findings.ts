import type { Finding } from "#contract/traces.ts";

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
  /** {domain}: it acknowledged nothing for too long, the stream was dropped. */
  | "s2s.silent"
  /** {domain, condition, text}: the peer ended the stream with an error. */
  | "s2s.closed"
  /** {domain}: offers nothing to log in with that both sides accept. */
  | "auth.no_sasl"
  /** {domain, condition, text} */
  | "auth.external_rejected"
  /** {domain, reason} */
  | "auth.dialback_failed"
  /** {domain}: not authentic, and dialback is not accepted. */
  | "auth.peer_unproven";
