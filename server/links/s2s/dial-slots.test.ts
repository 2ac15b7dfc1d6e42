import assert from "node:assert/strict";
import { test } from "node:test";
import { createDialSlots } from "./dial-slots.ts";

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

test("so many dials at once and no more; who waits comes in its order, also behind one that failed", async () => {
  const slots = createDialSlots(() => 2);
  const begun: number[] = [];
  const ends: ((isGood: boolean) => void)[] = [];
  const runs = [1, 2, 3, 4].map(async (number) =>
    slots.run(async () => {
      begun.push(number);
      const isGood = await new Promise<boolean>((resolve) => ends.push(resolve));
      if (!isGood) throw new Error(`${number} failed`);
      return number;
    }),
  );
  const outcomes = Promise.allSettled(runs);
  await settled();
  assert.deepEqual([begun, slots.waiting()], [[1, 2], 2]);
  ends[1]?.(false);
  await settled();
  assert.deepEqual([begun, slots.waiting()], [[1, 2, 3], 1]);
  for (const index of [0, 2, 3]) {
    ends[index]?.(true);
    await settled();
  }
  assert.deepEqual(
    (await outcomes).map(({ status }) => status),
    ["fulfilled", "rejected", "fulfilled", "fulfilled"],
  );
  await slots.run(async () => begun.push(5));
  assert.deepEqual(begun, [1, 2, 3, 4, 5]);
});
