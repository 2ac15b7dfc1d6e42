import assert from "node:assert/strict";
import { test } from "node:test";
import { runCheckLoad } from "#testing/check-load.ts";
import { openTestStore } from "#testing/database.ts";

const store = await openTestStore();

test(
  "300 peers every 5 s: none is checked an interval late, none is forgotten",
  { timeout: 60_000 },
  async () => {
    const load = await runCheckLoad({ store, peers: 300, intervalSeconds: 5, seconds: 7 });
    assert.equal(load.errors, 0);
    assert.ok(load.latestSeconds < 5, `${load.latestSeconds} s late`);
    assert.ok(load.checks >= 300, `${load.checks} checks`);
    const { rows } = await store.pool.query<{ peers: string; claimed: string; samples: string }>(
      `select count(*) as peers, count(claimed_by) as claimed,
      (select sum(up + degraded + down + unknown) from check_samples where span = 'day') as samples
     from peer_health where last_check_at is not null`,
    );
    assert.equal(Number(rows[0]?.peers), 300);
    assert.equal(Number(rows[0]?.claimed), 0, "stopping gives claims back");
    assert.ok(Number(rows[0]?.samples) >= 300 * 0.98, `${rows[0]?.samples} samples`);
  },
);
