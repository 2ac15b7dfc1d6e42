import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, test } from "node:test";
import { eq } from "drizzle-orm";
import type { Finding, PingResult } from "#contract/traces.ts";
import { element } from "#protocol/xmpp/element.ts";
import { createChanges } from "#store/changes.ts";
import { addTraffic, listConnections, listEvents, writeStates } from "#store/connections.ts";
import { deleteDomain, findDomain, insertDomain } from "#store/domains.ts";
import { findLink, insertLink, updateLink } from "#store/links.ts";
import { createHeartbeat } from "#store/nodes.ts";
import { leases } from "#store/schema.ts";
import { createVault } from "#store/vault.ts";
import { type HostScript, startComponentHost } from "#testing/component-host.ts";
import { openTestStore } from "#testing/database.ts";
import { primitives } from "../primitives.ts";
import { componentLimits } from "./component.ts";
import { secretContext } from "./attachment.ts";
import { createLinks, type LinksDeps } from "./links.ts";
import { openPolicy } from "./policy.ts";

// Hooks run in the order of their registration: what uses the database ends before it.
after(() => changes.stop());
const store = await openTestStore();
const { db } = store;
const vault = createVault(randomBytes(32));
const changes = createChanges(store, (error) => {
  throw error;
});
await changes.start();

let count = 0;
/** A domain with a component link to `host`, stored and announced. */
async function makeLink(
  host: { host: string; port: number },
  more: { pingTarget?: string; isEnabled?: boolean } = {},
) {
  const domain = `d${++count}.example`;
  const row = await insertDomain(db, { domain, pingTarget: more.pingTarget ?? null });
  assert(row);
  after(() => deleteDomain(db, row.id));
  const id = randomUUID();
  const link = await insertLink(
    db,
    {
      id,
      kind: "component",
      domainId: row.id,
      name: `wave.${domain}`,
      host: host.host,
      port: host.port,
      secretSealed: vault.seal("s3cret", secretContext(id)),
      isEnabled: more.isEnabled ?? true,
    },
    "wave",
  );
  assert(link);
  return { id, domainId: row.id, name: link.name, domain };
}

