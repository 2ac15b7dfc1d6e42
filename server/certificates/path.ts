import type { Primitives } from "#protocol/primitives.ts";
import { keyWeakness, signatureWeakness, type Weakness } from "./algorithms.ts";
import { constraintBudget, violatesConstraints } from "./name-constraints.ts";
import type { TrustStore } from "./trust.ts";
import { isAuthority, isSelfIssued, isSelfSigned, isSignedBy, type Certificate } from "./x509.ts";

/** One thing wrong with a path. Each is found for itself: none hides another. */
export type PathFault =
  | { readonly kind: "expired" | "not_yet"; readonly certificate: Certificate }
  | { readonly kind: "self_signed"; readonly certificate: Certificate }
  /** The issuer of `certificate` was neither sent nor is it known here. */
  | { readonly kind: "missing_issuer"; readonly certificate: Certificate }
  /** The path ends in `certificate`, or in its issuer, which is no trusted root. */
  | { readonly kind: "untrusted_root"; readonly certificate: Certificate }
  | { readonly kind: "weak"; readonly certificate: Certificate; readonly weakness: Weakness }
  | {
      readonly kind: "invalid";
      readonly certificate: Certificate;
      readonly reason: InvalidReason;
      readonly detail: string;
    }
  | { readonly kind: "too_complex"; readonly certificate: Certificate };

export type InvalidReason =
  /** An issuer that is not marked as an authority, or whose key may not sign certificates. */
  | "not_authority"
  | "key_usage"
  | "path_length"
  | "name_constraints"
  | "critical_extension"
  /** A certificate with the issuer's name is there, but its key did not make the signature. */
  | "signature";

export interface PathOutcome {
  /** Leaf first, as far as it could be built, with the root if one was found. */
  readonly path: readonly Certificate[];
  readonly faults: readonly PathFault[];
  /** It ends in a trusted root and nothing that forbids its use was found. */
  readonly isTrusted: boolean;
}

const maxPathLength = 10;
const maxPaths = 32;
const maxSignatures = 32;

/**
 * Builds and judges the path from `chain[0]` to a trusted root (RFC 5280 §6.1), whatever purpose the
 * certificates are for: extended key usage is not looked at. The other certificates may come in any
 * order, with strangers among them. Of several paths the first without fault is taken, else the one
 * that comes nearest. Revocation and policies are not checked. Work is bounded: 32 signatures, 32 paths.
 */
export function validatePath(
  chain: readonly [Certificate, ...Certificate[]],
  trust: TrustStore,
  now: Date,
  primitives: Primitives,
): PathOutcome {
  let best: (PathOutcome & { rank: number }) | null = null;
  for (const candidate of buildPaths(chain, trust)) {
    const faults = [...candidate.faults, ...judgePath(candidate.path, now, primitives)];
    const outcome = {
      path: candidate.path,
      faults,
      isTrusted: candidate.isAnchored && faults.every(isHarmless),
      rank: rankOf(candidate.isAnchored, faults, candidate.path.length),
    };
    if (faults.length === 0) return outcome;
    if (best === null || outcome.rank < best.rank) best = outcome;
  }
  return (
    best ?? {
      path: [chain[0]],
      faults: [{ kind: "too_complex", certificate: chain[0] }],
      isTrusted: false,
    }
  );
}

/** Weak but not broken: worth a warning, no reason to refuse. */
export function isHarmless(fault: PathFault): boolean {
  return fault.kind === "weak" && fault.weakness.degree === "weak";
}

function rankOf(isAnchored: boolean, faults: readonly PathFault[], length: number): number {
  const serious = faults.filter((fault) => !isHarmless(fault)).length;
  return (
    (isAnchored ? 0 : 10_000) +
    serious * 100 +
    (faults.length - serious) +
    (isAnchored ? 0 : 50 - length)
  );
}

interface Candidate {
  readonly path: readonly Certificate[];
  readonly isAnchored: boolean;
  readonly faults: readonly PathFault[];
}

