import { z } from "zod";
import { id, page, timestamp } from "./paging.ts";
import { certificateSummary, finding } from "./traces.ts";

/** Of one file, and of the request that carries them: chain and key of one certificate have about 10 kB. */
export const maxUploadBytes = 256 * 1024;
export const maxUploadRequestBytes = 512 * 1024;

/**
 * The parameters of each finding about our own certificates, beside those that a peer's can have, too
 * (`cert.expired`, `cert.name`, ...: there `domain` is the certificate's title).
 */
export const uploadFindings = {
  /** The upload. `label` is the PEM label, null for DER; `file` the name it was sent under. */
  "cert.truncated": ["file", "label", "line", "missing"],
  "cert.not_base64": ["file", "label", "line"],
  "cert.unreadable": ["file", "label", "detail"],
  "cert.unknown_content": ["file", "label"],
  "cert.file_too_large": ["file", "label", "limit"],
  "cert.too_many": ["file", "label", "limit"],
  "cert.is_pkcs12": ["file", "label"],
  "cert.is_request": ["file", "label"],
  "cert.is_public_key": ["file", "label"],
  "cert.is_crl": ["file", "label"],
  "cert.is_openssh_key": ["file", "label"],
  "cert.key_unreadable": ["file", "label", "detail"],
  "cert.key_unsupported": ["file", "label", "detail"],
  /** What is missing in it, or does not belong together. `subject` is the leaf's title. */
  "cert.leaf_missing": [],
  "cert.key_missing": ["subject"],
  "cert.key_mismatch": ["subject", "algorithm", "keys"],
  /** What the certificate is good for. */
  "cert.names": ["subject", "missing", "covered", "total"],
  "cert.no_domains": [],
  "cert.host": ["subject", "host"],
  "cert.no_server_eku": ["subject", "uses"],
  "cert.no_client_eku": ["subject", "uses"],
  "cert.unusable": ["subject", "detail"],
  "wave.signer_cn": ["subject"],
  "wave.signer_alg": ["subject", "algorithm"],
  /** What the port serves. `stored` and `served` are fingerprints. */
  "cert.served_old": ["domain", "stored", "served", "place"],
  "cert.not_served": ["domain", "place", "reason"],
} as const satisfies Record<string, readonly string[]>;

/** What people call a certificate; one line. */
const label = z
  .string()
  .trim()
  .max(80)
  .regex(/^\P{Cc}*$/u, "must not contain control characters");

/** Pieces as they were uploaded: text is PEM, `base64` is DER or a whole PEM file. */
export const certificateUpload = z.object({
  label: label.default(""),
  files: z
    .array(
      z.object({
        name: z.string().max(255),
        text: z.string().max(maxUploadBytes).optional(),
        base64: z
          .string()
          .max(maxUploadBytes * 1.5)
          .optional(),
      }),
    )
    .min(1)
    .max(20),
  passphrase: z.string().max(1024).optional(),
});
export type CertificateUpload = z.input<typeof certificateUpload>;

/** `description` names the piece: the certificate's title, the key's kind, or the PEM label. */
export const certificatePart = z.object({
  file: z.string(),
  kind: z.enum(["leaf", "intermediate", "root", "key", "unused", "unknown"]),
  description: z.string(),
});

export type CertificatePart = z.infer<typeof certificatePart>;

/**
 * One line of the list that is shown before saving, in the order of `code`'s values. `message` is null
 * when there is nothing to say; a check may come several times, once per cause.
 */
export const certificateCheck = z.object({
  code: z.enum([
    "upload",
    "key",
    "chain",
    "dates",
    "names",
    "host",
    "server_use",
    "client_use",
    "strength",
    "wave_signing",
  ]),
  status: z.enum(["ok", "info", "warning", "failed"]),
  message: finding.nullable(),
});
export type CertificateCheck = z.infer<typeof certificateCheck>;

/** What a certificate is used for. `xmpp` is per name: see its coverage. */
const certificateUse = z.enum(["https", "xmpp"]);

const usedCertificate = z.object({ id, label: z.string(), notAfter: timestamp });

/** What the XMPP streams of a name of ours show; `active` is null while it has none. */
const nameUse = z.object({
  active: usedCertificate.nullable(),
  /** Was replaced last: using it again is the roll-back. */
  previous: usedCertificate.nullable(),
});
export type NameUse = z.infer<typeof nameUse>;

/** A name that we serve, and whether the certificate covers it. */
export const nameCoverage = z.object({
  name: z.string(),
  isCovered: z.boolean(),
  /** The certificate's name that covers it, such as `dns:*.example.com`. */
  by: z.string().nullable(),
  /** Null: its streams are not ours, but its XMPP server's. */
  xmpp: nameUse.nullable(),
});
export type NameCoverage = z.infer<typeof nameCoverage>;

/** What an upload holds; nothing is saved. `canSave` is false while a check has failed. */
export const certificatePreview = z.object({
  parts: z.array(certificatePart),
  chain: z.array(certificateSummary),
  checks: z.array(certificateCheck),
  coverage: z.array(nameCoverage),
  canSave: z.boolean(),
  /** Against the certificate that is in use for HTTPS; null when there is none. */
  compared: z
    .object({
      id,
      label: z.string(),
      isSame: z.boolean(),
      namesLost: z.array(z.string()),
      namesGained: z.array(z.string()),
      notAfter: timestamp,
      issuer: z.string(),
    })
    .nullable(),
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
  coverage: z.array(nameCoverage),
  uses: z.array(certificateUse),
  /** It was replaced last for that use, or for a name of it: activating it again is the roll-back. */
  canRollBackFor: z.array(certificateUse),
  createdAt: timestamp,
  createdBy: z.string(),
});
export type Certificate = z.infer<typeof certificate>;

/** This appliance's HTTPS port: `off` without HTTPS_PORT, `waiting` for a certificate. */
export const httpsState = z.object({
  state: z.enum(["off", "waiting", "serving", "failed"]),
  port: z.number().int().nullable(),
  fingerprint: z.string().nullable(),
  /** Why it failed: `EADDRINUSE`, `EACCES`, or what OpenSSL said of the certificate. */
  detail: z.string().nullable(),
});
export type HttpsState = z.infer<typeof httpsState>;
/** With the names that we federate ourselves. */
export const certificatePage = page(certificate).extend({
  https: httpsState,
  xmpp: z.array(nameUse.extend({ name: z.string() })),
});
export type CertificatePage = z.infer<typeof certificatePage>;

export const certificatePatch = z.object({ label: label.min(1) });
export const certificateActivationRequest = z.discriminatedUnion("use", [
  z.object({ use: z.literal("https") }),
  /** Names of ours that it covers; others keep what they have. */
  z.object({ use: z.literal("xmpp"), names: z.array(z.string().max(255)).min(1).max(1000) }),
]);

/**
 * After activation we dial ourselves and say what is really served: for HTTPS at our port and at PUBLIC_URL, for XMPP at
 * each port of this appliance that answers for the name.
 */
export const servedCertificate = z.object({
  place: z.enum(["listener", "public_url", "starttls", "direct_tls"]),
  /** For XMPP: the name that was asked for, in the stream's header and by SNI. */
  name: z.string().nullable(),
  address: z.string(),
  fingerprint: z.string().nullable(),
  message: finding.nullable(),
});
export type ServedCertificate = z.infer<typeof servedCertificate>;
export const certificateActivation = z.object({
  certificate,
  https: httpsState,
  served: z.array(servedCertificate),
});
export type CertificateActivation = z.infer<typeof certificateActivation>;
