import {
  bitStringOctets,
  children,
  content,
  expectTag,
  integerBytes,
  oid,
  readOnly,
  TAG,
  type DerElement,
} from "./der.ts";

/** A public key as far as it is judged: `bits` is null where the kind has no choice of size. */
export interface KeyKind {
  readonly family: "rsa" | "ec" | "eddsa" | "dsa" | "other";
  /** `RSA`, `ECDSA P-256`, `Ed25519`, or the dotted object identifier. */
  readonly name: string;
  readonly bits: number | null;
}

export interface SignatureKind {
  readonly name: string;
  /** `unbroken`: no collision is known that a person could afford. */
  readonly hash: "md5" | "sha1" | "unbroken";
}

const curves: Readonly<Record<string, readonly [string, number]>> = {
  "1.2.840.10045.3.1.1": ["P-192", 192],
  "1.3.132.0.33": ["P-224", 224],
  "1.2.840.10045.3.1.7": ["P-256", 256],
  "1.3.132.0.34": ["P-384", 384],
  "1.3.132.0.35": ["P-521", 521],
  "1.3.132.0.10": ["secp256k1", 256],
  "1.3.36.3.3.2.8.1.1.7": ["brainpoolP256r1", 256],
  "1.3.36.3.3.2.8.1.1.11": ["brainpoolP384r1", 384],
  "1.3.36.3.3.2.8.1.1.13": ["brainpoolP512r1", 512],
};

const fixedKeys: Readonly<Record<string, KeyKind>> = {
  "1.3.101.112": { family: "eddsa", name: "Ed25519", bits: null },
  "1.3.101.113": { family: "eddsa", name: "Ed448", bits: null },
};

const signatures: Readonly<Record<string, SignatureKind>> = {
  "1.2.840.113549.1.1.2": { name: "RSA-MD2", hash: "md5" },
  "1.2.840.113549.1.1.4": { name: "RSA-MD5", hash: "md5" },
  "1.2.840.113549.1.1.5": { name: "RSA-SHA1", hash: "sha1" },
  "1.3.14.3.2.29": { name: "RSA-SHA1", hash: "sha1" },
  "1.2.840.113549.1.1.14": { name: "RSA-SHA224", hash: "unbroken" },
  "1.2.840.113549.1.1.11": { name: "RSA-SHA256", hash: "unbroken" },
  "1.2.840.113549.1.1.12": { name: "RSA-SHA384", hash: "unbroken" },
  "1.2.840.113549.1.1.13": { name: "RSA-SHA512", hash: "unbroken" },
  "1.2.840.10045.4.1": { name: "ECDSA-SHA1", hash: "sha1" },
  "1.2.840.10045.4.3.1": { name: "ECDSA-SHA224", hash: "unbroken" },
  "1.2.840.10045.4.3.2": { name: "ECDSA-SHA256", hash: "unbroken" },
  "1.2.840.10045.4.3.3": { name: "ECDSA-SHA384", hash: "unbroken" },
  "1.2.840.10045.4.3.4": { name: "ECDSA-SHA512", hash: "unbroken" },
  "1.2.840.10040.4.3": { name: "DSA-SHA1", hash: "sha1" },
  "2.16.840.1.101.3.4.3.2": { name: "DSA-SHA256", hash: "unbroken" },
  "1.3.101.112": { name: "Ed25519", hash: "unbroken" },
  "1.3.101.113": { name: "Ed448", hash: "unbroken" },
};

const pssHashes: Readonly<Record<string, SignatureKind>> = {
  "2.16.840.1.101.3.4.2.1": { name: "RSA-PSS-SHA256", hash: "unbroken" },
  "2.16.840.1.101.3.4.2.2": { name: "RSA-PSS-SHA384", hash: "unbroken" },
  "2.16.840.1.101.3.4.2.3": { name: "RSA-PSS-SHA512", hash: "unbroken" },
};

