import assert from "node:assert/strict";
import { test } from "node:test";
import { runKills } from "./kill.ts";

const KILLS = process.env["SOAK"] === "whole" ? 200 : 10;

for (const engine of ["embedded", "PostgreSQL"] as const) {
  test(`${KILLS} kill -9 on ${engine}: no acknowledged change is lost`, async (t) => {
    const seed = Number(process.env["SOAK_SEED"] ?? Date.now() % 1_000_000);
    t.diagnostic(`SOAK_SEED=${seed}`);
    const report = await runKills({ engine, kills: KILLS, seed });
    t.diagnostic(JSON.stringify(report));
    assert.ok(report.acknowledged >= KILLS, "too few changes were acknowledged to prove anything");
    assert.ok(report.made + report.dropped > 0, "no kill came in the middle of a change");
  });
}
