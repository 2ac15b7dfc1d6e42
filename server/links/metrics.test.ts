import assert from "node:assert/strict";
import { test } from "node:test";
import { Registry } from "prom-client";
import type { LinkStatus } from "./link.ts";
import { registerLinkMetrics } from "./metrics.ts";
import { createTrafficCounters } from "./traffic.ts";

test("metrics tell of each link, count stanzas and bytes both ways, and streams by direction and state", async () => {
  const registry = new Registry();
  const traffic = createTrafficCounters();
  const status = (state: LinkStatus["state"], attempts: number): LinkStatus => ({
    state,
    attempts,
    since: new Date(0),
    lastError: null,
    nextAttemptAt: null,
  });
  registerLinkMetrics(registry, {
    statuses: () => [
      { name: "wave.example.com", status: status("attached", 0) },
      { name: "wave.other.org", status: status("waiting", 3) },
    ],
    totals: traffic.totals,
    native: { standings: () => [{ direction: "in", state: "open" }], unproven: () => 3 },
    x2x: { unproven: () => 1, bombs: () => 2 },
  });
  traffic.count("l", "a.b", "in", 100, new Date());
  traffic.count("l", "a.b", "dropped", 50, new Date());
  traffic.count("l", "a.b", "out", 7, new Date());
  traffic.take();
  await registry.metrics();
  const text = await registry.metrics();
  assert.match(text, /wavegate_link_attached\{link="wave\.example\.com"\} 1/);
  assert.match(text, /wavegate_link_attached\{link="wave\.other\.org"\} 0/);
  assert.match(text, /wavegate_link_failed_attempts\{link="wave\.other\.org"\} 3/);
  assert.match(text, /wavegate_stanzas_total\{direction="in"\} 2/);
  assert.match(text, /wavegate_stanza_bytes_total\{direction="out"\} 7/);
  assert.match(text, /wavegate_stanzas_dropped_total 1/);
  assert.match(text, /wavegate_streams\{direction="in",state="open"\} 1/);
  assert.match(text, /wavegate_streams\{direction="out",state="open"\} 0/);
  assert.match(text, /wavegate_stanzas_unproven_total 4/);
  assert.match(text, /wavegate_x2x_bombs_total 2/);
});
