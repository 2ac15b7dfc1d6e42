import assert from "node:assert/strict";
import { test } from "node:test";
import { createDeadline } from "./deadline.ts";

test("a deadline is called when it is due and not before, once, however often it was followed", async () => {
  const calls: number[] = [];
  const deadline = createDeadline(() => calls.push(performance.now()));
  const at = performance.now() + 20;
  for (let again = 0; again < 3; again++) deadline.follow(at);
  deadline.follow(null);
  deadline.follow(at + 60_000);
  deadline.follow(at);
  await until(() => calls.length > 0);
  const later = createDeadline(() => calls.push(Number.NaN));
  later.follow(performance.now() + 20);
  await until(() => calls.length > 1);
  assert.equal(calls.length, 2, "nothing else came meanwhile");
  assert.ok((calls[0] ?? 0) >= at);
});

test("a deadline that has passed comes in a later turn, and the same one may come again", async () => {
  const past = performance.now() - 1_000;
  let calls = 0;
  const deadline = createDeadline(() => calls++);
  for (let round = 1; round <= 2; round++) {
    deadline.follow(past);
    assert.equal(calls, round - 1);
    await until(() => calls === round);
  }
});

test("nothing comes of a deadline that was stopped", async () => {
  let calls = 0;
  const deadline = createDeadline(() => calls++);
  deadline.follow(performance.now() + 2);
  deadline.stop();
  const later = createDeadline(() => calls++);
  later.follow(performance.now() + 10);
  await until(() => calls === 1);
  assert.equal(calls, 1);
});

async function until(isSo: () => boolean): Promise<void> {
  for (const end = performance.now() + 5_000; !isSo();) {
    assert.ok(performance.now() < end, "in time");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
