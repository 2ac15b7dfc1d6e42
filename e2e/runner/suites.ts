import { claimBlock } from "../stack/addresses.ts";
import { makeFolder } from "../stack/folders.ts";
import { startPostgres } from "../stack/postgres.ts";
import { runProgram } from "./checks.ts";
import { type NodeTestOptions, runNodeTests } from "./node-tests.ts";
import type { Findings, Stage } from "./stage.ts";

/** Limits are for what hangs: on two quiet cores every stage takes a fraction of its own. */
const MINUTE_MS = 60_000;

/** Milliseconds-quick tests beside the code they test: no services. */
export function unitStage(root: string): Stage {
  return {
    name: "unit",
    run: () =>
      runNodeTests({
        root,
        patterns: ["server/**/*.test.ts", "web/**/*.test.ts", "e2e/{runner,bench}/**/*.test.ts"],
        except: ["**/*.db.test.ts", "**/*.federation.test.ts", "e2e/bench/bench.test.ts"],
        concurrency: 2,
        testTimeoutMs: MINUTE_MS,
        timeoutMs: 10 * MINUTE_MS,
      }),
  };
}

/** The database tests, once on each engine: the embedded one is newer than the oldest PostgreSQL we run on. */
export function databaseStages(root: string): Stage[] {
  const options: NodeTestOptions = {
    root,
    patterns: ["server/**/*.db.test.ts"],
    concurrency: 2,
    testTimeoutMs: 2 * MINUTE_MS,
    timeoutMs: 20 * MINUTE_MS,
  };
  return [
    {
      name: "db embedded",
      run: () => runNodeTests({ ...options, env: { TEST_DATABASE_URL: undefined } }),
    },
    {
      name: "db PostgreSQL",
      run: () =>
        withPostgres((url) => runNodeTests({ ...options, env: { TEST_DATABASE_URL: url } })),
    },
  ];
}

/** Tests of single parts against real servers, the stack's own, and the scenarios, or those that start with `only`. */
export function federationStages(root: string, only: string | undefined): Stage[] {
  const options = { root, testTimeoutMs: 6 * MINUTE_MS, timeoutMs: 20 * MINUTE_MS };
  const scenarios: Stage = {
    name: "federation",
    run: () =>
      runNodeTests({
        ...options,
        patterns: ["e2e/federation/*.test.ts"],
        concurrency: 1,
        env: { SCENARIOS: only },
      }),
  };
  if (only !== undefined) return [scenarios];
  return [
    scenarios,
    {
      name: "real servers",
      run: () =>
        runNodeTests({
          ...options,
          patterns: ["e2e/stack/**/*.test.ts", "server/**/*.federation.test.ts"],
          concurrency: 1,
        }),
    },
  ];
}

export function browserStage(root: string): Stage {
  return {
    name: "ui",
    run: () =>
      runNodeTests({
        root,
        patterns: ["e2e/ui/**/*.test.ts"],
        concurrency: 1,
        testTimeoutMs: 3 * MINUTE_MS,
        timeoutMs: 40 * MINUTE_MS,
      }),
  };
}

/** Kills and outages; `isWhole` does as many as the goals ask for, otherwise a sample. */
export function soakStage(root: string, isWhole: boolean): Stage {
  return {
    name: "soak",
    run: () =>
      runNodeTests({
        root,
        patterns: ["e2e/soak/*.test.ts"],
        concurrency: isWhole ? 1 : 2,
        testTimeoutMs: (isWhole ? 60 : 4) * MINUTE_MS,
        timeoutMs: (isWhole ? 120 : 15) * MINUTE_MS,
        env: { SOAK: isWhole ? "whole" : undefined },
      }),
  };
}

/** A hundred times the mutated streams of the unit tests, from a seed of its own each time. */
export function fuzzStage(root: string): Stage {
  const inputs = "1000000";
  return {
    name: "fuzz",
    run: () =>
      runProgram("fuzz", {
        command: process.execPath,
        args: ["server/testing/fuzz/main.ts", "--inputs", inputs],
        cwd: root,
        timeoutMs: 60 * MINUTE_MS,
      }),
  };
}

/** Each benchmark once, small, so that none rots; figures of such a run are not for publishing. */
export function benchSampleStage(root: string): Stage {
  return {
    name: "bench sample",
    isAlone: true,
    run: () =>
      runNodeTests({
        root,
        patterns: ["e2e/bench/bench.test.ts"],
        concurrency: 1,
        testTimeoutMs: 2 * MINUTE_MS,
        timeoutMs: 15 * MINUTE_MS,
      }),
  };
}

async function withPostgres(use: (url: string) => Promise<Findings>): Promise<Findings> {
  const folder = makeFolder("db-tests");
  const block = await claimBlock();
  try {
    const server = await startPostgres({
      folder: folder.path,
      address: block.next(),
      isFast: true,
    });
    try {
      return await use(server.url);
    } finally {
      await server.stop();
    }
  } finally {
    await block.release();
    folder.remove();
  }
}
