import assert from "node:assert/strict";
import { test } from "node:test";
import { createPace } from "./pace.ts";

test("RFC 6120 §13.12: a burst of five seconds' worth passes, then the rate holds", () => {
  const pace = createPace(() => 100);
  assert.equal(pace.take(500, 0), 0);
  assert.equal(pace.take(1, 0), 10);
  assert.equal(pace.take(99, 1_000), 0);
  assert.equal(pace.take(50, 1_000), 500);
});

test("an idle peer gets no more than one burst back, and a changed rate counts at once", () => {
  let rate: number | null = 10;
  const pace = createPace(() => rate);
  pace.take(50, 0);
  assert.equal(pace.take(51, 3_600_000), 100);
  rate = null;
  assert.equal(pace.take(1_000_000, 3_600_000), 0);
});
