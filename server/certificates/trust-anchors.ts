import type { AuthoritySummary } from "#contract/peer-trust.ts";
import { fail, ok, type Result } from "#protocol/result.ts";
import { splitPem } from "./pem.ts";
import { parseCertificate, titleOf, toPem, type Certificate } from "./x509.ts";

export interface Anchors {
  /** The certificates alone, in plain PEM: what stood around them is gone. */
  readonly pem: string;
  readonly authorities: readonly AuthoritySummary[];
}

export type AnchorProblem =
  | { readonly code: "peer.ca_unreadable"; readonly detail: string }
  /** It holds a private key, which has no place here. */
  | { readonly code: "peer.ca_key" }
  | { readonly code: "peer.ca_too_many"; readonly limit: number };

const maxAnchors = 10;

/** Reads PEM that anchors for one peer are given in: authorities, or a certificate that stands for itself. */
export function readAnchors(text: string): Result<Anchors, AnchorProblem> {
  const { blocks, broken } = splitPem(text);
  if ([...blocks, ...broken].some(({ label }) => label.includes("PRIVATE KEY")))
    return fail({ code: "peer.ca_key" });
  const [cut] = broken;
  if (cut !== undefined)
    return fail({ code: "peer.ca_unreadable", detail: `line ${cut.line}: ${cut.missing} missing` });
  const found: Certificate[] = [];
  for (const { label, der, line } of blocks) {
    if (label !== "CERTIFICATE")
      return fail({ code: "peer.ca_unreadable", detail: `line ${line}: ${label}` });
    const parsed = der === null ? null : parseCertificate(der);
    if (parsed === null || !parsed.ok)
      return fail({
        code: "peer.ca_unreadable",
        detail: `line ${line}: ${parsed === null ? "no base64" : parsed.problem.detail}`,
      });
    if (!found.some((one) => one.fingerprint === parsed.value.fingerprint))
      found.push(parsed.value);
  }
  if (found.length === 0) return fail({ code: "peer.ca_unreadable", detail: "no certificate" });
  if (found.length > maxAnchors) return fail({ code: "peer.ca_too_many", limit: maxAnchors });
  return ok({
    pem: found.map((one) => toPem(one.der)).join(""),
    authorities: found.map((one) => ({
      subject: titleOf(one),
      fingerprint: one.fingerprint,
      notBefore: one.notBefore.toISOString(),
      notAfter: one.notAfter.toISOString(),
    })),
  });
}
