import type { ProofDemand } from "#contract/peer-trust.ts";
import { type AuthenticationMemory, isOutgrown } from "./authentication.ts";
import type { Policy } from "./policy.ts";

/** How `domain` must prove who it is on links of our own, by its peer's terms or the settings for strangers. */
export function demandOf(
  domain: string,
  deps: {
    readonly policy: Pick<Policy, "terms" | "strangers">;
    /** What is remembered of the domain, if anything. */
    readonly memory: AuthenticationMemory | null;
    readonly now: Date;
  },
): ProofDemand {
  const { policy, memory, now } = deps;
  const terms = policy.terms(domain);
  if (terms === null) {
    const { tlsPolicy, allowsDialback } = policy.strangers();
    const dialback = allowsDialback ? "allowed" : "refused";
    return {
      tls: tlsPolicy,
      minTls: "TLSv1.2",
      certificate: "trusted_roots",
      testModeUntil: null,
      inboundDialback: dialback,
      outboundDialback: dialback,
      isHeld: false,
    };
  }
  const { tlsPolicy, minTls, allowsDialback, pins, authorityPem, testModeUntil } = terms;
  const standing = (direction: "in" | "out") => {
    if (!allowsDialback) return "refused";
    return memory !== null && isOutgrown(memory, direction) ? "outgrown" : "allowed";
  };
  return {
    tls: tlsPolicy,
    minTls,
    certificate: tlsPolicy === "never" ? null : certificateOf(pins, authorityPem),
    testModeUntil:
      testModeUntil !== null && testModeUntil > now ? testModeUntil.toISOString() : null,
    inboundDialback: standing("in"),
    outboundDialback: standing("out"),
    isHeld: (memory?.held ?? null) !== null,
  };
}

function certificateOf(pins: readonly string[], authorityPem: string | null) {
  if (pins.length > 0) return authorityPem === null ? "pins" : "pins_and_authority";
  return authorityPem === null ? "trusted_roots" : "own_authority";
}
