import type { Certificate } from "#contract/certificates.ts";
import type { Tone } from "../../components/status.tsx";

/** How near the end a certificate is: warned by its own dates' check, not by a fixed number of days. */
export function lifeTone(
  certificate: Pick<Certificate, "notAfter" | "lifeLeft">,
  now: number,
): Tone {
  if (Date.parse(certificate.notAfter) <= now) return "failed";
  if (certificate.lifeLeft <= 1 / 6) return "failed";
  return certificate.lifeLeft <= 1 / 3 ? "warning" : "ok";
}

/** What a person calls it: the label, else its first name, else its subject. */
export function titleOf(certificate: Pick<Certificate, "label" | "names" | "chain">): string {
  return certificate.label || certificate.names[0] || certificate.chain[0]?.subject || "?";
}
