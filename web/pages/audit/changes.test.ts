import assert from "node:assert/strict";
import { test } from "node:test";
import { changesOf } from "./changes.ts";

test("only the fields that differ are told, with both values", () => {
  assert.deepEqual(changesOf({ role: "admin", name: "Ada" }, { role: "owner", name: "Ada" }), [
    { field: "role", before: "admin", after: "owner" },
  ]);
});

test("what was created has no before, what was removed no after", () => {
  assert.deepEqual(changesOf(null, { name: "Ada" }), [
    { field: "name", before: null, after: "Ada" },
  ]);
  assert.deepEqual(changesOf({ name: "Ada" }, null), [
    { field: "name", before: "Ada", after: null },
  ]);
});

test("nested records are told by path, lists as one value, an empty list is not nothing", () => {
  assert.deepEqual(changesOf({ a: { b: 1 }, list: [] }, { a: { b: 2 }, list: ["x", "y"] }), [
    { field: "a.b", before: "1", after: "2" },
    { field: "list", before: "[]", after: "x, y" },
  ]);
});

test("a field named like an object's own property is a field like others", () => {
  const before: unknown = JSON.parse('{"__proto__":{"x":1},"constructor":"a"}');
  assert.deepEqual(changesOf(before, null), [
    { field: "__proto__.x", before: "1", after: null },
    { field: "constructor", before: "a", after: null },
  ]);
});
