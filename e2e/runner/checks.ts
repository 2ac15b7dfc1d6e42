import { type CommandOptions, runCommand } from "./command.ts";
import { findUnreportedPlants } from "./lint-canary.ts";
import type { TestResult } from "./reporter.ts";
import type { Findings, Stage } from "./stage.ts";

const TIMEOUT_MS = 120_000;

/** Format, lint with its canary, types and dead code: no services, seconds. */
export function checkStages(root: string): Stage[] {
  const program = (title: string, command: string, args: readonly string[]): Stage => ({
    name: title,
    run: () => runProgram(title, { command, args, cwd: root, timeoutMs: TIMEOUT_MS }),
  });
  return [
    program("format", "oxfmt", ["--check", "server", "web", "e2e"]),
    program("lint", "oxlint", ["--type-aware", "--deny-warnings", "server", "web", "e2e"]),
    {
      name: "canary",
      run: async () => {
        const unreported = await findUnreportedPlants(root);
        const passed = unreported.length === 0;
        return finding(
          "canary",
          "every planted violation is reported",
          passed,
          unreported.join("\n"),
        );
      },
    },
    program("types", "tsc", ["-b"]),
    program("knip", "knip", []),
  ];
}

/** A program as one test: it passes when it ends with 0. */
export async function runProgram(title: string, options: CommandOptions): Promise<Findings> {
  const { code, output, isTimedOut } = await runCommand(options);
  const said = isTimedOut ? `${output}\nit took too long and was ended` : output;
  return finding(title, `${options.command} finds nothing`, code === 0, said);
}

function finding(name: string, title: string, isPassed: boolean, output: string): Findings {
  const test: TestResult = {
    file: name,
    path: [title],
    status: isPassed ? "passed" : "failed",
    durationMs: 0,
    error: isPassed ? null : output,
  };
  return { tests: [test], problems: [], output: isPassed ? "" : output };
}
