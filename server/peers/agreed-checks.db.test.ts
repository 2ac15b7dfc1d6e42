import assert from "node:assert/strict";
import { after, test } from "node:test";
import { eq } from "drizzle-orm";
import { Registry } from "prom-client";
import type { AttemptOf } from "#contract/traces.ts";
import { createChanges } from "#store/changes.ts";
import { insertPeer } from "#store/peers.ts";
import { peerHealth } from "#store/schema.ts";
import { startWatching } from "#store/watching.ts";
import { openTestStore } from "#testing/database.ts";
import { buildPeerTrace } from "#testing/peer-traces.ts";
import { createChecks } from "./checks.ts";
import { createCheckMetrics } from "./metrics.ts";

// Hooks run in this order, and the database is dropped by the second.
after(() => changes.stop());
const store = await openTestStore();
const { db } = store;
const changes = createChanges(store, (error) => assert.fail(String(error)));
await changes.start();

const crossed: AttemptOf<"agreement"> = {
  ...{ kind: "agreement", id: "1.1", status: "ok", offsetMs: 0, durationMs: 640, source: "probe" },
  ...{ winner: true, message: null, link: { id: "link", name: "to acme" }, state: "up" },
  ...{ priority: 10, fallsBack: false, provenAt: "2026-11-21T00:01:00.000Z", roundTripMs: 640 },
  ...{ lastError: null, nextAttemptAt: null, certificate: null },
};

test("XEP-0361: a peer that is reached by agreement is checked by one ping across its link, and shown with its round trip", async () => {
  let at = Date.parse("2026-11-21T00:00:00.000Z");
  const now = () => new Date(at);
  const asked: boolean[] = [];
  const checks = createChecks({
    ...{ db, changes, nodeId: "node0001", now, random: () => 0.5, gatherMs: 1 },
    tracer: {
      async run({ domain, isBrief }) {
        asked.push(isBrief);
        const trace = buildPeerTrace({ domain });
        const steps = trace.steps.map((step) =>
          step.number === 1 ? { ...step, attempts: [crossed] } : step,
        );
        return { ...trace, steps };
      },
      save: async () => {},
    },
    ping: () => assert.fail("the trace has pinged already"),
    askOutside: () => Promise.resolve(false),
    judgeDates: () => null,
    metrics: createCheckMetrics({ registry: new Registry(), db }),
    onError: (error) => assert.fail(String(error)),
  });
  const peer = await db.transaction(async (tx) => {
    const terms = { stance: "trusted", createdBy: "test", checkIntervalSeconds: 60 } as const;
    const made = await insertPeer(tx, { domain: "acme.com", expects: "xmpp", ...terms });
    assert.ok(made);
    await startWatching(tx, made, now());
    return made;
  });
  at += 60_000;
  assert.equal(await checks.startDue(), 1);
  await checks.settled();
  assert.deepEqual(asked, [true]);
  const [health] = await db.select().from(peerHealth).where(eq(peerHealth.peerId, peer.id));
  assert.deepEqual([health?.state, health?.pingMs], ["up", 640]);
});
