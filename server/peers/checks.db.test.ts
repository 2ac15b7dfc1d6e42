import assert from "node:assert/strict";
import { after, test } from "node:test";
import { eq } from "drizzle-orm";
import { Registry } from "prom-client";
import { createChanges } from "#store/changes.ts";
import { deleteOldSamples } from "#store/checks.ts";
import { writeStates } from "#store/connections.ts";
import type { Database } from "#store/database.ts";
import { insertPeer } from "#store/peers.ts";
import {
  checkSamples,
  connections,
  domains,
  incidents,
  links,
  peerHealth,
  peers,
} from "#store/schema.ts";
import { restartCheck, startWatching } from "#store/watching.ts";
import { openTestStore } from "#testing/database.ts";
import { foundAt } from "#testing/peer-traces.ts";
import { emptyTables } from "#testing/empty-tables.ts";
import { createSimulatedPeers, type SimulatedAnswer } from "#testing/simulated-peers.ts";
import { createChecks } from "./checks.ts";
import { createCheckMetrics } from "./metrics.ts";

// Hooks run in this order, and the database is dropped by the second.
after(() => changes.stop());
const store = await openTestStore();
const { db } = store;
const changes = createChanges(store, (error) => assert.fail(String(error)));
await changes.start();

const MIDNIGHT = Date.parse("2026-11-21T00:00:00.000Z");
const refused: SimulatedAnswer = { network: "refused", findings: [foundAt(5, "tcp.refused")] };
const mute: SimulatedAnswer = { network: "silent", findings: [foundAt(5, "tcp.timeout")] };

/** A fresh night: no peers, links or incidents; peers answer as `answerOf` says. */
async function newNight(
  answerOf: (domain: string, count: number) => SimulatedAnswer,
  options: { db?: Database; isOutsideHeard?: () => boolean } = {},
) {
  await emptyTables(db, [incidents, connections, links, domains, peers]);
  const clock = { at: MIDNIGHT };
  const now = () => new Date(clock.at);
  const simulated = createSimulatedPeers(answerOf, now);
  const errors: string[] = [];
  const create = (nodeId: string, peersOfNode = simulated) =>
    createChecks({
      db: options.db ?? db,
      changes,
      nodeId,
      now,
      random: () => 0.5,
      gatherMs: 1,
      tracer: peersOfNode.tracer,
      ping: peersOfNode.ping,
      askOutside: () => Promise.resolve(options.isOutsideHeard?.() ?? false),
      judgeDates: () => null,
      metrics: createCheckMetrics({ registry: new Registry(), db }),
      onError: (error) => errors.push(String(error)),
    });
  const checks = create("node0001");

  async function add(domain: string, values: Partial<typeof peers.$inferInsert> = {}) {
    return db.transaction(async (tx) => {
      const peer = await insertPeer(tx, {
        domain,
        stance: "trusted",
        createdBy: "test",
        checkIntervalSeconds: 60,
        ...values,
      });
      assert.ok(peer);
      await startWatching(tx, peer, now());
      return peer.id;
    });
  }
  /** Lets the clock run in steps, with all that is due at each done before the next. */
  async function pass(minutes: number, stepSeconds = 15) {
    for (let seconds = 0; seconds < minutes * 60; seconds += stepSeconds) {
      clock.at += stepSeconds * 1_000;
      while ((await checks.startDue()) > 0) await checks.settled();
    }
  }
  const healthOf = async (id: string) => {
    const [row] = await db.select().from(peerHealth).where(eq(peerHealth.peerId, id));
    assert.ok(row);
    return row;
  };
  const allIncidents = () => db.select().from(incidents).orderBy(incidents.openedAt);
  return { clock, now, simulated, errors, checks, create, add, pass, healthOf, allIncidents };
}

const minuteOf = (date: Date | null) =>
  date === null ? null : Math.floor((date.getTime() - MIDNIGHT) / 60_000);

