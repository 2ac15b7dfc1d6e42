import type { TestResult } from "./reporter.ts";

/** What one stage of a run found. */
export interface Findings {
  readonly tests: readonly TestResult[];
  /** Failures of the stage itself, each counted as one failed test. */
  readonly problems: readonly string[];
  /** Shown whole when something failed. */
  readonly output: string;
}

export interface Stage {
  readonly name: string;
  /** Measures, so nothing else may run beside it. */
  readonly isAlone?: boolean;
  readonly run: () => Promise<Findings>;
}

export interface StageResult extends Findings {
  readonly name: string;
  readonly durationMs: number;
  readonly passed: number;
  readonly failed: number;
}

/** Runs the stages, `lanes` at a time in the order given; alone ones wait until the lanes are empty. */
export async function runStages(
  stages: readonly Stage[],
  lanes: number,
  finished: (result: StageResult) => void,
): Promise<StageResult[]> {
  const results: StageResult[] = [];
  const finish = async (stage: Stage) => {
    const result = await runStage(stage);
    results.push(result);
    finished(result);
  };
  const shared = stages.filter((stage) => stage.isAlone !== true);
  const lane = async () => {
    for (let stage = shared.shift(); stage !== undefined; stage = shared.shift())
      await finish(stage);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  for (const stage of stages) if (stage.isAlone === true) await finish(stage);
  return results;
}

async function runStage(stage: Stage): Promise<StageResult> {
  const startedAt = performance.now();
  const findings = await stage.run().catch((error: unknown): Findings => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { tests: [], problems: [text], output: "" };
  });
  const passed = findings.tests.filter(({ status }) => status === "passed").length;
  const failedTests = findings.tests.filter(({ status }) => status === "failed").length;
  return {
    ...findings,
    name: stage.name,
    durationMs: performance.now() - startedAt,
    passed,
    failed: failedTests + findings.problems.length,
  };
}
