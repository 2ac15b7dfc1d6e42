import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, test } from "node:test";
import type { X2xAgreement } from "#contract/x2x.ts";
import { createChanges } from "#store/changes.ts";
import { insertDomain } from "#store/domains.ts";
import { insertLink } from "#store/links.ts";
import { releaseLease, takeLease } from "#store/nodes.ts";
import { insertX2xLink } from "#store/x2x.ts";
import type { Database } from "#store/database.ts";
import { nodes } from "#store/schema.ts";
import { openTestStore } from "#testing/database.ts";
import { leaseNameOf } from "../lease-name.ts";
import { createX2xKeeper } from "./keeper.ts";
import type { X2xTerms } from "./terms.ts";

after(() => changes.stop());
const store = await openTestStore();
const { db } = store;
const changes = createChanges(store, (error) => {
  throw error;
});
await changes.start();

/** A name that is federated natively, held by a node. */
async function nativeName(name: string, nodeId: string): Promise<string> {
  const domain = await insertDomain(db, { domain: name, pingTarget: null });
  assert(domain);
  const id = randomUUID();
  const row = { id, kind: "s2s", domainId: domain.id, name, isEnabled: true } as const;
  assert(await insertLink(db, row, "plain"));
  await holdFor(id, nodeId);
  return id;
}

function holdFor(linkId: string, nodeId: string): Promise<boolean> {
  const expiresAt = new Date(Date.now() + 60_000);
  return takeLease(db, { name: leaseNameOf(linkId), nodeId, now: new Date(), expiresAt });
}

async function agreedLink(name: string, domains: readonly string[]): Promise<string> {
  const opens = { knownBy: "implicit" as const, addresses: [], port: null, hostName: null };
  const side = { listens: null, opens: null, certificate: null };
  const agreement: X2xAgreement = {
    ...{
      version: "0.3",
      security: "plain",
      connections: "shared",
      onInvalid: "close",
      compression: "none",
    },
    ...{ maxStanzaBytes: 65_536, keepaliveSeconds: null, idleSeconds: 600, language: null },
    sides: [
      { ...side, domains: [...domains], opens },
      { ...side, domains: [`${name}.peer.example`], listens: { host: "127.0.0.1", port: 9 } },
    ],
  };
  const row = await insertX2xLink(db, { id: randomUUID(), name, agreement });
  assert(row);
  return row.id;
}

/** One appliance's keeper, and what it was told to set up. */
function startNode(
  nodeId: string,
  configured: () => Promise<void> = async () => {},
  more: { readonly db?: Database; readonly onError?: (error: unknown) => void } = {},
) {
  let links: readonly X2xTerms[] = [];
  let moved = 0;
  const keeper = createX2xKeeper({
    ...{ db, changes, nodeId, leaseMs: 900 },
    x2x: {
      configure(next) {
        links = next;
        return configured();
      },
      statuses: () => [],
    },
    loginCost: () => null,
    onMoved: () => moved++,
    now: () => new Date(),
    onError: (error) => assert.fail(String(error)),
    ...more,
  });
  return { ...keeper, links: () => links.map(({ name }) => name).toSorted(), moved: () => moved };
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (const end = performance.now() + 10_000; !holds();) {
    assert(performance.now() < end, `waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test("an X2X link and all the names that it speaks for are on one appliance: where the first of them is", async () => {
  const names = [
    await nativeName("a.ours.example", "node0002"),
    await nativeName("b.ours.example", "node0001"),
  ];
  await nativeName("c.ours.example", "node0001");
  await agreedLink("both", ["a.ours.example", "b.ours.example"]);
  await agreedLink("second", ["b.ours.example"]);
  const [one, other] = [startNode("node0001"), startNode("node0002")];
  await one.start();
  assert.deepEqual(one.links(), [], "it waits for whoever has the names");
  assert.deepEqual(
    [one.mayServe("a.ours.example"), one.mayServe("b.ours.example")],
    [false, false],
  );
  assert.equal(one.moved(), 1, "b is to be let go");
  assert.equal(one.mayServe("c.ours.example"), true, "nothing was agreed for it");
  await other.start();
  assert.deepEqual(other.links(), ["both", "second"]);
  assert.equal(other.mayServe("b.ours.example"), true);

  await other.stop();
  for (const id of names) await releaseLease(db, leaseNameOf(id), "node0002");
  await until("the other appliance to take all", () => one.links().length === 2);
  assert.equal(one.mayServe("a.ours.example"), true);
  assert.equal(one.moved(), 2);
  await one.stop();
});

test("a link's lease is renewed while connections of what was changed are still closing", async () => {
  const id = await agreedLink("slow", ["slow.ours.example"]);
  const closed = Promise.withResolvers<void>();
  const node = startNode("node0003", () => closed.promise);
  const started = node.start();
  await until("the link", () => node.links().includes("slow"));
  const end = performance.now() + 2_000;
  await until("more than the time of a lease", () => performance.now() > end);
  const expiresAt = new Date(Date.now() + 60_000);
  const lease = { name: `x2x/${id}`, nodeId: "node0004", now: new Date(), expiresAt };
  assert.equal(await takeLease(db, lease), false);
  closed.resolve();
  await started;
  await node.stop();
});

/** The same database, until it `fails` at once or `hangs`. */
function unreliable() {
  let is: "there" | "failing" | "hanging" = "there";
  let hanging: ((error: Error) => void)[] = [];
  const isAway = new Error("the database is away");
  const never: object = new Proxy(() => never, {
    get: (_target, key) =>
      key === "then" ? (_: unknown, reject: (error: Error) => void) => hanging.push(reject) : never,
  });
  return {
    db: new Proxy(db, {
      get(target, key, receiver) {
        if (is === "failing") throw isAway;
        return is === "hanging" ? never : Reflect.get(target, key, receiver);
      },
    }),
    be(next: typeof is) {
      is = next;
      for (const reject of hanging) reject(isAway);
      hanging = [];
    },
  };
}

test("without the database for a whole lease an X2X link and its names are let go, if there is another appliance", async () => {
  await agreedLink("let go", ["let-go.ours.example"]);
  const at = { startedAt: new Date(), seenAt: new Date(), software: "", host: "" };
  for (const how of ["failing", "hanging"] as const) {
    const store = unreliable();
    const errors: unknown[] = [];
    const node = startNode("node0005", undefined, {
      db: store.db,
      onError: (error) => errors.push(error),
    });
    await node.start();
    const isHeld = () => node.links().includes("let go");
    assert.equal(isHeld(), true);
    store.be(how);
    const alone = performance.now() + 2_000;
    await until("more than the time of a lease", () => performance.now() > alone);
    assert.equal(isHeld(), true, "nobody else could hold it");
    store.be("there");
    await db.insert(nodes).values({ id: "node0006", ...at });
    // The appliance notices the other one with a renewal.
    const noticed = performance.now() + 1_000;
    await until("a renewal", () => performance.now() > noticed);
    const moved = node.moved();
    store.be(how);
    const begun = performance.now();
    await until("the end of the lease", () => !isHeld());
    assert.ok(performance.now() - begun < 1_300, "not long after");
    assert.equal(node.mayServe("let-go.ours.example"), false);
    assert.equal(node.moved(), moved + 1);
    store.be("there");
    await until("the database", isHeld);
    assert.equal(node.mayServe("let-go.ours.example"), true);
    await node.stop();
    await db.delete(nodes);
  }
});
