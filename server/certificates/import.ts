import { maxUploadBytes, type CertificatePart } from "#contract/certificates.ts";
import type { Finding } from "#contract/traces.ts";
import { fail, ok, type Result } from "#protocol/result.ts";
import { printable } from "#protocol/printable.ts";
import { readPrivateKey, type KeySource, type PrivateKey } from "./keys.ts";
import { splitPem, type PemBlock } from "./pem.ts";
import { recognizeAll, type Recognized } from "./recognize.ts";
import { parseCertificate, type Certificate } from "./x509.ts";

export interface UploadedFile {
  readonly name: string;
  /** PEM, pasted or read as text. */
  readonly text?: string | undefined;
  /** The file's bytes. */
  readonly base64?: string | undefined;
}

/** What an upload holds, each thing once. `faults` are what could not be read, or is not for here. */
export interface Upload {
  readonly certificates: readonly { readonly file: string; readonly certificate: Certificate }[];
  readonly keys: readonly { readonly file: string; readonly key: PrivateKey }[];
  readonly others: readonly CertificatePart[];
  readonly faults: readonly Finding[];
}

/** The passphrase is asked for, or asked again, before anything else is said. */
export type UploadProblem = {
  readonly code: "certificate.passphrase_needed" | "certificate.passphrase_wrong";
  readonly file: string;
};

const maxCertificates = 50;
const maxKeys = 4;
/** The same key again is no further key, but costs as much to open. */
const maxKeyReadings = 8;

/**
 * Takes apart any mix of PEM and DER files: certificates (also in PKCS#7), keys in PKCS#8, PKCS#1 or
 * SEC 1, encrypted or not, in any order. What a thing is, is told by its structure, not by its label
 * or the file's name.
 */
export function readUpload(
  files: readonly UploadedFile[],
  passphrase: string | undefined,
): Result<Upload, UploadProblem> {
  const faults: Finding[] = [];
  const others: CertificatePart[] = [];
  const certificates = new Map<string, { file: string; certificate: Certificate }>();
  const keys = new Map<string, { file: string; key: PrivateKey }>();
  const pieces = files.flatMap((file) => piecesOf(file, faults));
  let keyReadings = 0;
  for (const { file, label, content } of pieces) {
    const fault = (code: string, params: Finding["params"] = {}) =>
      faults.push(uploadFault(code, { file, label, ...params }));
    const other = (kind: "unused" | "unknown") =>
      others.push({ file, kind, description: label ?? "" });
    if (content.kind === "certificate") {
      const parsed = parseCertificate(content.der);
      if (!parsed.ok) fault("cert.unreadable", { detail: parsed.problem.detail });
      else if (certificates.size < maxCertificates)
        certificates.set(parsed.value.fingerprint, { file, certificate: parsed.value });
      else fault("cert.too_many", { limit: maxCertificates });
    } else if (content.kind === "key") {
      if (keys.size >= maxKeys || ++keyReadings > maxKeyReadings) {
        fault("cert.too_many", { limit: maxKeys });
        continue;
      }
      const read = readPrivateKey(content.source, passphrase);
      if (read.ok) {
        keys.set(read.value.publicKeyFingerprint, { file, key: read.value });
        continue;
      }
      const { problem } = read;
      if (problem.code === "passphrase_needed" || problem.code === "passphrase_wrong")
        return fail({ code: `certificate.${problem.code}`, file });
      fault(`cert.key_${problem.code}`, { detail: problem.detail });
    } else if (content.kind === "parameters") other("unused");
    else {
      other("unknown");
      fault(content.kind === "unknown" ? "cert.unknown_content" : `cert.is_${content.kind}`);
    }
  }
  return ok({
    certificates: [...certificates.values()],
    keys: [...keys.values()],
    others,
    faults: cut(faults),
  });
}

interface Piece {
  readonly file: string;
  /** The PEM label, or null for DER. */
  readonly label: string | null;
  readonly content:
    | { readonly kind: "certificate"; readonly der: Uint8Array }
    | { readonly kind: "key"; readonly source: KeySource }
    /** Diffie-Hellman or curve parameters, as some tools write them before a key: of no use, no harm. */
    | { readonly kind: "parameters" }
    | { readonly kind: "pkcs12" | "request" | "public_key" | "crl" | "openssh_key" | "unknown" };
}