test("a night: why it failed, since when, its trace, and when it was back", async () => {
  const outage = { from: 0, until: 0 };
  const night = await newNight(() =>
    night.clock.at >= outage.from && night.clock.at < outage.until ? refused : {},
  );
  outage.from = MIDNIGHT + 12 * 60_000;
  outage.until = MIDNIGHT + 20 * 60_000;
  const id = await night.add("acme.com");
  await night.pass(11);
  assert.equal((await night.healthOf(id)).state, "up");
  assert.equal(night.simulated.saved.length, 1, "the first good trace is kept to compare with");
  await night.pass(7);
  const down = await night.healthOf(id);
  assert.deepEqual([down.state, down.cause?.code], ["down", "tcp.refused"]);
  const [open] = await night.allIncidents();
  assert.deepEqual([open?.kind, open?.subject, open?.closedAt], ["outage", "acme.com", null]);
  assert.equal(open?.cause.code, "tcp.refused");
  assert.equal(minuteOf(open?.openedAt ?? null), 12, "the first failure, not the confirming one");
  assert.equal(open?.traceId, down.lastTraceId);
  assert.ok(night.simulated.saved.some((trace) => trace.id === open?.traceId));
  await night.pass(4);
  const [closed, ...others] = await night.allIncidents();
  assert.deepEqual(others, []);
  assert.equal(minuteOf(closed?.closedAt ?? null), 20);
  const back = await night.healthOf(id);
  assert.deepEqual([back.state, back.cause, back.failuresInRow], ["up", null, 0]);
  assert.equal(back.lastGoodTraceId, back.lastTraceId);
  assert.equal(night.simulated.saved.length, 3, "one trace per change of state");
});

async function addLink(nodeId: string, state: string) {
  const [domain] = await db.insert(domains).values({ domain: "example.com" }).returning();
  const [link] = await db
    .insert(links)
    .values({
      kind: "component",
      domainId: domain?.id ?? "",
      name: "wave.example.com",
      host: "127.0.0.1",
      port: 5347,
      secretSealed: new Uint8Array(1),
    })
    .returning();
  const since = new Date(MIDNIGHT);
  const leaseUntil = new Date(MIDNIGHT + 86_400_000);
  const calm = { lastError: null, attempts: 0, nextAttemptAt: null };
  const of = { linkId: link?.id ?? "", remoteDomain: "", nodeId };
  const setState = (to: string) =>
    writeStates(db, [{ ...of, ...calm, state: to, since, leaseUntil }]);
  await setState(state);
  return setState;
}

test("samples are added up per hour and day as they are written", async () => {
  const night = await newNight((_, count) =>
    count % 10 === 9 ? refused : { durationMs: count + 1 },
  );
  await addLink("node0001", "attached");
  const id = await night.add("acme.com", { failuresUntilDown: 20 });
  await night.pass(90, 30);
  const total = night.simulated.counts.get("acme.com") ?? 0;
  assert.ok(total >= 85, `${total} checks`);
  const rows = await db
    .select()
    .from(checkSamples)
    .where(eq(checkSamples.peerId, id))
    .orderBy(checkSamples.span, checkSamples.startsAt);
  assert.deepEqual(
    rows.map(({ span, startsAt }) => [span, startsAt.toISOString().slice(11, 16)]),
    [
      ["day", "00:00"],
      ["hour", "00:00"],
      ["hour", "01:00"],
    ],
  );
  const [day, ...hours] = rows;
  const sum = (key: "up" | "down" | "discoverCount" | "pingMsSum") =>
    hours.reduce((all, row) => all + row[key], 0);
  assert.equal(day?.down, Math.floor(total / 10));
  assert.equal((day?.up ?? 0) + (day?.down ?? 0), total);
  for (const key of ["up", "down", "discoverCount", "pingMsSum"] as const)
    assert.equal(sum(key), day?.[key], key);
  assert.deepEqual(
    [day?.pingMsMax, day?.pingCount],
    [7, day?.up],
    "nobody is pinged who is not there",
  );
  assert.ok((day?.discoverMsMax ?? 0) >= total - 1);
});

test("samples older than their span is kept are removed", async () => {
  const night = await newNight(() => ({}));
  const id = await night.add("acme.com");
  await night.pass(1);
  const later = new Date(MIDNIGHT + 20 * 86_400_000);
  await deleteOldSamples(db, { hour: later, day: new Date(MIDNIGHT) });
  const rows = await db.select().from(checkSamples).where(eq(checkSamples.peerId, id));
  assert.deepEqual(
    rows.map(({ span }) => span),
    ["day"],
  );
});

test("two appliances share the peers: each check runs once", async () => {
  const night = await newNight(() => ({ afterMs: 20 }));
  const other = night.create("node0002");
  for (let index = 0; index < 60; index++) await night.add(`p${index}.example`);
  await Promise.all([night.checks.startDue(), other.startDue(), night.checks.startDue()]);
  await Promise.all([night.checks.settled(), other.settled()]);
  const counts = [...night.simulated.counts.values()];
  assert.equal(counts.length, 60);
  assert.deepEqual(
    counts.filter((count) => count !== 1),
    [],
  );
  assert.equal(night.errors.length, 0);
});

