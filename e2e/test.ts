import { dirname } from "node:path";
import { acceptanceReport } from "./runner/acceptance.ts";
import { checkStages } from "./runner/checks.ts";
import { type Stage, type StageResult, runStages } from "./runner/stage.ts";
import {
  benchSampleStage,
  browserStage,
  databaseStages,
  federationStages,
  fuzzStage,
  soakStage,
  unitStage,
} from "./runner/suites.ts";
import { requireDebianPackages } from "./stack/debian.ts";

const LANES = 2;
const root = dirname(import.meta.dirname);
const say = (text: string) => process.stdout.write(`${text}\n`);

process.exitCode = await main(process.argv.slice(2));

/** Runs what was asked for and returns the exit code; the last line is `N passed, N failed`. */
async function main([command = "all", only]: readonly string[]): Promise<number> {
  const plan = planOf(command, only);
  if (plan === undefined) {
    say(`unknown: ${command}; one of check, unit, db, ui, federation [NN], soak, acceptance`);
    return 2;
  }
  const startedAt = performance.now();
  if (plan.needsServers) requireDebianPackages(say);
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => process.exit(130));
  const results = await runStages(plan.stages, LANES, (result) => say(stageReport(result)));

  const sum = (key: "passed" | "failed") =>
    results.reduce((total, result) => total + result[key], 0);
  let failed = sum("failed");
  if (plan.isAcceptance) {
    const report = acceptanceReport(results.flatMap(({ tests }) => tests));
    say(`\n${report.text}\n`);
    failed += report.unproven;
  }
  say(`\nin ${seconds(performance.now() - startedAt)}`);
  say(`${sum("passed")} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

interface Plan {
  readonly stages: readonly Stage[];
  readonly needsServers: boolean;
  readonly isAcceptance: boolean;
}

function planOf(command: string, only: string | undefined): Plan | undefined {
  const without = (...stages: Stage[]): Plan => ({
    stages,
    needsServers: false,
    isAcceptance: false,
  });
  const servers = (...stages: Stage[]): Plan => ({ ...without(...stages), needsServers: true });
  switch (command) {
    case "check":
      return without(...checkStages(root), unitStage(root));
    case "unit":
      return without(unitStage(root));
    case "db":
      return servers(...databaseStages(root));
    case "ui":
      return servers(browserStage(root));
    case "federation":
      return servers(...federationStages(root, only));
    case "soak":
      return servers(soakStage(root, true), fuzzStage(root));
    case "all":
    case "acceptance":
      // The long ones first, so that the lanes end together.
      return {
        ...servers(
          browserStage(root),
          ...federationStages(root, undefined),
          ...databaseStages(root),
          soakStage(root, false),
          ...checkStages(root),
          unitStage(root),
          benchSampleStage(root),
        ),
        isAcceptance: true,
      };
    default:
      return undefined;
  }
}

function stageReport({
  name,
  passed,
  failed,
  durationMs,
  tests,
  problems,
  output,
}: StageResult): string {
  const counts = failed === 0 ? `${passed} passed` : `${passed} passed, ${failed} FAILED`;
  const head = `${name.padEnd(14)} ${counts.padEnd(24)} ${seconds(durationMs).padStart(8)}`;
  if (failed === 0) return head;
  const failures = tests
    .filter(({ status }) => status === "failed")
    .map(({ file, path, error }) => `  ✖ ${file}: ${path.join(" > ")}\n${indent(error ?? "")}`);
  const whole = tests.some(({ status }) => status === "failed") ? "" : indent(output.slice(-4000));
  return [head, ...failures, ...problems.map((problem) => `  ✖ ${problem}`), whole]
    .filter((part) => part !== "")
    .join("\n");
}

function indent(text: string): string {
  return text.trimEnd().replaceAll(/^/gm, "      ");
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
