import assert from "node:assert/strict";
import { assemble, type Assembly } from "#certificates/assemble.ts";
import { readUpload, type Upload, type UploadedFile } from "#certificates/import.ts";
import { createTrustStore } from "#certificates/trust.ts";
import { primitives } from "../primitives.ts";

/** A file as the browser sends it. */
export function file(name: string, bytes: Uint8Array): UploadedFile {
  return { name, base64: Buffer.from(bytes).toString("base64") };
}

export function read(files: UploadedFile[], passphrase?: string): Upload {
  const outcome = readUpload(files, passphrase);
  assert(outcome.ok, JSON.stringify(outcome));
  return outcome.value;
}

export function problem(files: UploadedFile[], passphrase?: string) {
  const outcome = readUpload(files, passphrase);
  return outcome.ok ? null : outcome.problem;
}

/** `code:detail` of each fault. */
export function faults(files: UploadedFile[], passphrase?: string): string[] {
  return read(files, passphrase).faults.map(
    (one) => `${one.code}:${String(one.params["detail"] ?? "")}`,
  );
}

export function order(upload: Upload, roots: readonly string[] = []): Assembly {
  const trust = createTrustStore({ source: "none", extra: roots });
  return assemble(upload, { trust, primitives, now: new Date() });
}

/** `leaf/intermediate key:RSA 2048`, in the order that they were found. */
export function summary(upload: Upload): string {
  const certificates = upload.certificates
    .map((one) => one.certificate.subject.commonName)
    .join("/");
  return [certificates, ...upload.keys.map((one) => `key:${one.key.description}`)].join(" ");
}
