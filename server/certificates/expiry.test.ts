import assert from "node:assert/strict";
import { test } from "node:test";
import { expiryLevel } from "./expiry.ts";

const day = 86_400_000;
const level = (lifetimeDays: number, leftDays: number) => {
  const notBefore = new Date("2026-01-01T00:00:00Z");
  const notAfter = new Date(notBefore.getTime() + lifetimeDays * day);
  return expiryLevel(notBefore, notAfter, new Date(notAfter.getTime() - leftDays * day));
};

test("90 days: warned at 30, alarmed at 15, again at one", () => {
  assert.deepEqual(
    [90, 31, 30, 16, 15, 2, 1, 0.5, 0, -1].map((left) => level(90, left)),
    [null, null, "third", "third", "sixth", "sixth", "day", "day", "day", null],
  );
});

test("6 days: warned at half, not at a third", () => {
  assert.deepEqual(
    [3.1, 3, 1.5, 1.01, 1].map((left) => level(6, left)),
    [null, "third", "third", "third", "day"],
  );
});

test("10 days and 10 years: by share, never by a fixed number", () => {
  assert.deepEqual(
    [4, 3.3, 1.6].map((left) => level(10, left)),
    [null, "third", "sixth"],
  );
  assert.deepEqual(
    [1300, 1200, 600].map((left) => level(3650, left)),
    [null, "third", "sixth"],
  );
});

test("a certificate for less than two days is not alarming from birth", () => {
  assert.deepEqual(
    [1, 0.6, 0.5].map((left) => level(1, left)),
    [null, null, "day"],
  );
});
