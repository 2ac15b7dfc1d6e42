import assert from "node:assert/strict";
import { test } from "node:test";
import type { HealthState, Peer } from "#contract/peers.ts";
import { confirmingOf } from "./confirming.ts";

const after = (state: HealthState, failuresInRow: number, badInRow: number) =>
  confirmingOf({
    failuresUntilDown: 3,
    health: { state, failuresInRow, badInRow, cause: { code: "tcp.refused" } } as Peer["health"],
  });

test("a state that the last checks do not bear out says how far the next one is", () => {
  assert.deepEqual(after("up", 1, 1), { state: "up", next: "down", count: 1, limit: 3 });
  assert.deepEqual(after("up", 0, 1), { state: "up", next: "degraded", count: 1, limit: 3 });
  assert.deepEqual(after("up", 1, 2), { state: "up", next: "degraded", count: 2, limit: 3 });
  assert.deepEqual(after("degraded", 2, 5), {
    state: "degraded",
    next: "down",
    count: 2,
    limit: 3,
  });
  assert.deepEqual(after("unknown", 1, 1)?.state, "unknown");
});

test("a state that says all is not explained", () => {
  assert.equal(after("down", 3, 3), null);
  assert.equal(after("degraded", 0, 4), null);
  assert.equal(after("unknown", 0, 0), null);
  assert.equal(confirmingOf({ failuresUntilDown: 3, health: null }), null);
});
