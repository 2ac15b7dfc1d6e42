import type { SelfTest } from "#contract/self-tests.ts";
import type { Finding } from "#contract/traces.ts";

/** Findings that no card, dial or certificate shows already. */
export function otherFindings(result: SelfTest): readonly Finding[] {
  const shown = new Set(
    [
      ...result.cards.map((card) => card.message),
      result.inside.message,
      result.outside.message,
      ...result.certificates.flatMap((certificate) => certificate.findings),
    ].flatMap((finding) => (finding === null ? [] : [keyOf(finding)])),
  );
  return result.findings.filter((finding) => !shown.has(keyOf(finding)));
}

export function keyOf({ code, params }: Finding): string {
  const sorted = Object.entries(params).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify([code, sorted]);
}

/** Another certificate is served than we keep, but it is accepted for the domain: nothing is broken. */
export function isAlsoGood(
  { code }: Pick<Finding, "code">,
  { domain, certificates }: Pick<SelfTest, "domain" | "certificates">,
): boolean {
  return (
    code === "cert.served_old" &&
    certificates.some(
      ({ reference, trusted, nameMatch, findings }) =>
        reference === domain &&
        trusted &&
        nameMatch !== null &&
        findings.every(({ severity }) => severity === "info"),
    )
  );
}