test("what a killed appliance had begun is taken up: by another after its claim, by itself at once", async () => {
  const night = await newNight(() => ({ afterMs: 3_600_000 }));
  const id = await night.add("acme.com");
  assert.equal(await night.checks.startDue(), 1);
  const second = createSimulatedPeers(() => ({}), night.now);
  const other = night.create("node0002", second);
  night.clock.at += 140_000;
  assert.equal(await other.startDue(), 0, "the claim holds");
  night.clock.at += 30_000;
  assert.equal(await other.startDue(), 1, "the claim has lapsed");
  await other.settled();
  assert.equal((await night.healthOf(id)).state, "up");

  // The killed one comes back under its own name and need not wait for its own claim.
  night.clock.at += 600_000;
  assert.equal(await night.checks.startDue(), 1);
  const reborn = night.create("node0001", second);
  assert.equal(await reborn.startDue(), 0);
  await reborn.start();
  while ((second.counts.get("acme.com") ?? 0) < 2)
    await new Promise((resolve) => setTimeout(resolve, 20));
  await reborn.stop();
  await night.checks.stop();
});

test("a result whose claim was lost, or whose terms changed meanwhile, is not counted", async () => {
  const slow = Promise.withResolvers<void>();
  const night = await newNight(() => ({}));
  const blocked = createSimulatedPeers(() => refused, night.now);
  const held = night.create("node0003", {
    ...blocked,
    tracer: {
      ...blocked.tracer,
      async run(input) {
        await slow.promise;
        return blocked.tracer.run(input);
      },
    },
  });
  const id = await night.add("acme.com", { failuresUntilDown: 1 });
  assert.equal(await held.startDue(), 1);
  await restartCheck(db, id, night.now());
  assert.equal(await night.checks.startDue(), 1, "on the new terms at once");
  await night.checks.settled();
  slow.resolve();
  await held.settled();
  const health = await night.healthOf(id);
  assert.deepEqual([health.state, health.failuresInRow], ["up", 0]);
  const [day] = await db.select().from(checkSamples).where(eq(checkSamples.peerId, id));
  assert.deepEqual([day?.up, day?.down], [1, 0]);
});

test("with our link gone all peers are unknown: one incident of ours, none of theirs, no trace", async () => {
  const night = await newNight(() => ({}));
  const setState = await addLink("node0001", "waiting");
  const ids = [await night.add("a.example"), await night.add("b.example")];
  await night.pass(2);
  assert.deepEqual(await night.allIncidents(), [], "never attached: it is being set up");
  await setState("attached");
  const before = night.simulated.saved.length;
  await setState("waiting");
  await night.pass(10);
  for (const id of ids) {
    const health = await night.healthOf(id);
    assert.deepEqual([health.state, health.cause?.code], ["unknown", "link.down"]);
    assert.equal(health.knownState, "up");
  }
  const counted = new Map(night.simulated.counts);
  await night.pass(5);
  assert.deepEqual(night.simulated.counts, counted, "nobody is asked while we cannot look");
  assert.deepEqual(
    (await night.allIncidents()).map(({ kind, subject, closedAt }) => [kind, subject, closedAt]),
    [["our_side", "wave.example.com", null]],
  );
  await setState("attached");
  await night.pass(2);
  for (const id of ids) assert.equal((await night.healthOf(id)).state, "up");
  const [incident, ...others] = await night.allIncidents();
  assert.deepEqual(others, []);
  assert.notEqual(incident?.closedAt, null);
  assert.equal(night.simulated.saved.length, before, "nothing about the peers has changed");
});

test("a link that another appliance holds leaves the checks to it", async () => {
  const night = await newNight(() => ({}));
  await addLink("node0002", "attached");
  await night.add("a.example");
  await night.pass(2);
  assert.equal(night.simulated.counts.size, 0);
  assert.equal(await night.create("node0002").startDue(), 1);
});

test("cut off from the network: one incident of ours, no peer is called down, and it ends by itself", async () => {
  const cut = { is: false };
  const night = await newNight(() => (cut.is ? mute : {}));
  const ids: string[] = [];
  for (let index = 0; index < 8; index++)
    ids.push(await night.add(`p${index}.example`, { checkIntervalSeconds: 300 }));
  await night.pass(6);
  cut.is = true;
  await night.pass(20);
  const states = await Promise.all(ids.map(async (id) => (await night.healthOf(id)).state));
  assert.deepEqual(new Set(states), new Set(["unknown"]));
  assert.deepEqual(
    (await night.allIncidents()).map(({ kind, cause }) => [kind, cause.code]),
    [["our_side", "our_side.network"]],
  );
  cut.is = false;
  await night.pass(3);
  const later = await Promise.all(ids.map(async (id) => (await night.healthOf(id)).state));
  assert.deepEqual(new Set(later), new Set(["up"]));
  const [incident, ...others] = await night.allIncidents();
  assert.deepEqual(others, []);
  assert.notEqual(incident?.closedAt, null);
});

