import type { PingResult } from "#contract/traces.ts";

type Leg = PingResult["wave"];

/**
 * What a ping proves: `both` directions, a link by agreement (`agreed`), the way there at most (`one`), or nothing, because our own server could
 * not deliver it (`undelivered`), a rule of ours forbids it (`forbidden`) or no link was there (`unlinked`).
 */
export type PingProof = "both" | "agreed" | "one" | "undelivered" | "forbidden" | "unlinked";

export function proofOf(result: PingResult): PingProof {
  if (result.provesBothDirections) return "both";
  const legs = [result.wave, result.xmpp];
  const isHeard = legs.some(({ status }) => status === "answered" || status === "refused");
  if (isHeard && (result.agreedLink ?? null) !== null) return "agreed";
  if (legs.some(({ status }) => status !== "not_sent")) return "one";
  if (legs.some(isUndelivered)) return "undelivered";
  return result.message?.code.startsWith("policy.") === true ? "forbidden" : "unlinked";
}

/** Sent to our own server, which gave it back: the condition is that server's, not the peer's. */
export function isUndelivered({ status, condition }: Leg): boolean {
  return status === "not_sent" && condition !== null;
}