function piecesOf(file: UploadedFile, faults: Finding[]): Piece[] {
  const name = printable(file.name, 100);
  if (
    (file.text ?? file.base64 ?? "").length >
    maxUploadBytes * (file.text === undefined ? 1.5 : 1)
  ) {
    faults.push(
      uploadFault("cert.file_too_large", { file: name, label: null, limit: maxUploadBytes }),
    );
    return [];
  }
  const bytes = bytesOf(file);
  if (bytes.length === 0) return [{ file: name, label: null, content: { kind: "unknown" } }];
  const binary = recognizeAll(bytes);
  if (binary !== null) return binary.flatMap((one) => toPieces(name, null, one));
  const text = decodeText(bytes);
  const { blocks, broken } = splitPem(text);
  for (const { label, line, missing } of broken)
    faults.push(uploadFault("cert.truncated", { file: name, label, line, missing }));
  if (blocks.length > 0 || broken.length > 0)
    return blocks.flatMap((block) => piecesOfBlock(name, block, faults));
  const bare = recognizeAll(bareBase64(text));
  if (bare !== null) return bare.flatMap((one) => toPieces(name, null, one));
  return [{ file: name, label: null, content: { kind: "unknown" } }];
}

function piecesOfBlock(file: string, block: PemBlock, faults: Finding[]): Piece[] {
  const { label, line, headers } = block;
  const piece = (content: Piece["content"]): Piece[] => [{ file, label, content }];
  if (label === "OPENSSH PRIVATE KEY") return piece({ kind: "openssh_key" });
  if (label === "X509 CRL") return piece({ kind: "crl" });
  if (label.endsWith("PARAMETERS")) return piece({ kind: "parameters" });
  if (block.der === null) {
    faults.push(uploadFault("cert.not_base64", { file, label, line }));
    return [];
  }
  if (headers.some((header) => /^DEK-Info:/i.test(header)))
    return piece({ kind: "key", source: { format: "encrypted_pem", pem: block.text } });
  const found = recognizeAll(block.der);
  // OpenSSL's TRUSTED CERTIFICATE has its own settings behind the certificate.
  const wanted = label === "TRUSTED CERTIFICATE" ? found?.slice(0, 1) : found;
  if (wanted == null || (wanted.length > 1 && label !== "PKCS7")) {
    faults.push(uploadFault("cert.unreadable", { file, label, detail: "not DER" }));
    return [];
  }
  return wanted.flatMap((one) => toPieces(file, label, one));
}

function toPieces(file: string, label: string | null, found: Recognized): Piece[] {
  const piece = (content: Piece["content"]): Piece => ({ file, label, content });
  switch (found.kind) {
    case "certificate":
      return [piece(found)];
    case "key":
      return [piece({ kind: "key", source: { format: found.format, der: found.der } })];
    case "pkcs7":
      return found.certificates.map((der) => piece({ kind: "certificate", der }));
    default:
      return [piece({ kind: found.kind })];
  }
}

/** Empty when the base64 is none. */
function bytesOf(file: UploadedFile): Uint8Array {
  if (file.text !== undefined) return Buffer.from(file.text, "utf8");
  const compact = (file.base64 ?? "").replace(/\s+/g, "");
  const isBase64 = /^[A-Za-z0-9+/]*={0,2}$/.test(compact);
  return isBase64 ? Buffer.from(compact, "base64") : new Uint8Array();
}

/** Byte order marks are obeyed: some editors save PEM as UTF-16. */
function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe
      ? "utf-16le"
      : first === 0xfe && second === 0xff
        ? "utf-16be"
        : "utf-8";
  return new TextDecoder(encoding).decode(bytes);
}

/** Base64 without its armour, as mail programs and web consoles show certificates. */
function bareBase64(text: string): Uint8Array {
  const compact = text.replace(/\s+/g, "");
  return compact.startsWith("M") && /^[A-Za-z0-9+/]+={0,2}$/.test(compact)
    ? Buffer.from(compact, "base64")
    : new Uint8Array();
}

export function uploadFault(code: string, params: Finding["params"]): Finding {
  // A request or a public key beside the certificate is what people have in the same folder.
  const isHarmless = ["cert.is_request", "cert.is_public_key", "cert.is_crl"].includes(code);
  return { code, params, owner: "us", severity: isHarmless ? "warning" : "error" };
}

/** A file of ten thousand broken blocks is not ten thousand findings. */
function cut(faults: Finding[]): Finding[] {
  return faults.slice(0, 20);
}
