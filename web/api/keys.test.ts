import assert from "node:assert/strict";
import { test } from "node:test";
import { isConcerned } from "./keys.ts";

const list = ["traces", null, "GET /api/v1/traces", { query: {} }];
const one = ["traces", "1", "GET /api/v1/traces/:id", { params: { id: "1" } }];
const other = ["traces", "2", "GET /api/v1/traces/:id", { params: { id: "2" } }];

test("a change of one concerns it and every list of its noun, not its siblings", () => {
  assert.deepEqual(
    [list, one, other].map((key) => isConcerned(key, "traces/1")),
    [true, true, false],
  );
});

test("a change of the noun concerns them all, another noun's none", () => {
  assert.deepEqual(
    [list, one, other].map((key) => isConcerned(key, "traces")),
    [true, true, true],
  );
  assert.deepEqual(
    [list, one, other].map((key) => isConcerned(key, "peers")),
    [false, false, false],
  );
});

test("what is shown with something else changes with it: a domain page shows its links", () => {
  assert.equal(isConcerned(["domains", "1", "", null], "links"), true);
  assert.equal(isConcerned(["links", "1", "", null], "domains"), false);
});

test("after a broken feed everything may have changed", () => {
  assert.equal(isConcerned(["settings", null, "", null], "*"), true);
});

test("a resource named like an object's own property is no match", () => {
  assert.equal(isConcerned(["peers", null, "", null], "constructor"), false);
  assert.equal(isConcerned(["peers", null, "", null], "__proto__"), false);
});
