import {
  children,
  content,
  DerError,
  integerBytes,
  oid,
  onlyChild,
  readElement,
  smallInteger,
  TAG,
  whole,
  type DerElement,
} from "./der.ts";

/** What a DER value is by its structure, whatever the label or file name around it says. */
export type Recognized =
  | { readonly kind: "certificate"; readonly der: Uint8Array }
  | { readonly kind: "key"; readonly format: KeyFormat; readonly der: Uint8Array }
  | { readonly kind: "pkcs7"; readonly certificates: readonly Uint8Array[] }
  | { readonly kind: "pkcs12" | "request" | "public_key" | "unknown" };

/** PKCS#8 (RFC 5958) in the clear or encrypted, PKCS#1 (RFC 8017), SEC 1 (RFC 5915). */
export type KeyFormat = "pkcs8" | "encrypted_pkcs8" | "pkcs1" | "sec1";

const signedData = "1.2.840.113549.1.7.2";
const maxValues = 64;

/** Every DER value in `bytes`, one after the other; null when they are not DER from end to end. */
export function recognizeAll(bytes: Uint8Array): Recognized[] | null {
  const found: Recognized[] = [];
  try {
    for (let offset = 0; offset < bytes.length;) {
      const element = readElement(bytes, offset, bytes.length);
      if (element.tag !== TAG.sequence || found.length === maxValues) return null;
      found.push(recognize(element));
      offset = element.end;
    }
  } catch (error) {
    if (error instanceof DerError) return null;
    throw error;
  }
  return found.length > 0 ? found : null;
}

function recognize(value: DerElement): Recognized {
  try {
    return byStructure(value);
  } catch (error) {
    if (error instanceof DerError) return { kind: "unknown" };
    throw error;
  }
}

function byStructure(value: DerElement): Recognized {
  const fields = children(value);
  const [first, second, third] = fields;
  const der = whole(value);
  const key = (format: KeyFormat): Recognized => ({ kind: "key", format, der });
  if (first?.tag === TAG.integer) {
    const version = integerBytes(first);
    const number = version.length === 1 ? version[0] : undefined;
    if (number === 3 && second?.tag === TAG.sequence) return { kind: "pkcs12" };
    if (number === 1 && second?.tag === TAG.octetString) return key("sec1");
    if (second?.tag === TAG.sequence && third?.tag === TAG.octetString) return key("pkcs8");
    if (
      fields.length >= 9 &&
      fields.every((field) => field.tag === TAG.integer || field === fields[9])
    )
      return key("pkcs1");
    return { kind: "unknown" };
  }
  if (first?.tag === TAG.oid && second?.tag === 0xa0 && oid(first) === signedData)
    return { kind: "pkcs7", certificates: certificatesOf(second) };
  if (first?.tag !== TAG.sequence) return { kind: "unknown" };
  if (second?.tag === TAG.octetString && fields.length === 2) return key("encrypted_pkcs8");
  if (second?.tag === TAG.bitString && fields.length === 2) return { kind: "public_key" };
  if (second?.tag !== TAG.sequence || third?.tag !== TAG.bitString) return { kind: "unknown" };
  return isRequest(first) ? { kind: "request" } : { kind: "certificate", der };
}

/** RFC 2986: version, subject, key, `[0]` attributes, where a certificate has at least six fields. */
function isRequest(signed: DerElement): boolean {
  const fields = children(signed);
  return fields.length <= 4 && fields[0]?.tag === TAG.integer;
}

/** RFC 2315 §9.1: the certificates of a SignedData, in no particular order. */
function certificatesOf(explicit: DerElement): Uint8Array[] {
  const list = children(onlyChild(explicit, "signed data")).find((field) => field.tag === 0xa0);
  return list === undefined ? [] : children(list).map(whole);
}

/**
 * What deriving an encryption key from the passphrase would cost, in rounds of PBKDF2; a scrypt step
 * counts as one too. A file may ask for hours: it is refused before it is tried.
 */
export function derivationCost(encrypted: Uint8Array): number {
  const algorithm = children(children(readElement(encrypted, 0, encrypted.length))[0] ?? fail())[1];
  if (algorithm?.tag !== TAG.sequence) return fail();
  const parameters = children(algorithm);
  const derivation = parameters[0];
  // PBES1 and PKCS#12 schemes: salt, iterations. PBES2: a derivation function with its own parameters.
  if (derivation?.tag === TAG.octetString) return smallInteger(parameters[1]);
  const [name, values] = children(derivation ?? fail());
  const [, first, second, third] = children(values ?? fail());
  if (oid(name) !== "1.3.6.1.4.1.11591.4.11") return smallInteger(first);
  return smallInteger(first) * smallInteger(second) * smallInteger(third);
}

/** The integers of an RSA private key, modulus first, or null when it is of another kind. */
export function rsaIntegers(format: KeyFormat, der: Uint8Array): Uint8Array[] | null {
  const fields = children(readElement(der, 0, der.length));
  if (format === "pkcs1") return fields.slice(1, 9).map((field) => integerBytes(field));
  const [, algorithm, inner] = fields;
  if (format !== "pkcs8" || algorithm === undefined || inner === undefined) return null;
  if (!oid(children(algorithm)[0]).startsWith("1.2.840.113549.1.1.")) return null;
  return rsaIntegers("pkcs1", content(inner));
}

function fail(): never {
  throw new DerError("no encrypted key");
}
