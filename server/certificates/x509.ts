import { createHash, X509Certificate } from "node:crypto";
import type { CertificateSummary } from "#contract/traces.ts";
import { fail, ok, type Result } from "#protocol/result.ts";
import { printable } from "#protocol/printable.ts";
import {
  isSameAlgorithm,
  keyKind,
  signatureKind,
  type KeyKind,
  type SignatureKind,
} from "./algorithms.ts";
import {
  children,
  DerError,
  expectTag,
  integerBytes,
  onlyChild,
  readOnly,
  smallInteger,
  TAG,
  time,
  whole,
} from "./der.ts";
import { parseDistinguishedName, type DistinguishedName } from "./distinguished-name.ts";
import { parseExtensions, type Extensions } from "./extensions.ts";
import { showGeneralName } from "./general-names.ts";

/** A certificate whose whole structure was read; nothing about it is verified yet. */
export interface Certificate extends Extensions {
  readonly der: Uint8Array;
  readonly version: 1 | 2 | 3;
  readonly serialNumber: string;
  readonly subject: DistinguishedName;
  readonly issuer: DistinguishedName;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly key: KeyKind;
  readonly signature: SignatureKind;
  /** SHA-256 of the certificate and of its SubjectPublicKeyInfo, `AA:BB:...` as OpenSSL prints them. */
  readonly fingerprint: string;
  readonly publicKeyFingerprint: string;
}

export type UnreadableCertificate = { readonly code: "cert.unreadable"; readonly detail: string };

/** Far above any certificate of today (about 2 kB; 20 kB with post-quantum keys). */
export const maxCertificateBytes = 65_536;

/** Reads one DER certificate (RFC 5280 §4.1). Its work is bounded by its size, and that by 64 KiB. */
export function parseCertificate(der: Uint8Array): Result<Certificate, UnreadableCertificate> {
  if (der.length > maxCertificateBytes)
    return fail({ code: "cert.unreadable", detail: `larger than ${maxCertificateBytes} bytes` });
  try {
    return ok(readCertificate(new Uint8Array(der)));
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return fail({ code: "cert.unreadable", detail: error.message });
  }
}

/** Whether `issuer`'s key made `certificate`'s signature. */
export function isSignedBy(certificate: Certificate, issuer: Certificate): boolean {
  const pair = `${certificate.fingerprint} ${issuer.fingerprint}`;
  const known = verdicts.get(pair);
  if (known !== undefined) return known;
  const verdict = verify(certificate, issuer);
  verdicts.set(pair, verdict);
  const [oldest] = verdicts.keys();
  if (verdicts.size > maxVerdicts && oldest !== undefined) verdicts.delete(oldest);
  return verdict;
}

// For ever true or false of the same bytes, and an eighth of what a peer's check costs: peers show the same chain
// again and again. About 300 bytes each.
const verdicts = new Map<string, boolean>();
const maxVerdicts = 10_000;

function verify(certificate: Certificate, issuer: Certificate): boolean {
  const signed = openWithNode(certificate);
  const signer = openWithNode(issuer);
  if (signed === null || signer === null) return false;
  try {
    return signed.verify(signer.publicKey);
  } catch {
    return false;
  }
}

/** Subject and issuer are one name: the certificate may be signed by its own key. */
export function isSelfIssued(certificate: Certificate): boolean {
  return certificate.subject.key === certificate.issuer.key;
}

export function isSelfSigned(certificate: Certificate): boolean {
  return isSelfIssued(certificate) && isSignedBy(certificate, certificate);
}

/** RFC 5280 §4.2.1.9; a self-signed root of version 1 has no way to say it and counts as an authority. */
export function isAuthority(certificate: Certificate): boolean {
  if (certificate.basicConstraints !== null) return certificate.basicConstraints.isCa;
  return certificate.version === 1 && isSelfSigned(certificate);
}

/**
 * Node's view of the same bytes, or null when OpenSSL refuses them. Given DER, Node first searches it
 * for PEM text, and would find a certificate hidden inside an extension: hence our own armour, and the
 * comparison.
 */
