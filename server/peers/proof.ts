import type { Proof } from "#contract/peer-trust.ts";
import type { CertificateSummary, Finding, PresentedCertificate } from "#contract/traces.ts";
import { finding } from "./health.ts";
import type { Terms } from "./policy.ts";

/** What a peer's terms say of certificates. */
export type CertificateTerms = Pick<Terms, "pins" | "authorityPem" | "testModeUntil">;

export interface Proved {
  readonly isAuthentic: boolean;
  readonly by: Proof | null;
  readonly finding: Finding | null;
  readonly validUntil: Date | null;
}

/**
 * Whether a certificate stands for the domain that it was judged for, on a peer's terms (null: a stranger's).
 *
 * - Without pins: a path to a trusted root, or to the peer's own authorities where there are any, and a name.
 * - With pins: the leaf, whose key the TLS session proves, is a pinned one, by itself or by its key; others in the
 *   chain prove nothing. Names and dates do not count (as RFC 7671 §5.1 has it for DANE-EE), but a key that
 *   anybody can break is nobody's. Where the peer has its own authorities too, both have to fit.
 * - In test mode: whatever was readable.
 */
export function proofOf(
  presented: PresentedCertificate,
  terms: CertificateTerms | null,
  now: Date,
): Proved {
  const pins = terms?.pins ?? [];
  const hasAuthority = (terms?.authorityPem ?? null) !== null;
  const why = whyNot(presented, pins, hasAuthority);
  if (why === null) {
    const by = pins.length > 0 ? "pin" : hasAuthority ? "peer_ca" : "pkix";
    const areDatesCounted = pins.length === 0 || hasAuthority;
    const validUntil = areDatesCounted ? endOf(presented.chain, now) : null;
    return { isAuthentic: true, by, finding: null, validUntil };
  }
  const until = terms?.testModeUntil ?? null;
  if (until === null || until <= now || presented.chain.length === 0)
    return { isAuthentic: false, by: null, finding: why, validUntil: null };
  return { isAuthentic: true, by: "test_mode", finding: null, validUntil: until };
}

/** Why the certificate proves nothing; null when it does. */
function whyNot(
  presented: PresentedCertificate,
  pins: readonly string[],
  hasAuthority: boolean,
): Finding | null {
  const { reference: domain, findings, trusted, nameMatch } = presented;
  const [leaf] = presented.chain;
  const absent = { domain, subject: null, reason: "absent", detail: null };
  const first =
    findings.find(({ severity }) => severity === "error") ??
    finding("cert.invalid", "peer", absent);
  if (leaf === undefined) return first;
  if (
    pins.length > 0 &&
    !pins.includes(leaf.fingerprintSha256) &&
    !pins.includes(leaf.publicKeySha256)
  )
    return finding("cert.pin", "peer", {
      domain,
      subject: leaf.commonName ?? leaf.subject,
      fingerprint: leaf.fingerprintSha256,
      key: leaf.publicKeySha256,
      pins: [...pins],
    });
  if (pins.length > 0 && !hasAuthority) return isBreakable(leaf) ? weakKey(domain, leaf) : null;
  return trusted && nameMatch !== null ? null : first;
}

/** RSA and DSA below 1024 bits: see certificates/algorithms.ts. */
function isBreakable({ keyAlgorithm, keyBits }: CertificateSummary): boolean {
  return /^(RSA|DSA)/.test(keyAlgorithm) && keyBits !== null && keyBits < 1024;
}

function weakKey(domain: string, leaf: CertificateSummary): Finding {
  return finding("cert.weak", "peer", {
    domain,
    subject: leaf.commonName ?? leaf.subject,
    reason: "key",
    algorithm: leaf.keyAlgorithm,
    bits: leaf.keyBits,
    signature: leaf.signatureAlgorithm,
  });
}

/** The first end on the way from the leaf up, as far as it was sent; what has ended already is not on the way. */
function endOf(chain: readonly CertificateSummary[], now: Date): Date | null {
  let end = Infinity;
  const seen = new Set<CertificateSummary>();
  for (let one = chain[0]; one !== undefined;) {
    const { issuer } = one;
    seen.add(one);
    end = Math.min(end, Date.parse(one.notAfter));
    one = chain.find(
      (other) =>
        other.subject === issuer && !seen.has(other) && Date.parse(other.notAfter) > now.getTime(),
    );
  }
  return Number.isFinite(end) ? new Date(end) : null;
}
