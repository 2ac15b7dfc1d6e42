import assert from "node:assert/strict";
import { test } from "node:test";
import { daysFrom, groupDays, overallShare, toneOf } from "./days.ts";

const today = Date.parse("2026-11-21T10:00:00Z");
const span = (startsAt: string, up: number, down: number, degraded = 0) => ({
  startsAt,
  up,
  down,
  degraded,
  unknown: 0,
  discoverMs: null,
  pingMs: null,
});

test("ninety days end today; a day without checks has no share, not a bad one", () => {
  const days = daysFrom(
    [span("2026-11-21T00:00:00.000Z", 3, 1)],
    ["2026-11-21T03:12:00.000Z"],
    today,
  );
  assert.equal(days.length, 90);
  assert.equal(days[0]?.from, "2026-08-24");
  assert.deepEqual(days.at(-1), {
    from: "2026-11-21",
    to: "2026-11-21",
    share: 0.75,
    isDegraded: false,
    incidents: 1,
  });
  assert.equal(days[88]?.share, null);
});

test("checks of our own bad side count for nothing", () => {
  const days = daysFrom([{ ...span("2026-11-20T00:00:00.000Z", 0, 0), unknown: 200 }], [], today);
  assert.equal(days[88]?.share, null);
});

test("where there is no room, days are joined, and none is lost", () => {
  const days = daysFrom(
    [span("2026-11-21T00:00:00.000Z", 1, 1), span("2026-11-20T00:00:00.000Z", 1, 0)],
    ["2026-11-20T01:00:00.000Z"],
    today,
  );
  const bars = groupDays(days, 45);
  assert.equal(bars.length, 45);
  assert.deepEqual(bars.at(-1), {
    from: "2026-11-20",
    to: "2026-11-21",
    share: 0.75,
    isDegraded: false,
    incidents: 1,
  });
  const uneven = groupDays(days, 40);
  assert.ok(uneven.length <= 40);
  assert.equal(uneven.at(-1)?.to, "2026-11-21");
  assert.equal(uneven[0]?.from, "2026-08-24");
  assert.equal(groupDays(days, 200).length, 90);
});

test("a day is green only if every check was well", () => {
  assert.equal(toneOf({ share: 1, isDegraded: false }), "ok");
  assert.equal(toneOf({ share: 1, isDegraded: true }), "warning");
  assert.equal(toneOf({ share: 0.97, isDegraded: false }), "warning");
  assert.equal(toneOf({ share: 0.5, isDegraded: false }), "failed");
  assert.equal(toneOf({ share: null, isDegraded: false }), "none");
});

test("the overall share leaves out days without measurement", () => {
  const days = daysFrom([span("2026-11-21T00:00:00.000Z", 1, 1)], [], today);
  assert.equal(overallShare(days), 0.5);
  assert.equal(overallShare(daysFrom([], [], today)), null);
});
