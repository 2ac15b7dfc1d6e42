import { z } from "zod";
import { id, timestamp } from "./paging.ts";
import { certificateSummary, finding } from "./traces.ts";

/** Pieces as they were uploaded: text is PEM, `base64` is DER or a whole PEM file. */
export const certificateUpload = z.object({
  label: z.string().trim().max(80).default(""),
  files: z
    .array(
      z.object({
        name: z.string().max(255),
        text: z.string().optional(),
        base64: z.string().optional(),
      }),
    )
    .min(1)
    .max(20),
  passphrase: z.string().max(1024).optional(),
});
export type CertificateUpload = z.input<typeof certificateUpload>;

export const certificatePart = z.object({
  file: z.string(),
  kind: z.enum(["leaf", "intermediate", "root", "key", "unused", "unknown"]),
  description: z.string(),
});

/** One line of the list that is shown before saving. */
export const certificateCheck = z.object({
  code: z.string(),
  status: z.enum(["ok", "info", "warning", "failed"]),
  message: finding.nullable(),
});
export type CertificateCheck = z.infer<typeof certificateCheck>;

/** What an upload holds; nothing is saved. `canSave` is false while a check has failed. */
export const certificatePreview = z.object({
  parts: z.array(certificatePart),
  chain: z.array(certificateSummary),
  checks: z.array(certificateCheck),
  coverage: z.array(
    z.object({ name: z.string(), isCovered: z.boolean(), by: z.string().nullable() }),
  ),
  canSave: z.boolean(),
});
export type CertificatePreview = z.infer<typeof certificatePreview>;

export const certificate = z.object({
  id,
  label: z.string(),
  chain: z.array(certificateSummary),
  names: z.array(z.string()),
  notBefore: timestamp,
  notAfter: timestamp,
  /** Share of the lifetime that is left, 0 to 1. */
  lifeLeft: z.number(),
  checks: z.array(certificateCheck),
  coverage: z.array(
    z.object({ name: z.string(), isCovered: z.boolean(), by: z.string().nullable() }),
  ),
  uses: z.array(z.enum(["https"])),
  /** It was replaced last for that use: one click brings it back. */
  canRollBackFor: z.array(z.enum(["https"])),
  createdAt: timestamp,
  createdBy: z.string(),
});
export type Certificate = z.infer<typeof certificate>;
export const certificateList = z.object({ items: z.array(certificate) });

/** After activation we dial ourselves and say what is really served. */
export const certificateActivation = z.object({
  certificate,
  served: z.object({ fingerprint: z.string().nullable(), message: finding.nullable() }),
});
