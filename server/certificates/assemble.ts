import type { CertificatePart } from "#contract/certificates.ts";
import type { Primitives } from "#protocol/primitives.ts";
import type { Upload } from "./import.ts";
import { isKeyOf, type PrivateKey } from "./keys.ts";
import { validatePath, type PathOutcome } from "./path.ts";
import type { TrustStore } from "./trust.ts";
import { isAuthority, isSelfIssued, titleOf, type Certificate } from "./x509.ts";

/** An upload put in order: the one certificate it is about, its key, and the chain to serve. */
export interface Assembly {
  readonly leaf: Certificate | null;
  /** The key of the leaf; null when none of those uploaded is. */
  readonly key: PrivateKey | null;
  readonly path: PathOutcome | null;
  /** Leaf first, without the root: what a server sends (RFC 8446 §4.4.2). */
  readonly chain: readonly Certificate[];
  readonly parts: readonly CertificatePart[];
}

export interface JudgingContext {
  readonly trust: TrustStore;
  readonly primitives: Primitives;
  readonly now: Date;
}

/** The leaf is the certificate that an uploaded key fits; without one, that which signed no other. */
export function assemble(upload: Upload, context: JudgingContext): Assembly {
  const certificates = upload.certificates.map((one) => one.certificate);
  const fitting = findPair(
    certificates,
    upload.keys.map((one) => one.key),
  );
  const leaf = fitting?.leaf ?? guessLeaf(certificates);
  const key = fitting?.key ?? null;
  if (leaf === null)
    return {
      leaf,
      key,
      path: null,
      chain: [],
      parts: [...describeParts(upload, [], key), ...upload.others],
    };
  const others = certificates.filter((one) => one !== leaf);
  const path = validatePath([leaf, ...others], context.trust, context.now, context.primitives);
  const chain = path.path.filter((one, index) => index === 0 || !isSelfIssued(one));
  return {
    leaf,
    key,
    path,
    chain,
    parts: [...describeParts(upload, path.path, key), ...upload.others],
  };
}

function findPair(
  certificates: readonly Certificate[],
  keys: readonly PrivateKey[],
): { leaf: Certificate; key: PrivateKey } | null {
  // An authority's own key may be among them by mistake: an end certificate is preferred.
  const authorities = new Set(certificates.filter(isAuthority));
  const ends = certificates.filter((one) => !authorities.has(one));
  for (const leaf of [...ends, ...authorities])
    for (const key of keys) if (isKeyOf(key, leaf)) return { leaf, key };
  return null;
}

function guessLeaf(certificates: readonly Certificate[]): Certificate | null {
  const issuers = new Set(
    certificates.filter((one) => !isSelfIssued(one)).map((one) => one.issuer.key),
  );
  const ends = certificates.filter((one) => !issuers.has(one.subject.key));
  return ends.find((one) => !isAuthority(one)) ?? ends[0] ?? certificates[0] ?? null;
}

function describeParts(
  upload: Upload,
  path: readonly Certificate[],
  key: PrivateKey | null,
): CertificatePart[] {
  const places = new Map(path.map((one, index) => [one.fingerprint, index]));
  return [
    ...upload.certificates.map(({ file, certificate }): CertificatePart => {
      const place = places.get(certificate.fingerprint);
      const role = isSelfIssued(certificate) ? "root" : "intermediate";
      const kind = place === undefined ? "unused" : place === 0 ? "leaf" : role;
      return { file, kind, description: titleOf(certificate) };
    }),
    ...upload.keys.map((one): CertificatePart => ({
      file: one.file,
      kind: one.key === key || key === null ? "key" : "unused",
      description: one.key.description,
    })),
  ];
}