/** All paths from the leaf, trusted issuers tried before sent ones. */
function* buildPaths(
  chain: readonly [Certificate, ...Certificate[]],
  trust: TrustStore,
): Generator<Candidate> {
  let signaturesLeft = maxSignatures;
  let pathsLeft = maxPaths;
  const verified = new Map<string, boolean>();
  const isIssuedBy = (certificate: Certificate, issuer: Certificate): boolean => {
    const pair = `${certificate.fingerprint}${issuer.fingerprint}`;
    const known = verified.get(pair);
    if (known !== undefined) return known;
    if (signaturesLeft-- <= 0) return false;
    const outcome = isSignedBy(certificate, issuer);
    verified.set(pair, outcome);
    return outcome;
  };

  function* extend(path: readonly Certificate[], top: Certificate): Generator<Candidate> {
    if (signaturesLeft < 0 || pathsLeft <= 0) return;
    if (trust.isAnchor(top)) {
      pathsLeft--;
      yield { path, isAnchored: true, faults: [] };
      return;
    }
    const named = issuersOf(top, chain, trust).filter(
      (one) => !path.some((used) => used.fingerprint === one.fingerprint),
    );
    let hasIssuer = false;
    if (path.length < maxPathLength)
      for (const issuer of named) {
        if (!isIssuedBy(top, issuer)) continue;
        hasIssuer = true;
        yield* extend([...path, issuer], issuer);
      }
    if (hasIssuer) return;
    pathsLeft--;
    yield { path, isAnchored: false, faults: [deadEnd(path, top, named, signaturesLeft < 0)] };
  }
  yield* extend([chain[0]], chain[0]);
}

/** Those with the issuer's name: the right key identifier first, trusted before sent, later ones before earlier. */
function issuersOf(
  top: Certificate,
  chain: readonly Certificate[],
  trust: TrustStore,
): Certificate[] {
  const { key } = top.issuer;
  const sent = chain.filter((one) => one.subject.key === key);
  const isLikely = (one: Certificate) =>
    top.authorityKeyId === null ||
    one.subjectKeyId === null ||
    one.subjectKeyId === top.authorityKeyId;
  const all = [
    ...trust.issuersNamed(key),
    ...sent.toSorted((a, b) => b.notAfter.getTime() - a.notAfter.getTime()),
  ];
  return [...all.filter(isLikely), ...all.filter((one) => !isLikely(one))];
}

function deadEnd(
  path: readonly Certificate[],
  top: Certificate,
  named: readonly Certificate[],
  isExhausted: boolean,
): PathFault {
  if (isExhausted || path.length >= maxPathLength) return { kind: "too_complex", certificate: top };
  if (isSelfIssued(top) && isSelfSigned(top))
    return { kind: path.length === 1 ? "self_signed" : "untrusted_root", certificate: top };
  if (named.length > 0)
    return { kind: "invalid", certificate: top, reason: "signature", detail: top.issuer.text };
  // An authority that does not say where its issuer is found is most likely below a private root.
  const isBelowPrivateRoot = path.length > 1 && top.issuerUrls.length === 0;
  return { kind: isBelowPrivateRoot ? "untrusted_root" : "missing_issuer", certificate: top };
}

/** RFC 5280 §6.1.3-6.1.5 for a built path; signatures were checked while building. */
function judgePath(path: readonly Certificate[], now: Date, primitives: Primitives): PathFault[] {
  const budget = constraintBudget();
  const faults: PathFault[] = [];
  /** Authorities between here and the leaf that are not self-issued, for pathLenConstraint. */
  let intermediates = 0;
  path.forEach((certificate, depth) => {
    const isLast = depth === path.length - 1;
    faults.push(...judgeOne(certificate, now, isLast && isSelfIssued(certificate)));
    if (depth === 0) return;
    const invalid = (reason: InvalidReason, detail: string) =>
      faults.push({ kind: "invalid", certificate, reason, detail });
    if (!isAuthority(certificate)) invalid("not_authority", "");
    if (certificate.keyUsage?.canSignCertificates === false) invalid("key_usage", "");
    const limit = certificate.basicConstraints?.pathLength ?? null;
    if (limit !== null && intermediates > limit) invalid("path_length", String(limit));
    if (!isSelfIssued(certificate)) intermediates++;
    for (const [index, below] of path.slice(0, depth).entries()) {
      if (index > 0 && isSelfIssued(below)) continue;
      const name = violatesConstraints(certificate, below, primitives, budget);
      if (name === null) continue;
      invalid("name_constraints", name);
      break;
    }
  });
  return faults;
}

/** What is wrong with one certificate wherever it stands; nobody relies on a root's own signature. */
function judgeOne(certificate: Certificate, now: Date, isRoot: boolean): PathFault[] {
  const faults: PathFault[] = [];
  if (now > certificate.notAfter) faults.push({ kind: "expired", certificate });
  if (now < certificate.notBefore) faults.push({ kind: "not_yet", certificate });
  const [unknown] = certificate.unknownCritical;
  if (unknown !== undefined)
    faults.push({ kind: "invalid", certificate, reason: "critical_extension", detail: unknown });
  const key = keyWeakness(certificate.key);
  if (key !== null) faults.push({ kind: "weak", certificate, weakness: key });
  const signature = isRoot ? null : signatureWeakness(certificate.signature);
  if (signature !== null) faults.push({ kind: "weak", certificate, weakness: signature });
  return faults;
}
