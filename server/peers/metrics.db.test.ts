import assert from "node:assert/strict";
import { test } from "node:test";
import { Registry } from "prom-client";
import type { Database } from "#store/database.ts";
import { openIncidents } from "#store/incidents.ts";
import { insertPeer } from "#store/peers.ts";
import { peerHealth } from "#store/schema.ts";
import { openTestStore } from "#testing/database.ts";
import { createCheckMetrics } from "./metrics.ts";

const { db } = await openTestStore();

test("peers, their certificates and incidents are read at each scrape; a database away ends no scrape", async () => {
  const notAfter = new Date("2027-01-01T00:00:00.000Z");
  for (const state of ["up", "degraded", "down", "unknown"] as const) {
    const peer = await insertPeer(db, {
      domain: `${state}.example`,
      stance: "trusted",
      createdBy: "test",
    });
    assert.ok(peer);
    await db
      .insert(peerHealth)
      .values({ peerId: peer.id, state, certificateNotAfter: state === "up" ? notAfter : null });
  }
  await insertPeer(db, { domain: "bad.example", stance: "blocked", createdBy: "test" });
  await openIncidents(db, [
    {
      kind: "outage",
      peerId: null,
      subject: "down.example",
      openedAt: new Date(),
      closedAt: null,
      cause: { code: "tcp.refused", params: {}, owner: "peer", severity: "error" },
      traceId: null,
    },
  ]);
  let isAway = false;
  const flaky = new Proxy(db, {
    get(target, key, receiver) {
      if (isAway && key === "select") throw new Error("connect ECONNREFUSED");
      const value: unknown = Reflect.get(target, key, receiver);
      return typeof value === "function" ? value.bind(target) : value;
    },
  }) as Database;
  const registry = new Registry();
  const metrics = createCheckMetrics({ registry, db: flaky });
  metrics.started(0.2, 3);
  metrics.finished("down", 1.5);
  metrics.opened("outage");
  const text = await registry.metrics();
  for (const line of [
    'wavegate_peers{state="up"} 1',
    'wavegate_peers{state="blocked"} 1',
    'wavegate_peer_up{peer="up.example"} 1',
    'wavegate_peer_up{peer="degraded.example"} 1',
    'wavegate_peer_up{peer="down.example"} 0',
    `wavegate_peer_certificate_not_after_seconds{peer="up.example"} ${notAfter.getTime() / 1_000}`,
    'wavegate_incidents_open{kind="outage"} 1',
    'wavegate_incidents_open{kind="our_side"} 0',
    'wavegate_checks_total{result="down"} 1',
    'wavegate_checks_total{result="up"} 0',
    'wavegate_incidents_total{kind="outage"} 1',
    "wavegate_checks_in_progress 3",
    "wavegate_check_lateness_seconds_count 1",
  ])
    assert.ok(text.split("\n").includes(line), `${line}\n${text}`);
  assert.doesNotMatch(text, /wavegate_peer_up\{peer="(unknown|bad)\.example"/);

  isAway = true;
  const without = await registry.metrics();
  assert.match(without, /wavegate_checks_total\{result="down"\} 1/);
  assert.doesNotMatch(without, /wavegate_peer_up\{/);
});
