import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";

const SCRIPT = `
  const { drizzle } = await import("drizzle-orm/node-postgres");
  const { eq } = await import("drizzle-orm");
  const { PgTable } = await import("drizzle-orm/pg-core");
  console.log(JSON.stringify({
    kinds: [typeof drizzle, typeof eq, typeof PgTable],
    residentMb: process.memoryUsage().rss / 2 ** 20,
  }));`;

test("drizzle-orm is imported without reading its package.json again for each module", () => {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--import", join(import.meta.dirname, "fast-imports.ts"), "--input-type=module", "-e", SCRIPT],
    { cwd: import.meta.dirname, encoding: "utf8", env: { PATH: process.env["PATH"] } },
  );
  assert.equal(stderr, "");
  const { kinds, residentMb } = JSON.parse(stdout) as { kinds: string[]; residentMb: number };
  assert.deepEqual(kinds, ["function", "function", "function"]);
  // About 60 MB; 300 MB with what parsing leaves behind.
  assert.ok(residentMb < 150, `${residentMb.toFixed(0)} MB`);
});