/** SubjectPublicKeyInfo (RFC 5280 §4.1.2.7). */
export function keyKind(publicKeyInfo: DerElement): KeyKind {
  const [algorithm, key] = children(publicKeyInfo, 2);
  const [id, parameters] = children(expectTag(algorithm, TAG.sequence, "key algorithm"), 2);
  const name = oid(id);
  const fixed = fixedKeys[name];
  if (fixed !== undefined) return fixed;
  switch (name) {
    case "1.2.840.113549.1.1.1":
      return { family: "rsa", name: "RSA", bits: rsaBits(key) };
    case "1.2.840.113549.1.1.10":
      return { family: "rsa", name: "RSA-PSS", bits: rsaBits(key) };
    case "1.2.840.10045.2.1": {
      // Curves written out in full (RFC 5480 §2.1.1 forbids them) have been a way to attack verifiers.
      const curve = oid(expectTag(parameters, TAG.oid, "named curve"));
      const [label, bits] = curves[curve] ?? [curve, null];
      return { family: "ec", name: `ECDSA ${label}`, bits };
    }
    case "1.2.840.10040.4.1":
      return { family: "dsa", name: "DSA", bits: dsaBits(parameters) };
    default:
      return { family: "other", name, bits: null };
  }
}

/** AlgorithmIdentifier of a signature (RFC 5280 §4.1.1.2). */
export function signatureKind(algorithm: DerElement): SignatureKind {
  const [id, parameters] = children(algorithm, 2);
  const name = oid(id);
  if (name !== "1.2.840.113549.1.1.10") return signatures[name] ?? { name, hash: "unbroken" };
  // RFC 4055 §3.1: without parameters, or without [0] in them, the hash is SHA-1.
  const sha1: SignatureKind = { name: "RSA-PSS-SHA1", hash: "sha1" };
  if (parameters === undefined) return sha1;
  const hash = children(expectTag(parameters, TAG.sequence, "PSS parameters"), 4)[0];
  if (hash?.tag !== 0xa0) return sha1;
  const hashId = oid(children(expectTag(children(hash, 1)[0], TAG.sequence, "hash"), 2)[0]);
  return pssHashes[hashId] ?? { name: `RSA-PSS ${hashId}`, hash: "unbroken" };
}

export interface Weakness {
  readonly reason: "key" | "signature";
  /** `broken` is refused; `weak` still works with us but not with many peers. */
  readonly degree: "broken" | "weak";
}

/** What is too weak about a key: below 1024 bits of RSA anybody can forge, below 2048 many peers refuse. */
export function keyWeakness(key: KeyKind): Weakness | null {
  const { family, bits } = key;
  if (bits === null) return null;
  if (family === "rsa" || family === "dsa") {
    if (bits < 1024) return { reason: "key", degree: "broken" };
    return bits < 2048 || family === "dsa" ? { reason: "key", degree: "weak" } : null;
  }
  return family === "ec" && bits < 256 ? { reason: "key", degree: "weak" } : null;
}

/** MD5 and SHA-1 signatures can be forged by collision (RFC 9155 deprecates both). */
export function signatureWeakness(signature: SignatureKind): Weakness | null {
  return signature.hash === "unbroken" ? null : { reason: "signature", degree: "broken" };
}

function rsaBits(key: DerElement | undefined): number {
  const [modulus] = children(
    expectTag(readOnly(bitStringOctets(key)), TAG.sequence, "RSA public key"),
    2,
  );
  return bitLength(integerBytes(modulus));
}

function dsaBits(parameters: DerElement | undefined): number | null {
  if (parameters?.tag !== TAG.sequence) return null;
  return bitLength(integerBytes(children(parameters, 3)[0]));
}

function bitLength(integer: Uint8Array): number {
  const significant = integer[0] === 0 ? integer.subarray(1) : integer;
  const first = significant[0] ?? 0;
  return first === 0 ? 0 : significant.length * 8 - (Math.clz32(first) - 24);
}

/** The content octets of an algorithm identifier, to compare two of them. */
export function isSameAlgorithm(a: DerElement, b: DerElement): boolean {
  return Buffer.compare(content(a), content(b)) === 0;
}
