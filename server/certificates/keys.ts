import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from "node:crypto";
import { fail, ok, type Result } from "#protocol/result.ts";
import { DerError } from "./der.ts";
import { derivationCost, rsaIntegers, type KeyFormat } from "./recognize.ts";
import { fingerprintOf, openWithNode, type Certificate } from "./x509.ts";

/** A private key as it lies in an upload. */
export type KeySource =
  | { readonly format: KeyFormat; readonly der: Uint8Array }
  /** The traditional encryption of PEM (RFC 1421 headers): only OpenSSL reads it, as text. */
  | { readonly format: "encrypted_pem"; readonly pem: string };

export interface PrivateKey {
  readonly object: KeyObject;
  /** `RSA 2048`, `EC prime256v1`, `Ed25519`. */
  readonly description: string;
  readonly publicKeyFingerprint: string;
}

export interface KeyProblem {
  readonly code: "passphrase_needed" | "passphrase_wrong" | "unreadable" | "unsupported";
  readonly detail: string;
}

/** RSA of 16384 bits has 9.3 kB. */
const maxKeyBytes = 16_384;
const maxRsaBits = 16_384;
const maxDerivationCost = 1_000_000;

export function isEncrypted(source: KeySource): boolean {
  return source.format === "encrypted_pkcs8" || source.format === "encrypted_pem";
}

/**
 * Reads a private key that TLS can use: RSA, EC or EdDSA. Bounded: 16 KiB, a million rounds of key
 * derivation (about 0.2 s), 16384 bits of RSA.
 */
export function readPrivateKey(
  source: KeySource,
  passphrase: string | undefined,
): Result<PrivateKey, KeyProblem> {
  const size = source.format === "encrypted_pem" ? source.pem.length : source.der.length;
  if (size > maxKeyBytes) return unreadable(`larger than ${maxKeyBytes} bytes`);
  if (isEncrypted(source) && (passphrase === undefined || passphrase === ""))
    return fail({ code: "passphrase_needed", detail: "" });
  const bound = boundWork(source);
  if (bound !== null) return unreadable(bound);
  let object: KeyObject;
  try {
    object = openKey(source, passphrase);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "ERR_OSSL_EVP_UNSUPPORTED" || code.includes("MEMORY_LIMIT"))
      return fail({ code: "unsupported", detail: "encryption" });
    // A wrong passphrase shows as bad padding, or now and then as garbage behind good padding.
    return isEncrypted(source)
      ? fail({ code: "passphrase_wrong", detail: "" })
      : unreadable("not a private key");
  }
  const description = describe(object);
  if (description === null)
    return fail({ code: "unsupported", detail: object.asymmetricKeyType ?? "" });
  if ((object.asymmetricKeyDetails?.modulusLength ?? 0) > maxRsaBits)
    return unreadable(`more than ${maxRsaBits} bits`);
  return ok({ object, description, publicKeyFingerprint: publicKeyFingerprint(object) });
}

/**
 * Whether `key` signs what `certificate` verifies: by use, not only by comparing public halves, since
 * a damaged private half would show in the first handshake only.
 */
export function isKeyOf(key: PrivateKey, certificate: Certificate): boolean {
  const opened = openWithNode(certificate);
  if (opened === null || !opened.checkPrivateKey(key.object)) return false;
  const message = Buffer.from("wavegate key check");
  try {
    return verify(null, message, opened.publicKey, sign(null, message, key.object));
  } catch {
    return false;
  }
}

/** PKCS#8 DER, unencrypted: only ever to be sealed. */
export function exportKey(key: KeyObject): Buffer {
  return key.export({ format: "der", type: "pkcs8" });
}

function openKey(source: KeySource, passphrase: string | undefined): KeyObject {
  const secret = passphrase === undefined ? {} : { passphrase };
  if (source.format === "encrypted_pem")
    return createPrivateKey({ key: source.pem, format: "pem", ...secret });
  const type = source.format === "encrypted_pkcs8" ? "pkcs8" : source.format;
  return createPrivateKey({ key: Buffer.from(source.der), format: "der", type, ...secret });
}

/** Why opening or using the key might take for ever, or null. */
function boundWork(source: KeySource): string | null {
  if (source.format === "encrypted_pem")
    // Behind this encryption may lie another one, whose cost nobody can read before.
    return /^-----BEGIN (?:RSA|EC) PRIVATE KEY-----$/m.test(source.pem)
      ? null
      : "traditional encryption around something else than an RSA or EC key";
  try {
    if (source.format === "encrypted_pkcs8")
      return derivationCost(source.der) > maxDerivationCost
        ? "its passphrase is stretched more than a million times"
        : null;
    const [modulus, ...others] = rsaIntegers(source.format, source.der) ?? [];
    if (modulus === undefined) return null;
    return others.some((one) => one.length > modulus.length)
      ? "numbers larger than its modulus"
      : null;
  } catch (error) {
    if (error instanceof DerError) return error.message;
    throw error;
  }
}

function describe(key: KeyObject): string | null {
  const details = key.asymmetricKeyDetails;
  switch (key.asymmetricKeyType) {
    case "rsa":
    case "rsa-pss":
      return `RSA ${details?.modulusLength ?? ""}`;
    case "ec":
      return `EC ${details?.namedCurve ?? ""}`;
    case "ed25519":
      return "Ed25519";
    case "ed448":
      return "Ed448";
    default:
      return null;
  }
}

function publicKeyFingerprint(key: KeyObject): string {
  return fingerprintOf(createPublicKey(key).export({ format: "der", type: "spki" }));
}

function unreadable(detail: string): Result<never, KeyProblem> {
  return fail({ code: "unreadable", detail });
}
