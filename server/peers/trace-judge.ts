import type { Finding, PresentedCertificate } from "#contract/traces.ts";
import { finding } from "./health.ts";
import type { Policy } from "./policy.ts";
import { proofOf } from "./proof.ts";
import type { PeerTrustDeps } from "./trust.ts";

interface JudgeInput {
  readonly chain: readonly Uint8Array[];
  readonly reference: string;
  readonly alsoAccept?: readonly string[];
  readonly now: Date;
  readonly owner?: "us" | "peer";
}

/**
 * Judges certificates for traces and checks as links of our own do: by the pins, authorities and test mode of the
 * peer that the reference belongs to. What these overrule stays visible, as information.
 */
export function createTraceJudge(deps: {
  policy: Pick<Policy, "terms">;
  judge: (
    input: JudgeInput & { readonly authorityPem: string | null },
  ) => ReturnType<PeerTrustDeps["judge"]>;
}): { readonly judge: (input: JudgeInput) => Promise<PresentedCertificate> } {
  return {
    async judge(input) {
      const terms = input.owner === "us" ? null : deps.policy.terms(input.reference);
      const authorityPem = terms?.authorityPem ?? null;
      const presented = await deps.judge({ ...input, authorityPem });
      const [leaf] = presented.chain;
      if (terms === null || leaf === undefined) return presented;
      const { by, finding: why, validUntil } = proofOf(presented, terms, input.now);
      const { findings } = presented;
      if (by === "test_mode") {
        const domain = input.reference;
        const until = validUntil?.toISOString() ?? null;
        const params = { domain, until, fingerprint: leaf.fingerprintSha256 };
        const warning = finding("cert.test_mode", "us", params, "warning");
        return { ...presented, proof: by, findings: [warning, ...overruled(findings)] };
      }
      if (by !== null) return { ...presented, proof: by, findings: overruled(findings) };
      if (why?.code !== "cert.pin") return presented;
      return { ...presented, trusted: false, findings: [why, ...overruled(findings)] };
    },
  };
}

/** Errors that the peer's terms make none. */
function overruled(findings: readonly Finding[]): Finding[] {
  return findings.map((one) => (one.severity === "error" ? { ...one, severity: "info" } : one));
}
