import type { SelfTest } from "#contract/self-tests.ts";
import { keyOf } from "../../text/finding-words.ts";
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
