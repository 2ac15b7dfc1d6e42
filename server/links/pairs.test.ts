import assert from "node:assert/strict";
import { test } from "node:test";
import { createPairs } from "./pairs.ts";

test("values are found by both names, in that order, and are counted", () => {
  const pairs = createPairs<number>();
  pairs.set("a.example", "b.example", 1);
  pairs.set("b.example", "a.example", 2);
  pairs.set("a.example", "c.example", 3);
  pairs.set("a.example", "c.example", 4);
  assert.equal(pairs.size, 3);
  assert.equal(pairs.get("a.example", "b.example"), 1);
  assert.equal(pairs.get("b.example", "a.example"), 2);
  assert.equal(pairs.get("c.example", "a.example"), undefined);
  assert.deepEqual([...pairs.values()], [1, 2, 4], "in the order in which the pairs came");
  pairs.delete("a.example", "nobody.example");
  pairs.delete("nobody.example", "a.example");
  pairs.delete("b.example", "a.example");
  assert.equal(pairs.size, 2);
  assert.deepEqual([...pairs.values()], [1, 4]);
});

test("what is deleted while all are gone through does not come, and what stays does", () => {
  const pairs = createPairs<string>();
  for (const remote of ["a", "b", "c"]) pairs.set("x.example", remote, remote);
  pairs.set("y.example", "d", "d");
  const came: string[] = [];
  for (const value of pairs.values()) {
    came.push(value);
    pairs.delete("x.example", "a");
    pairs.delete("x.example", "b");
    pairs.delete("x.example", "c");
  }
  assert.deepEqual(came, ["a", "d"]);
  assert.equal(pairs.size, 1);
});
