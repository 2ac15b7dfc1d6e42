import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, test } from "node:test";
import { and, eq, ne } from "drizzle-orm";
import { createChanges } from "#store/changes.ts";
import {
  addTraffic,
  listConnections,
  listEvents,
  pruneConnections,
  renewConnections,
} from "#store/connections.ts";
import { connections } from "#store/schema.ts";
import { deleteDomain, insertDomain } from "#store/domains.ts";
import { findLink, insertLink } from "#store/links.ts";
import { openTestStore } from "#testing/database.ts";
import { createLedger } from "./ledger.ts";
import { createTrafficCounters } from "./traffic.ts";

// Hooks run in the order of their registration: what uses the database ends before it.
after(() => changes.stop());
const store = await openTestStore();
const { db } = store;
const changes = createChanges(store, (error) => {
  throw error;
});
await changes.start();

let count = 0;
async function makeLink() {
  const domain = await insertDomain(db, { domain: `d${++count}.example` });
  assert(domain);
  const link = await insertLink(
    db,
    {
      id: randomUUID(),
      kind: "component",
      domainId: domain.id,
      name: `wave.${domain.domain}`,
      host: "127.0.0.1",
      port: 5347,
      secretSealed: new Uint8Array(1),
      isEnabled: false,
    },
    "wave",
  );
  assert(link);
  return { id: link.id, domainId: domain.id };
}

