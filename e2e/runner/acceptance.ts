import { parts } from "../acceptance.ts";
import type { TestResult } from "./reporter.ts";

/** What proves one part of the product: every test of a file, or those whose title contains `title`. */
export interface Proof {
  /** A test file, a folder of them with a slash at its end, or the number of a federation scenario. */
  readonly file: string;
  readonly title?: string;
}

export interface Part {
  readonly name: string;
  readonly proofs: readonly Proof[];
}

export interface AcceptanceReport {
  readonly text: string;
  /** Parts that are not proven: a proof failed or did not run. */
  readonly unproven: number;
}

/** Holds the results of a run against the table of parts; what did not run proves nothing. */
export function acceptanceReport(
  tests: readonly TestResult[],
  table: readonly Part[] = parts,
): AcceptanceReport {
  let unproven = 0;
  const lines = table.flatMap((part) => {
    const proofs = part.proofs.map((proof) => judge(proof, tests));
    const isProven = proofs.length > 0 && proofs.every(({ isProven }) => isProven);
    if (!isProven) unproven += 1;
    return [
      `${isProven ? "pass" : "FAIL"}  ${part.name}`,
      ...proofs.map(({ line }) => `        ${line}`),
    ];
  });
  const passed = table.length - unproven;
  return {
    text: ["Acceptance", ...lines, `${passed} of ${table.length} parts proven`].join("\n"),
    unproven,
  };
}

function judge(proof: Proof, tests: readonly TestResult[]): { isProven: boolean; line: string } {
  const name = proof.title === undefined ? proof.file : `${proof.file}: ${proof.title}`;
  const isMeant = ({ file, path }: TestResult) =>
    file === proof.file ||
    (proof.file.endsWith("/") && file.startsWith(proof.file)) ||
    path.some((title) => title.startsWith(`${proof.file}-`));
  const matching = tests.filter(
    (result) =>
      isMeant(result) &&
      (proof.title === undefined || result.path.join(" > ").includes(proof.title)),
  );
  const passed = matching.filter(({ status }) => status === "passed").length;
  if (matching.length === 0) return { isProven: false, line: `did not run  ${name}` };
  const isProven = passed === matching.length;
  return {
    isProven,
    line: `${isProven ? "passed" : "FAILED"} ${passed}/${matching.length}  ${name}`,
  };
}
