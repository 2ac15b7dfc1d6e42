import assert from "node:assert/strict";
import { test } from "node:test";
import { readDomains, runBulk } from "./bulk.ts";

test("a failure of one call does not stop the others, and order is kept", async () => {
  let running = 0;
  let most = 0;
  const progress: number[] = [];
  const outcomes = await runBulk(
    [1, 2, 3, 4, 5, 6, 7],
    async (item) => {
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
      if (item === 3) throw new Error("no");
    },
    (done) => progress.push(done),
    2,
  );
  assert.deepEqual(
    outcomes.map(({ item, error }) => [item, error === null]),
    [
      [1, true],
      [2, true],
      [3, false],
      [4, true],
      [5, true],
      [6, true],
      [7, true],
    ],
  );
  assert.ok(most <= 2);
  assert.equal(progress.at(-1), 7);
});

test("nothing to do is done at once", async () => {
  assert.deepEqual(await runBulk([], async () => undefined), []);
});

test("pasted lists are read tolerantly", () => {
  assert.deepEqual(
    readDomains(
      "acmewave.com\r\n\n initech-corp.com , other.com\n# a comment\nacmewave.com # again",
    ),
    ["acmewave.com", "initech-corp.com", "other.com"],
  );
});
