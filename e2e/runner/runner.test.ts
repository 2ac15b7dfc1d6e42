import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makeFolder } from "../stack/folders.ts";
import { until } from "../stack/wait.ts";
import { acceptanceReport } from "./acceptance.ts";
import { runCommand } from "./command.ts";
import { runNodeTests } from "./node-tests.ts";
import type { TestResult } from "./reporter.ts";
import { runStages, type Stage } from "./stage.ts";

async function runFiles(files: Record<string, string>, patterns = ["*.test.mjs"]) {
  const folder = makeFolder("runner");
  try {
    for (const [name, code] of Object.entries(files)) {
      writeFileSync(join(folder.path, name), `import {describe, test} from "node:test";\n${code}`);
    }
    return await runNodeTests({
      root: folder.path,
      patterns,
      concurrency: 1,
      testTimeoutMs: 1000,
      timeoutMs: 20_000,
    });
  } finally {
    folder.remove();
  }
}

test("tests are counted with their suites' names, suites are not", async () => {
  const run = await runFiles({
    "a.test.mjs": `
      describe("outer", () => { describe("inner", () => { test("one", () => {}); }); test("two", () => {}); });
      test("three", () => { throw new Error("broken"); });`,
  });
  assert.deepEqual(
    run.tests.map(({ file, path, status }) => ({ file, path: path.join(" > "), status })),
    [
      { file: "a.test.mjs", path: "outer > inner > one", status: "passed" },
      { file: "a.test.mjs", path: "outer > two", status: "passed" },
      { file: "a.test.mjs", path: "three", status: "failed" },
    ],
  );
  assert.match(run.tests[2]?.error ?? "", /broken/);
  assert.deepEqual(run.problems, []);
});

test("no file, a file without tests, a skipped and a todo test are problems", async () => {
  assert.match((await runFiles({})).problems.join(), /no file matches/);
  assert.match((await runFiles({ "a.test.mjs": "" })).problems.join(), /a\.test\.mjs ran no test/);
  const skipped = await runFiles({ "a.test.mjs": 'test("one", {skip: true}, () => {});' });
  assert.match(skipped.problems.join(), /skipped: a\.test\.mjs: one/);
  const todo = await runFiles({ "a.test.mjs": 'test.todo("one");' });
  assert.match(todo.problems.join(), /todo: a\.test\.mjs: one/);
});

test("a file that cannot be loaded, a hook that fails and a test that hangs are failures", async () => {
  const broken = await runFiles({ "a.test.mjs": 'import "./nowhere.mjs";' });
  assert.ok(
    broken.problems.length + broken.tests.filter(({ status }) => status === "failed").length > 0,
  );
  const hook = await runFiles({
    "a.test.mjs":
      'import {after} from "node:test"; describe("s", () => { after(() => { throw new Error("late"); }); test("one", () => {}); });',
  });
  assert.ok(
    hook.tests.some(({ status }) => status === "failed"),
    JSON.stringify(hook),
  );
  const hung = await runFiles({
    "a.test.mjs": 'test("one", () => new Promise((resolve) => setTimeout(resolve, 1500)));',
  });
  assert.deepEqual(
    hung.tests.map(({ status }) => status),
    ["failed"],
  );
});

test("a program that takes too long is ended with everything that it started", async () => {
  const started = performance.now();
  const result = await runCommand({
    command: "sh",
    args: ["-c", "sleep 60 & echo $!; wait"],
    cwd: ".",
    timeoutMs: 300,
  });
  assert.equal(result.isTimedOut, true);
  assert.ok(performance.now() - started < 10_000);
  await until("the grandchild's end", 5000, () => !isAlive(result.output.trim()) || undefined);
});

test("lanes share the stages, and a stage that measures runs alone", async () => {
  let running = 0;
  const together = new Map<string, number>();
  const stage = (name: string, isAlone = false): Stage => ({
    name,
    isAlone,
    run: async () => {
      running += 1;
      together.set(name, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      if (name === "broken") throw new Error("no server");
      return { tests: [], problems: [], output: "" };
    },
  });
  const stages = [stage("bench", true), stage("one"), stage("two"), stage("broken")];
  const results = await runStages(stages, 2, () => undefined);
  assert.equal(together.get("two"), 2);
  assert.equal(together.get("bench"), 1);
  assert.equal(results.at(-1)?.name, "bench");
  assert.equal(results.find(({ name }) => name === "broken")?.failed, 1);
});

test("acceptance: a part is proven only by proofs that ran and passed", () => {
  const result = (file: string, path: string, status: TestResult["status"]): TestResult => ({
    file,
    path: [path],
    status,
    durationMs: 1,
    error: null,
  });
  const tests = [
    result("a.test.ts", "RFC 1: one", "passed"),
    result("a.test.ts", "two", "failed"),
    result("e2e/federation/scenarios.test.ts", "03-no-srv", "passed"),
  ];
  const proven = (proofs: { file: string; title?: string }[]) =>
    acceptanceReport(tests, [{ name: "part", proofs }]).unproven === 0;
  assert.equal(proven([{ file: "a.test.ts", title: "RFC 1" }, { file: "03" }]), true);
  assert.equal(proven([{ file: "e2e/federation/" }]), true);
  assert.equal(proven([{ file: "a.test.ts" }]), false);
  assert.equal(proven([{ file: "b.test.ts" }]), false);
  assert.equal(proven([]), false);
  const { text } = acceptanceReport(tests, [{ name: "part", proofs: [{ file: "b.test.ts" }] }]);
  assert.match(text, /FAIL {2}part\n\s+did not run {2}b\.test\.ts/);
});

function isAlive(pid: string): boolean {
  const file = `/proc/${pid}/stat`;
  // A zombie has ended; nobody has asked it how yet.
  return existsSync(file) && !readFileSync(file, "utf8").includes(") Z ");
}
