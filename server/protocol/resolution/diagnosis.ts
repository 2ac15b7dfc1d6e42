import type { Finding } from "./evidence.ts";
import type { Note, Owner, Param, Severity } from "./notes.ts";

/** One row of the catalogue of findings (contract/findings.ts). */
export interface CatalogueRow {
  readonly owner: Owner;
  readonly severity: Severity;
  /** Codes of causes: while one of them is shown, this is their symptom. */
  readonly dependsOn: readonly string[];
  readonly params: readonly string[];
}
export type Catalogue = Readonly<Record<string, CatalogueRow>>;

export interface StepFinding extends Finding {
  step: number;
}

/** Completes a note by the catalogue; a code that it lacks is the appliance's own fault. */
export function toFinding(said: Note, catalogue: Catalogue): Finding {
  const row = catalogue[said.code];
  return {
    code: said.code,
    params: said.params as Record<string, Param>,
    owner: said.owner ?? row?.owner ?? "us",
    severity: said.severity ?? row?.severity ?? "error",
  };
}

/**
 * All findings of a trace, causes before symptoms, worse before milder, earlier steps first; the same
 * thing said twice is kept once, at its worst.
 */
export function diagnose(
  said: readonly { readonly step: number; readonly note: Note }[],
  catalogue: Catalogue,
): StepFinding[] {
  const findings = distinct(
    said.map(({ step, note }): StepFinding => ({ ...toFinding(note, catalogue), step })),
  );
  const rank = (finding: StepFinding) =>
    (isSymptom(finding, findings, catalogue) ? 10 : 0) + severityRank[finding.severity];
  return findings.toSorted((a, b) => rank(a) - rank(b) || a.step - b.step);
}

/** The one finding to read first; null when nothing is worse than a remark. */
export function headlineOf(findings: readonly StepFinding[]): Finding | null {
  const [first] = findings;
  if (first === undefined || first.severity === "info") return null;
  const { code, params, owner, severity } = first;
  return { code, params, owner, severity };
}

/** Whether another finding, at least as grave, is its cause. */
export function isSymptom(
  finding: StepFinding,
  findings: readonly StepFinding[],
  catalogue: Catalogue,
): boolean {
  const causes = catalogue[finding.code]?.dependsOn ?? [];
  return findings.some(
    (other) =>
      other !== finding &&
      causes.includes(other.code) &&
      severityRank[other.severity] <= severityRank[finding.severity],
  );
}

const severityRank: Record<Severity, number> = { error: 0, warning: 1, info: 2 };

function distinct(findings: readonly StepFinding[]): StepFinding[] {
  const kept = new Map<string, StepFinding>();
  for (const finding of findings) {
    const key = `${finding.code} ${JSON.stringify(finding.params)}`;
    const known = kept.get(key);
    if (known === undefined || severityRank[finding.severity] < severityRank[known.severity])
      kept.set(key, known === undefined ? finding : { ...finding, step: known.step });
  }
  return [...kept.values()];
}
