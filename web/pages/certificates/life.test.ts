import assert from "node:assert/strict";
import { test } from "node:test";
import { lifeTone, titleOf } from "./life.ts";

const now = Date.parse("2026-11-21T08:00:00Z");
const later = "2026-12-21T08:00:00Z";

for (const [lifeLeft, notAfter, tone] of [
  [0.9, later, "ok"],
  [0.34, later, "ok"],
  [1 / 3, later, "warning"],
  [0.17, later, "warning"],
  [1 / 6, later, "failed"],
  [0, "2026-11-20T08:00:00Z", "failed"],
] as const)
  test(`${Math.round(lifeLeft * 100)} % of the lifetime left is ${tone}`, () => {
    assert.equal(lifeTone({ lifeLeft, notAfter }, now), tone);
  });

test("a certificate without a label is called by its first name", () => {
  assert.equal(titleOf({ label: "", names: ["example.com"], chain: [] }), "example.com");
  assert.equal(titleOf({ label: "Main", names: ["example.com"], chain: [] }), "Main");
  assert.equal(titleOf({ label: "", names: [], chain: [] }), "?");
});
