import assert from "node:assert/strict";
import { test } from "node:test";
import { cpuSeconds, forEachAtOnce, median, outcomeOf, residentMb } from "./benchmark.ts";

test("the median of an odd and of an even number of runs, in any order", () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.throws(() => median([]));
});

test("a figure at its goal passes, beyond it misses, without one says nothing", () => {
  const figure = { name: "x", unit: "ms", value: 10 };
  assert.equal(outcomeOf({ ...figure, goal: { atMost: 10 } }), "pass");
  assert.equal(outcomeOf({ ...figure, goal: { atMost: 9.99 } }), "miss");
  assert.equal(outcomeOf({ ...figure, goal: { atLeast: 10 } }), "pass");
  assert.equal(outcomeOf({ ...figure, goal: { atLeast: 10.01 }, stretch: { atLeast: 5 } }), "miss");
  assert.equal(outcomeOf(figure), "-");
});

test("every item is worked on once, and never more at once than allowed", async () => {
  const seen: number[] = [];
  let now = 0;
  let most = 0;
  await forEachAtOnce([1, 2, 3, 4, 5], 2, async (item) => {
    most = Math.max(most, (now += 1));
    await Promise.resolve();
    seen.push(item);
    now -= 1;
  });
  assert.deepEqual(seen.toSorted(), [1, 2, 3, 4, 5]);
  assert.equal(most, 2);
});

test("memory and processor time of a process are read from proc", () => {
  assert.ok(residentMb(process.pid) > 10);
  const before = cpuSeconds(process.pid);
  const until = performance.now() + 100;
  while (performance.now() < until);
  assert.ok(cpuSeconds(process.pid) > before);
});