test("cut off, and then another appliance has the link, or no peer is left: our incident ends", async () => {
  const cut = { is: false };
  const night = await newNight(() => (cut.is ? mute : {}));
  const ids = [await night.add("a.example"), await night.add("b.example")];
  const openOnes = async () =>
    (await night.allIncidents())
      .filter(({ closedAt }) => closedAt === null)
      .map(({ cause }) => cause.code);
  const cutOff = async () => {
    cut.is = false;
    await night.pass(3);
    cut.is = true;
    await night.pass(6);
    assert.deepEqual(await openOnes(), ["our_side.network"]);
  };
  await addLink("node0001", "attached");
  await cutOff();
  await db.update(connections).set({ nodeId: "node0002" });
  await night.pass(1);
  assert.deepEqual(await openOnes(), []);
  await db.update(connections).set({ nodeId: "node0001" });
  await cutOff();
  for (const id of ids) await db.delete(peers).where(eq(peers.id, id));
  await night.pass(1);
  assert.deepEqual(await openOnes(), []);
});

test("one peer that falls silent while others answer is down, with few peers and rare checks too", async () => {
  const night = await newNight((domain) => (domain === "p0.example" && cut.is ? mute : {}));
  const cut = { is: false };
  const id = await night.add("p0.example");
  for (let index = 1; index < 4; index++)
    await night.add(`p${index}.example`, { checkIntervalSeconds: 7_200 });
  await night.pass(3);
  cut.is = true;
  await night.pass(6);
  assert.equal((await night.healthOf(id)).state, "down");
  assert.deepEqual(
    (await night.allIncidents()).map(({ kind, subject }) => [kind, subject]),
    [["outage", "p0.example"]],
  );
});

test("peers that share one fate are down, not we, as long as somebody else outside answers", async () => {
  const gone = { are: false };
  const night = await newNight(() => (gone.are ? mute : {}), { isOutsideHeard: () => true });
  const ids = [await night.add("a.example"), await night.add("b.example")];
  await night.pass(3);
  gone.are = true;
  await night.pass(6);
  for (const id of ids) assert.equal((await night.healthOf(id)).state, "down");
  assert.deepEqual(
    (await night.allIncidents()).map(({ kind }) => kind),
    ["outage", "outage"],
  );
});

test("the database away: checks pause, what was finished is kept and written when it is back", async () => {
  const away = { is: false };
  const flaky = new Proxy(db, {
    get(target, key, receiver) {
      if (away.is && (key === "transaction" || key === "execute" || key === "select"))
        return () => {
          throw Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
        };
      const value: unknown = Reflect.get(target, key, receiver);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const night = await newNight(() => ({ afterMs: 30 }), { db: flaky });
  const id = await night.add("acme.com");
  assert.equal(await night.checks.startDue(), 1);
  away.is = true;
  await assert.rejects(night.checks.startDue(), /ECONNREFUSED/);
  const settled = night.checks.settled();
  while (night.errors.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  away.is = false;
  await settled;
  assert.equal((await night.healthOf(id)).state, "up");
});

test("a tracer that throws or hangs costs its own check only", { timeout: 30_000 }, async () => {
  const night = await newNight(() => ({}));
  const bad = await night.add("bad.example");
  const good = await night.add("good.example");
  const { tracer } = night.simulated;
  const checks = night.create("node0001", {
    ...night.simulated,
    tracer: {
      ...tracer,
      run: (input) =>
        input.domain === "bad.example"
          ? Promise.reject(new Error("a bug in the resolver"))
          : tracer.run(input),
    },
  });
  assert.equal(await checks.startDue(), 2);
  await checks.settled();
  assert.equal((await night.healthOf(good)).state, "up");
  const health = await night.healthOf(bad);
  assert.deepEqual([health.state, health.cause?.code], ["unknown", "health.unexplained"]);
  assert.deepEqual(night.errors, ["Error: a bug in the resolver"]);

  const stuck = night.create("node0001", {
    ...night.simulated,
    tracer: { ...tracer, run: () => new Promise(() => {}) },
  });
  night.clock.at += 600_000;
  assert.equal(await stuck.startDue(), 2);
  await stuck.stop();
  const [claimed] = await db.select().from(peerHealth).where(eq(peerHealth.claimedBy, "node0001"));
  assert.equal(claimed, undefined, "stopping gives the claims back");
});
