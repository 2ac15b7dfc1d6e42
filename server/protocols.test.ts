import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

const root = fileURLToPath(new URL("..", import.meta.url));
const rows = readFileSync(`${root}/docs/protocols.md`, "utf8")
  .split("\n")
  .filter((line) => /^\| [A-Z][A-Z0-9]*-\d+/.test(line))
  .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|")))
  .map(([, id = "", section = "", , status = "", code = "", title = ""]) => ({
    id,
    section,
    status,
    code,
    title,
  }));
const tests = globSync("{server,web,e2e}/**/*.ts", { cwd: root, exclude: ["**/node_modules/**"] })
  .filter((path) => /\.test\.ts$|scenario\.ts$/.test(path) && !path.endsWith("protocols.test.ts"))
  .map((path) => readFileSync(`${root}/${path}`, "utf8"))
  .join("\n")
  .replaceAll(/\\(["'`])/g, "$1");

test("docs/protocols.md has a row for each requirement, once, with a known status", () => {
  assert.ok(rows.length > 60, `${rows.length} rows`);
  const ids = rows.map((row) => `${row.id} ${row.section}`);
  assert.deepEqual(
    ids.filter((id, index) => ids.indexOf(id) !== index),
    [],
  );
  for (const row of rows) assert.match(row.status, /^(complete|partial|none)$/, row.id);
});

test("every requirement called complete names code that exists and a test that exists", () => {
  for (const row of rows.filter((one) => one.status === "complete")) {
    const paths = [...row.code.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? "");
    assert.ok(paths.length > 0, `${row.id} names no code`);
    for (const path of paths) assert.ok(existsSync(`${root}/${path}`), `${row.id}: ${path}`);
    assert.ok(row.title !== "" && tests.includes(row.title), `${row.id}: no test "${row.title}"`);
  }
});