async function until<T>(
  what: string,
  find: () => Promise<T | null | undefined | false>,
): Promise<T> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const found = await find();
    if (found !== null && found !== undefined && found !== false) return found;
    assert(performance.now() < deadline, `waited 10 s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const liveOf = async (id: string) => (await findLink(db, id))?.live ?? null;

test("while the database is away states wait and counts are kept; nothing is lost but time", async () => {
  const { id } = await makeLink();
  let isAway = true;
  const flaky = new Proxy(db, {
    get(target, property) {
      if (isAway && (property === "transaction" || property === "execute"))
        return () => Promise.reject(new Error("away"));
      const value: unknown = Reflect.get(target, property);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const errors: unknown[] = [];
  const traffic = createTrafficCounters();
  const ledger = createLedger({
    db: flaky,
    changes,
    nodeId: "node0001",
    traffic,
    now: () => new Date(),
    onError: (error) => void errors.push(error),
    leaseMs: 60_000,
    flushMs: 10,
  });
  await ledger.start();
  after(() => ledger.stop());
  const status = { since: new Date(), lastError: null, attempts: 0, nextAttemptAt: null };
  ledger.linkChanged(id, { ...status, state: "attached" });
  traffic.count(id, "acmewave.com", "in", 10, new Date());
  await until("failures", async () => errors.length >= 4);
  ledger.linkChanged(id, { ...status, state: "waiting" });
  isAway = false;
  const live = await until("the last state", async () => {
    const row = await liveOf(id);
    return row?.state === "waiting" && row.stanzasIn === 1 ? row : null;
  });
  assert.equal(live.bytesIn, 10);
  const { rows } = await listEvents(db, { linkId: id, remoteDomain: "" }, { limit: 5 });
  assert.deepEqual(
    rows.map((row) => row.toState),
    ["waiting", "attached"],
  );
});

test("quiet domains become idle and active again; what was quiet for a season is forgotten", async () => {
  const { id, domainId } = await makeLink();
  const at = { nodeId: "node0009", now: new Date(), leaseUntil: new Date(Date.now() + 60_000) };
  const counts = (lastActivityAt: Date) => [
    {
      linkId: id,
      remoteDomain: "quiet.org",
      stanzasIn: 1,
      stanzasOut: 0,
      bytesIn: 1,
      bytesOut: 0,
      dropped: 1,
      lastActivityAt,
    },
  ];
  const state = async () => {
    const { rows } = await listConnections(
      db,
      { linkId: id, now: new Date() },
      { sort: "-activity", after: null, limit: 5 },
    );
    return rows[0]?.connection.state;
  };
  await addTraffic(db, counts(new Date(Date.now() - 3600_000)), at);
  assert.equal(await state(), "active");
  await renewConnections(db, { ...at, linkIds: [id], idleSince: new Date(Date.now() - 600_000) });
  assert.equal(await state(), "idle");
  await addTraffic(db, counts(new Date()), at);
  assert.equal(await state(), "active");
  await pruneConnections(db, new Date(Date.now() + 1000));
  assert.equal(await state(), undefined);
  await deleteDomain(db, domainId);
  await addTraffic(db, counts(new Date()), at);
  assert.equal(await state(), undefined, "counts of a deleted link are left out");
});

test("invented domains fill no more rows than are kept, the latest ones", async () => {
  const { id } = await makeLink();
  const traffic = createTrafficCounters(2_000, 30);
  const from = Date.now();
  const flush = () =>
    addTraffic(db, traffic.take(), {
      nodeId: "node0001",
      now: new Date(from),
      leaseUntil: new Date(from + 60_000),
    });
  const domains = async () =>
    (
      await db
        .select({ name: connections.remoteDomain })
        .from(connections)
        .where(and(eq(connections.linkId, id), ne(connections.remoteDomain, "")))
    ).map(({ name }) => name);
  for (let name = 0; name < 90; name++) {
    traffic.count(id, `n${name}.example`, "dropped", 10, new Date(from + name));
    if (name % 20 === 0) await flush();
  }
  await flush();
  assert.equal((await domains()).length, 30);
  await pruneConnections(db, new Date(from - 1000), 5);
  assert.deepEqual(
    (await domains()).toSorted(),
    [25, 26, 27, 28, 29].map((name) => `n${name}.example`),
  );
  traffic.count(id, "late.example", "in", 10, new Date(from + 100));
  await flush();
  assert.equal((await domains()).length, 5);
  traffic.readmit();
  traffic.count(id, "late.example", "in", 10, new Date(from + 100));
  await flush();
  assert.ok((await domains()).includes("late.example"));
});

/** A ledger whose transactions are counted. */
async function countingLedger() {
  let transactions = 0;
  const counting = new Proxy(db, {
    get(target, property) {
      if (property === "transaction") transactions++;
      const value: unknown = Reflect.get(target, property);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const ledger = createLedger({
    db: counting,
    changes,
    nodeId: "node0001",
    traffic: createTrafficCounters(),
    now: () => new Date(),
    onError(error) {
      throw error;
    },
    leaseMs: 60_000,
  });
  await ledger.start();
  after(() => ledger.stop());
  return { ledger, transactions: () => transactions };
}

test("a thousand streams opened at once are a few transactions, with the last state of each and their history", async () => {
  const { id } = await makeLink();
  const { ledger, transactions } = await countingLedger();
  const status = {
    since: new Date(),
    lastError: null,
    attempts: 0,
    nextAttemptAt: null,
    queuedStanzas: 0,
    queuedBytes: 0,
  };
  for (const state of ["connecting", "open"] as const)
    for (let index = 0; index < 1_000; index++)
      ledger.routeChanged(id, `d${index}.example`, { ...status, state });
  const active = async () =>
    (
      await db
        .select({ name: connections.remoteDomain })
        .from(connections)
        .where(and(eq(connections.linkId, id), eq(connections.state, "active")))
    ).length;
  await until("all states", async () => (await active()) === 1_000);
  assert.ok(transactions() <= 6, `${transactions()} transactions`);
  const { total } = await listEvents(
    db,
    { linkId: id, remoteDomain: "d999.example" },
    { limit: 5 },
  );
  assert.equal(total, 1);
});

test("a claim that was not believed is told once for each cause, under the domain that was claimed", async () => {
  const { id } = await makeLink();
  const { ledger } = await countingLedger();
  const finding = (reason: string) =>
    ({
      code: "s2s.dialback_refused",
      params: { domain: "far.example", to: "home.example", reason, cause: "" },
      owner: "peer",
      severity: "error",
    }) as const;
  for (const reason of ["invalid", "invalid", "remote-server-timeout", "invalid"])
    ledger.claimRejected(id, "far.example", finding(reason));
  for (let index = 0; index < 1_000; index++)
    ledger.claimRejected(id, `invented${index}.example`, finding("invalid"));
  const history = () => listEvents(db, { linkId: id, remoteDomain: "far.example" }, { limit: 5 });
  await until("the history", async () => (await history()).total >= 2);
  const { rows } = await history();
  assert.deepEqual(
    rows.map(({ toState, detail }) => [toState, detail?.params["reason"]]),
    [
      ["rejected", "remote-server-timeout"],
      ["rejected", "invalid"],
    ],
  );
  const page = { sort: "name", after: null, limit: 1 };
  const listed = () => listConnections(db, { linkId: id, kind: "domain", now: new Date() }, page);
  await until("what else was told", async () => (await listed()).total >= 199);
  assert.equal((await listed()).total, 199, "two hundred in ten minutes");
});

test("a link that is taken anew begins with idle domains, and what fails then is told again", async () => {
  const { id } = await makeLink();
  const { ledger } = await countingLedger();
  const stateOf = async () => {
    const ofDomain = and(eq(connections.linkId, id), eq(connections.remoteDomain, "far.example"));
    return (await db.select().from(connections).where(ofDomain))[0]?.state;
  };
  const error = { condition: "remote-server-timeout", text: null };
  ledger.reachabilityNoted(id, "far.example", error);
  await until("the failure", async () => (await stateOf()) === "failing");
  await ledger.linkTaken(id);
  assert.equal(await stateOf(), "idle");
  ledger.reachabilityNoted(id, "far.example", error);
  await until("the next failure", async () => (await stateOf()) === "failing");
  const of = { linkId: id, remoteDomain: "far.example" };
  assert.equal((await listEvents(db, of, { limit: 5 })).total, 2);
});
