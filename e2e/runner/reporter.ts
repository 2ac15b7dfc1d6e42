import { relative } from "node:path";
import type { TestEvent } from "node:test/reporters";

/** One test as the runner counts it; suites are only part of their tests' names. */
export interface TestResult {
  /** Relative to the repository. */
  readonly file: string;
  /** Titles from the outermost suite inwards. */
  readonly path: readonly string[];
  readonly status: "passed" | "failed" | "skipped" | "todo";
  readonly durationMs: number;
  readonly error: string | null;
}

/** A reporter for `node --test` that writes one JSON line for each test, and the output of failing files. */
export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const open = new Map<string, string[]>();
  for await (const event of events) {
    if (event.type === "test:start") {
      const path = open.get(event.data.file ?? "") ?? [];
      path.length = event.data.nesting;
      path.push(event.data.name);
      open.set(event.data.file ?? "", path);
    }
    if (event.type !== "test:pass" && event.type !== "test:fail") continue;
    const { data } = event;
    // A suite fails because of its tests, which are reported themselves; its own hooks are the exception.
    if (data.details.type === "suite" && !isOwnFailure(event)) continue;
    const path = open.get(data.file ?? "") ?? [];
    const result: TestResult = {
      file: relative(process.cwd(), data.file ?? data.name),
      path: [...path.slice(0, data.nesting), data.name],
      status: statusOf(event),
      durationMs: data.details.duration_ms,
      error: event.type === "test:fail" ? describe(event.data.details.error) : null,
    };
    yield `${JSON.stringify(result)}\n`;
  }
}

type Ending = Extract<TestEvent, { type: "test:pass" | "test:fail" }>;

function statusOf(event: Ending): TestResult["status"] {
  if (event.data.skip !== undefined) return "skipped";
  if (event.data.todo !== undefined) return "todo";
  return event.type === "test:pass" ? "passed" : "failed";
}

function isOwnFailure(event: Ending): boolean {
  if (event.type !== "test:fail") return false;
  const { failureType } = event.data.details.error as { failureType?: string };
  return failureType !== "subtestsFailed";
}

function describe(error: Error): string {
  const cause = error.cause instanceof Error ? error.cause : error;
  return cause.stack ?? cause.message;
}