export function openWithNode(certificate: Certificate): X509Certificate | null {
  try {
    const opened = new X509Certificate(toPem(certificate.der));
    return Buffer.compare(opened.raw, certificate.der) === 0 ? opened : null;
  } catch {
    return null;
  }
}

export function summarize(certificate: Certificate): CertificateSummary {
  const { commonName } = certificate.subject;
  return {
    subject: certificate.subject.text,
    issuer: certificate.issuer.text,
    commonName: commonName === null ? null : printable(commonName),
    names: certificate.names.map(showGeneralName),
    notBefore: certificate.notBefore.toISOString(),
    notAfter: certificate.notAfter.toISOString(),
    serialNumber: certificate.serialNumber,
    keyAlgorithm: certificate.key.name,
    keyBits: certificate.key.bits,
    signatureAlgorithm: certificate.signature.name,
    fingerprintSha256: certificate.fingerprint,
    publicKeySha256: certificate.publicKeyFingerprint,
    extendedKeyUsage: [...(certificate.extendedKeyUsage ?? [])],
    isCa: certificate.basicConstraints?.isCa ?? false,
    isSelfSigned: isSelfSigned(certificate),
    pem: toPem(certificate.der),
  };
}

/** What a person would call it: its common name, else its first name, else the whole subject. */
export function titleOf(certificate: Certificate): string {
  const first = certificate.names[0];
  return printable(
    certificate.subject.commonName ??
      (first === undefined ? certificate.subject.text : showGeneralName(first)),
  );
}

/** RFC 7468 §5.1. */
export function toPem(der: Uint8Array, label = "CERTIFICATE"): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

function readCertificate(der: Uint8Array): Certificate {
  const certificate = children(expectTag(readOnly(der), TAG.sequence, "certificate"), 3);
  const outerAlgorithm = expectTag(certificate[1], TAG.sequence, "signature algorithm");
  expectTag(certificate[2], TAG.bitString, "signature");
  const fields = children(expectTag(certificate[0], TAG.sequence, "signed part"), 10);
  const version = fields[0]?.tag === 0xa0 ? smallInteger(onlyChild(fields[0], "version")) + 1 : 1;
  if (version !== 1 && version !== 2 && version !== 3) throw new DerError("unknown version");
  const [serial, algorithm, issuer, validity, subject, publicKey, ...rest] = fields.slice(
    fields[0]?.tag === 0xa0 ? 1 : 0,
  );
  const innerAlgorithm = expectTag(algorithm, TAG.sequence, "signature algorithm");
  // RFC 5280 §4.1.1.2: the signed algorithm and the one outside MUST be the same.
  if (!isSameAlgorithm(innerAlgorithm, outerAlgorithm))
    throw new DerError("two different signature algorithms");
  const [notBefore, notAfter] = children(expectTag(validity, TAG.sequence, "validity"), 2);
  const key = expectTag(publicKey, TAG.sequence, "public key");
  const extensions = rest.find((field) => field.tag === 0xa3);
  if (extensions !== undefined && version !== 3) throw new DerError("extensions in an old version");
  return {
    der,
    version,
    serialNumber: Buffer.from(integerBytes(serial)).toString("hex").slice(0, 128),
    issuer: parseDistinguishedName(issuer),
    subject: parseDistinguishedName(subject),
    notBefore: time(notBefore),
    notAfter: time(notAfter),
    key: keyKind(key),
    signature: signatureKind(innerAlgorithm),
    fingerprint: fingerprintOf(der),
    publicKeyFingerprint: fingerprintOf(whole(key)),
    ...parseExtensions(extensions === undefined ? undefined : onlyChild(extensions, "extensions")),
  };
}

/** SHA-256 as OpenSSL prints it: `AA:BB:...`. */
export function fingerprintOf(bytes: Uint8Array): string {
  const hex = createHash("sha256").update(bytes).digest("hex").toUpperCase();
  return (hex.match(/../g) ?? []).join(":");
}