function start(changed: Partial<LinksDeps> = {}) {
  const errors: unknown[] = [];
  const links = createLinks({
    db,
    vault,
    changes,
    policy: openPolicy,
    primitives,
    nodeId: "node0001",
    now: () => new Date(),
    onError: (error) => void errors.push(error),
    limits: { ...componentLimits, attachMs: 1000, closeMs: 200 },
    times: {
      firstDelayMs: 30,
      maxDelayMs: 60,
      steadyMs: 60_000,
      keepaliveMs: 60_000,
      idleMs: 60_000,
      pingMs: 60_000,
    },
    leaseMs: 3_000,
    flushMs: 30,
    ...changed,
  });
  const stopped = { yet: false };
  const stop = async () => {
    if (!stopped.yet) await links.stop();
    stopped.yet = true;
  };
  after(stop);
  return { links, errors, stop };
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
const becomes = (id: string, state: string) =>
  until(`${id} to be ${state}`, async () => {
    const live = await liveOf(id);
    return live?.state === state && live.leaseUntil > new Date() ? live : null;
  });

async function host(script: HostScript = {}) {
  const started = await startComponentHost(script);
  after(() => started.close());
  return started;
}

test("an enabled link is attached, its live row and history tell, and it follows what is changed", async () => {
  const server = await host();
  const other = await host({ secret: "new secret" });
  const { links, stop, errors } = start();
  await links.start();
  const { id, name, domainId } = await makeLink(server);
  await changes.emit(db, "links");
  const live = await becomes(id, "attached");
  assert.equal(live.nodeId, "node0001");
  assert.deepEqual(links.router.sourceFor("acmewave.com"), { ok: true, from: name, linkId: id });

  await updateLink(db, id, {
    port: other.port,
    host: other.host,
    secretSealed: vault.seal("new secret", secretContext(id)),
  });
  await changes.emit(db, "links");
  await until(
    "the other server",
    async () => other.headers.length === 1 && server.openSockets() === 0,
  );
  await becomes(id, "attached");

  await updateLink(db, id, { isEnabled: false });
  await changes.emit(db, "links");
  await until("the end", async () => other.openSockets() === 0);
  await until(
    "a lapsed row",
    async () => ((await liveOf(id))?.leaseUntil ?? new Date()) <= new Date(),
  );
  assert.deepEqual(links.router.sourceFor("acmewave.com"), { ok: false, code: "link.none" });

  await updateLink(db, id, { isEnabled: true });
  await changes.emit(db, "links");
  await becomes(id, "attached");
  const events = await listEvents(db, { linkId: id, remoteDomain: "" }, { limit: 50 });
  const told = events.rows.map((event) => event.toState).toReversed();
  assert.equal(told.filter((state) => state === "attached").length, 3, told.join(" "));

  await deleteDomain(db, domainId);
  await changes.emit(db, "domains");
  await until("the end", async () => other.openSockets() === 0);
  await stop();
  assert.deepEqual(errors, []);
});

test("a link that cannot attach says why, when it is tried next, and says it once in its history", async () => {
  const server = await host({ secret: "another" });
  const { links } = start();
  const { id } = await makeLink(server);
  await links.start();
  const live = await until("three failures", async () => {
    const row = await liveOf(id);
    return row !== null && row.attempts >= 3 && row.state === "waiting" ? row : null;
  });
  assert.equal(live.lastError?.code, "link.wrong_secret");
  assert(live.nextAttemptAt !== null);
  const { rows } = await listEvents(db, { linkId: id, remoteDomain: "" }, { limit: 50 });
  assert.deepEqual(
    rows.map(({ fromState, toState, detail }) => [fromState, toState, detail?.code]),
    [["connecting", "waiting", "link.wrong_secret"]],
  );
});

test("only one appliance holds a link; the other takes it up when the first one ends", async () => {
  const server = await host();
  const first = start();
  const { id } = await makeLink(server);
  await first.links.start();
  await becomes(id, "attached");
  const second = start({ nodeId: "node0002" });
  await second.links.start();
  await until("the second's first look", async () => second.links.statuses().length === 0);
  await changes.emit(db, "links");
  assert.equal((await liveOf(id))?.nodeId, "node0001");
  assert.equal(server.openSockets(), 1);
  const message = (await second.links.test(id))?.steps[0]?.message;
  assert.equal(message?.code, "link.held_elsewhere");
  assert.deepEqual(message?.params, { nodeId: "node0001" });
  await first.stop();
  assert(((await liveOf(id))?.leaseUntil ?? new Date(0)) <= new Date());
  await changes.emit(db, "links");
  const live = await becomes(id, "attached");
  assert.equal(live.nodeId, "node0002");
  assert.equal(server.openSockets(), 1);
});

test("an appliance that died without a word loses its link when its lease runs out", async () => {
  const server = await host();
  const { id } = await makeLink(server, { isEnabled: false });
  await updateLink(db, id, { isEnabled: true });
  await db.execute(
    `insert into leases (name, node_id, expires_at) values ('links/${id}', 'dead0001', now() + interval '600 milliseconds')`,
  );
  const { links } = start({ leaseMs: 900 });
  await links.start();
  await becomes(id, "attached");
});

test("a start marks what an earlier run of the same appliance left as gone", async () => {
  const server = await host({ secret: "another" });
  const { id } = await makeLink(server, { isEnabled: false });
  const leaseUntil = new Date(Date.now() + 60_000);
  const at = { nodeId: "node0001", now: new Date(), leaseUntil };
  const counts = {
    linkId: id,
    stanzasIn: 1,
    stanzasOut: 0,
    bytesIn: 1,
    bytesOut: 0,
    dropped: 0,
    lastActivityAt: new Date(),
  };
  await addTraffic(db, [{ ...counts, remoteDomain: "acmewave.com" }], at);
  const { links } = start();
  await links.start();
  const page = { sort: "name", after: null, limit: 10 };
  const { rows } = await listConnections(db, { linkId: id, now: new Date() }, page);
  assert(rows.every((row) => row.connection.leaseUntil <= new Date()));
});

test("what is remembered of a link's domains is idle as soon as an appliance takes it, whoever held it before", async () => {
  const server = await host();
  const { id } = await makeLink(server, { isEnabled: false });
  const longAgo = new Date(Date.now() - 3_600_000);
  const row = (nodeId: string, remoteDomain: string, state: string, lastError: Finding | null) => ({
    ...{ linkId: id, nodeId, remoteDomain, state, lastError },
    ...{ since: longAgo, leaseUntil: longAgo, attempts: lastError === null ? 0 : 3 },
    nextAttemptAt: lastError === null ? null : longAgo,
  });
  const failed: Finding = { code: "s2s.lost", params: {}, owner: "network", severity: "error" };
  await db.transaction((tx) =>
    writeStates(tx, [
      row("node0001", "active.example", "active", null),
      row("node0001", "failing.example", "failing", failed),
      row("dead0001", "quiet.example", "idle", null),
    ]),
  );
  await updateLink(db, id, { isEnabled: true });
  const { links } = start();
  await links.start();
  await becomes(id, "attached");
  const page = { sort: "name", after: null, limit: 10 };
  const { rows } = await listConnections(db, { linkId: id, kind: "domain", now: new Date() }, page);
  assert.deepEqual(
    rows.map(({ connection, told }) => [
      ...[connection.remoteDomain, told, connection.nodeId, connection.attempts],
      ...[connection.lastError, connection.since.getTime() === longAgo.getTime()],
    ]),
    [
      ["active.example", "idle", "node0001", 0, null, false],
      ["failing.example", "idle", "node0001", 0, null, false],
      ["quiet.example", "idle", "node0001", 0, null, true],
    ],
  );
});

test("on every attachment the domain's ping target is pinged, and the result kept", async () => {
  const server = await host();
  const pinged: string[] = [];
  const result: PingResult = {
    domain: "acmewave.com",
    at: new Date().toISOString(),
    traceId: null,
    linkId: null,
    wave: { status: "answered", to: "wave.acmewave.com", roundTripMs: 12, condition: null },
    xmpp: { status: "answered", to: "acmewave.com", roundTripMs: 11, condition: null },
    provesBothDirections: true,
    message: null,
  };
  const { links } = start({
    ping: async (domain) => {
      pinged.push(domain);
      return result;
    },
  });
  const { id, domainId } = await makeLink(server, { pingTarget: "acmewave.com" });
  await links.start();
  await becomes(id, "attached");
  await until("the result", async () => (await findDomain(db, domainId))?.lastPing !== null);
  server.cut();
  await until("the second ping", async () => pinged.length === 2);
  assert.deepEqual((await findDomain(db, domainId))?.lastPing, result);
});

test("stanzas and bytes are added up per link and per remote domain, and unreachability is a state", async () => {
  const server = await host({
    onAttached(stream) {
      stream.say(
        `<iq type='get' id='1' from='acmewave.com' to='${stream.to}'><ping xmlns='urn:xmpp:ping'/></iq>`,
      );
      stream.say(`<message from='bob@acmewave.com' to='${stream.to}'><body>hi</body></message>`);
    },
    onStanza(stanza, stream) {
      if (stanza.attributes["to"] !== "gone.example") return;
      stream.say(
        `<iq type='error' id='${stanza.attributes["id"]}' from='gone.example' to='${stream.to}'><error type='wait'>` +
          "<remote-server-timeout xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
      );
    },
  });
  const { links } = start();
  const { id, name } = await makeLink(server);
  await links.start();
  await becomes(id, "attached");
  const input = {
    from: name,
    to: "gone.example",
    type: "get",
    payload: element("ping", "urn:xmpp:ping"),
    timeoutMs: 5000,
  } as const;
  assert.equal((await links.router.request(input)).condition, "remote-server-timeout");
  const page = { sort: "name", after: null, limit: 10 };
  const rows = await until("the counts", async () => {
    const listed = await listConnections(db, { linkId: id, now: new Date() }, page);
    const isCounted = listed.rows.every((row) => row.connection.stanzasIn > 0);
    const isTold = listed.rows.some((row) => row.connection.state === "failing");
    return isCounted && isTold && listed.total === 3 ? listed.rows : null;
  });
  const of = (domain: string) =>
    rows.find((row) => row.connection.remoteDomain === domain)?.connection;
  assert.deepEqual([of("acmewave.com")?.stanzasIn, of("acmewave.com")?.stanzasOut], [2, 2]);
  assert.deepEqual([of("")?.stanzasIn, of("")?.stanzasOut], [3, 3]);
  assert((of("acmewave.com")?.bytesIn ?? 0) > 100);
  assert.equal(of("acmewave.com")?.state, "active");
  assert.equal(of("gone.example")?.state, "failing");
  assert.equal(of("gone.example")?.lastError?.code, "link.bounced");
  const events = await listEvents(db, { linkId: id, remoteDomain: "gone.example" }, { limit: 5 });
  assert.equal(events.rows[0]?.toState, "failing");
});

test("the attachment test says how far it came, and what our own server lists", async () => {
  const items = { list: "" };
  const script: HostScript = {
    onStanza(stanza, stream) {
      const [query] = stanza.children;
      const space = typeof query === "object" ? query.namespace : "";
      const inside = space.endsWith("#items")
        ? items.list
        : "<identity category='server' type='im'/>";
      stream.say(
        `<iq type='result' id='${stanza.attributes["id"]}' from='${stanza.attributes["to"]}' to='${stream.to}'><query xmlns='${space}'>${inside}</query></iq>`,
      );
    },
  };
  const server = await host(script);
  const { links } = start();
  const { id, name } = await makeLink(server, { isEnabled: false });
  await links.start();
  const outcome = async () => {
    const tested = await links.test(id);
    return `${tested?.isOk} ${tested?.steps.map((step) => `${step.name}:${step.status}${step.message === null ? "" : `(${step.message.code})`}`).join(" ")}`;
  };
  const attached = "resolve:ok connect:ok tls:skipped stream:ok handshake:ok";
  assert.equal(
    await outcome(),
    `false ${attached} disco_server:ok listed:warning(link.not_listed)`,
  );
  items.list = `<item jid='${name}'/>`;
  assert.equal(await outcome(), `true ${attached} disco_server:ok listed:ok`);
  await updateLink(db, id, { isEnabled: true });
  await changes.emit(db, "links");
  await becomes(id, "attached");
  const before = server.connections();
  assert.equal(await outcome(), `true ${attached} disco_server:ok listed:ok`);
  assert.equal(server.connections(), before, "an attached link is tested as it is");
  await updateLink(db, id, { secretSealed: vault.seal("wrong", secretContext(id)) });
  await changes.emit(db, "links");
  await becomes(id, "waiting");
  const failed =
    "false resolve:ok connect:ok tls:skipped stream:ok handshake:failed(link.wrong_secret)";
  assert.equal(await outcome(), failed);
  await becomes(id, "waiting");
  assert.equal(await links.test(randomUUID()), null);
});

test("without a heartbeat of others, an outage of the database does not cost the links", async () => {
  const server = await host();
  let isAway = false;
  const flaky = new Proxy(db, {
    get(target, property) {
      if (isAway) throw new Error("away");
      const value: unknown = Reflect.get(target, property);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const { id, name } = await makeLink(server);
  const { links, errors } = start({ db: flaky, leaseMs: 90 });
  await links.start();
  await becomes(id, "attached");
  isAway = true;
  await until("failed renewals", async () => errors.length >= 6);
  assert.deepEqual(
    links.statuses().map(({ name, status }) => [name, status.state]),
    [[name, "attached"]],
  );
  isAway = false;
  const other = createHeartbeat({
    host: "box2",
    db,
    nodeId: "node0007",
    software: "x",
    now: () => new Date(),
    onError: () => {},
  });
  await other.start();
  after(() => other.stop());
  await becomes(id, "attached");
  const seen = errors.length;
  const expiry = async () => {
    const [lease] = await db
      .select()
      .from(leases)
      .where(eq(leases.name, `links/${id}`));
    return lease?.expiresAt.getTime() ?? 0;
  };
  for (let renewals = 0; renewals < 2; renewals++) {
    const before = await expiry();
    await until("a renewal, with the other one seen", async () => (await expiry()) > before);
  }
  isAway = true;
  await until("its end", async () => errors.length > seen && links.statuses().length === 0);
  isAway = false;
});
