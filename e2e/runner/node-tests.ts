import { globSync, readFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../stack/folders.ts";
import { runCommand } from "./command.ts";
import type { TestResult } from "./reporter.ts";

export interface NodeTestOptions {
  readonly root: string;
  readonly patterns: readonly string[];
  readonly except?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Files at a time. */
  readonly concurrency: number;
  /** For each test; the whole run may take `timeoutMs`. */
  readonly testTimeoutMs: number;
  readonly timeoutMs: number;
}

export interface NodeTestRun {
  readonly tests: readonly TestResult[];
  /** Why the run as a whole cannot be trusted, whatever its tests say. */
  readonly problems: readonly string[];
  readonly output: string;
}

/** Runs test files by `node --test`. No files, no tests, and skipped or todo tests are problems. */
export async function runNodeTests(options: NodeTestOptions): Promise<NodeTestRun> {
  const { root, patterns, except = [] } = options;
  const files = globSync([...patterns], { cwd: root, exclude: ["**/node_modules/**", ...except] });
  if (files.length === 0) {
    return { tests: [], problems: [`no file matches ${patterns.join(" ")}`], output: "" };
  }
  const folder = makeFolder("results");
  const results = join(folder.path, "results.jsonl");
  try {
    const { code, output, isTimedOut } = await runCommand({
      command: process.execPath,
      args: [
        "--test",
        `--import=${join(import.meta.dirname, "../../server/fast-imports.ts")}`,
        `--test-concurrency=${options.concurrency}`,
        `--test-timeout=${options.testTimeoutMs}`,
        `--test-reporter=${join(import.meta.dirname, "reporter.ts")}`,
        `--test-reporter-destination=${results}`,
        "--test-reporter=spec",
        "--test-reporter-destination=stdout",
        ...files.toSorted(),
      ],
      cwd: root,
      env: { NODE_TEST_CONTEXT: undefined, ...options.env },
      timeoutMs: options.timeoutMs,
    });
    const tests = existsSync(results) ? parseResults(readFileSync(results, "utf8")) : [];
    return { tests, problems: problemsOf(files, tests, code, isTimedOut), output };
  } finally {
    folder.remove();
  }
}

export function parseResults(text: string): TestResult[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as TestResult);
}

export function problemsOf(
  files: readonly string[],
  tests: readonly TestResult[],
  code: number | null,
  isTimedOut: boolean,
): string[] {
  const problems: string[] = [];
  if (isTimedOut) problems.push("the run took too long and was ended");
  for (const file of files) {
    // A file without tests is reported as one test named after itself.
    if (!tests.some((test) => test.file === file && test.path.join() !== file)) {
      problems.push(`${file} ran no test`);
    }
  }
  for (const { file, path, status } of tests) {
    if (status === "skipped" || status === "todo")
      problems.push(`${status}: ${file}: ${path.join(" > ")}`);
  }
  const hasFailed = tests.some(({ status }) => status === "failed");
  if (code !== 0 && !hasFailed && problems.length === 0)
    problems.push(`node --test ended with ${code}`);
  return problems;
}
