import assert from "node:assert/strict";
import { test } from "node:test";
import { eq } from "drizzle-orm";
import type { Attention, Incident, Overview, Peer, PublicStatus } from "#contract/peers.ts";
import type { Finding } from "#contract/traces.ts";
import { openIncidents } from "#store/incidents.ts";
import { checkSamples, peerHealth } from "#store/schema.ts";
import { openTestApp } from "#testing/app.ts";

const { request, store, clock } = await openTestApp();
const { db } = store;
const DAY_MS = 86_400_000;
// Noon of yesterday: the sessions of the test app have not ended then.
const now = Math.floor(Date.now() / DAY_MS) * DAY_MS - DAY_MS / 2;
clock.now = new Date(now);
const dayOf = (ago: number) => new Date(now - ago * DAY_MS).toISOString().slice(0, 10);

const refused: Finding = {
  code: "tcp.refused",
  params: { address: "192.0.2.7", port: 5269, host: "hidden-host.internal" },
  owner: "peer",
  severity: "error",
};
const read = async <T>(url: string, who: "auditor" | "nobody" = "auditor"): Promise<T> =>
  (await request(who, "GET", url)).json();
const codes = (attention: readonly Attention[]) => attention.map(({ finding }) => finding.code);

async function addPeer(domain: string, terms: object = {}): Promise<Peer> {
  return (await request("admin", "POST", "/api/v1/peers", { domain, ...terms })).json();
}
const setHealth = (id: string, values: Partial<typeof peerHealth.$inferInsert>) =>
  db.update(peerHealth).set(values).where(eq(peerHealth.peerId, id));
const outage = (peer: Peer, openedAt: number, more: object = {}) =>
  openIncidents(db, [
    {
      kind: "outage",
      peerId: peer.id,
      subject: peer.domain,
      openedAt: new Date(openedAt),
      closedAt: null,
      cause: refused,
      traceId: null,
      ...more,
    },
  ]);

test("an appliance that serves nothing yet is told what comes first", async () => {
  const { attention, domains } = await read<Overview>("/api/v1/overview");
  assert.deepEqual(codes(attention), ["setup.no_domain"]);
  assert.equal(attention[0]?.href, "/domains/new");
  assert.deepEqual(domains, []);
});

test("the overview begins with what is worst, and every line says where to go", async () => {
  const domain = (
    await request("admin", "POST", "/api/v1/domains", { domain: "example.com" })
  ).json();
  const link = { domainId: domain.id, name: "wave.example.com", host: "127.0.0.1", port: 5347 };
  const other = (
    await request("admin", "POST", "/api/v1/domains", { domain: "example.org" })
  ).json();
  await request("admin", "POST", "/api/v1/links", { ...link, secret: "a secret of the tests" });
  const peer = await addPeer("down.example");
  const noticed = await addPeer("noticed.example");
  await setHealth(peer.id, { state: "down", since: new Date(now - 60_000) });
  await outage(peer, now - 60_000);
  const [known] = await outage(noticed, now - 120_000);
  await request("admin", "POST", `/api/v1/incidents/${known?.id}/acknowledge`);

  const overview = await read<Overview>("/api/v1/overview");
  assert.deepEqual(
    overview.attention.map(({ finding, subject, href }) => [finding.code, subject, href]),
    [
      ["tcp.refused", "down.example", `/peers/${peer.id}`],
      ["link.down", "wave.example.com", `/domains/${domain.id}`],
      ["setup.no_link", "example.org", `/domains/${other.id}`],
      ["tcp.refused", "noticed.example", `/peers/${noticed.id}`],
    ],
  );
  assert.deepEqual(
    overview.domains.map((row) => [row.domain, row.linkName, row.linkState]),
    [
      ["example.com", "wave.example.com", "connecting"],
      ["example.org", null, null],
    ],
  );
  assert.deepEqual(
    overview.peers.strip.map((row) => [row.domain, row.state]),
    [
      ["down.example", "down"],
      ["noticed.example", "unknown"],
    ],
  );
  assert.equal(overview.peers.down, 1);
  assert.equal(overview.openIncidents.length, 2);
  assert.deepEqual(
    overview.recentChanges.slice(0, 2).map(({ action, subject }) => [action, subject]),
    [
      ["acknowledge", "noticed.example"],
      ["create", "noticed.example"],
    ],
  );
  assert.deepEqual(overview.database, { engine: store.engine, advise: false });
  await request("admin", "DELETE", `/api/v1/domains/${other.id}`);
});

test("trusted peers only, and nobody trusted: everything is refused, and that is said", async () => {
  for (const { id } of (await read<{ items: Peer[] }>("/api/v1/peers")).items)
    await request("admin", "DELETE", `/api/v1/peers/${id}`);
  await request("admin", "PATCH", "/api/v1/settings", { federationMode: "trusted_only" });
  const { attention } = await read<Overview>("/api/v1/overview");
  assert.ok(codes(attention).includes("policy.nobody_trusted"));
  await request("admin", "PATCH", "/api/v1/settings", { federationMode: "open" });
});

test("incidents: open ones first seen, filters, and who has taken notice", async () => {
  const peer = await addPeer("incident.example");
  const [first] = await outage(peer, now - 3_600_000);
  const [again] = await outage(peer, now);
  assert.equal(again, undefined, "one that is open is not opened again");
  const cause: Finding = { code: "cert.changed", params: {}, owner: "peer", severity: "warning" };
  await outage(peer, now - 60_000, { kind: "certificate_changed", cause });

  const list = (query: string) =>
    read<{ items: Incident[]; total: number }>(`/api/v1/incidents?peer=${peer.id}&${query}`);
  const kinds = async (query: string) => (await list(query)).items.map(({ kind }) => kind);
  assert.deepEqual(await kinds(""), ["certificate_changed", "outage"]);
  assert.deepEqual(await kinds("sort=opened"), ["outage", "certificate_changed"]);
  assert.deepEqual(await kinds("kind=outage&state=open"), ["outage"]);
  assert.deepEqual(await kinds("q=INCIDENT.ex&limit=1"), ["certificate_changed"]);

  const url = `/api/v1/incidents/${first?.id}/acknowledge`;
  assert.equal((await request("auditor", "POST", url)).statusCode, 403);
  const taken: Incident = (await request("admin", "POST", url)).json();
  assert.deepEqual([taken.acknowledgedBy, taken.closedAt], ["admin", null]);
  await request("owner", "POST", url);
  assert.equal((await read<Incident>(`/api/v1/incidents/${first?.id}`)).acknowledgedBy, "admin");
  // Nothing but a person's notice ends a change of certificate.
  const [change] = (await list("kind=certificate_changed")).items;
  await request("admin", "POST", `/api/v1/incidents/${change?.id}/acknowledge`);
  assert.deepEqual(await kinds("state=closed"), ["certificate_changed"]);
});

test("history: hours and days of a peer, oldest first, none made up", async () => {
  const peer = await addPeer("history.example");
  const day = (ago: number) => new Date(Math.floor(now / DAY_MS) * DAY_MS - ago * DAY_MS);
  const sample = { peerId: peer.id, up: 3, down: 1, discoverMsSum: 90, discoverMsMax: 50 };
  await db.insert(checkSamples).values([
    { ...sample, span: "day", startsAt: day(2), discoverCount: 3 },
    { ...sample, span: "day", startsAt: day(0), discoverCount: 0, discoverMsSum: 0 },
    { ...sample, span: "day", startsAt: day(401), discoverCount: 3 },
    { ...sample, span: "hour", startsAt: day(0), discoverCount: 3 },
  ]);
  const { items } = await read<{ items: { startsAt: string; discoverMs: unknown }[] }>(
    `/api/v1/checks?peer=${peer.id}`,
  );
  assert.deepEqual(
    items.map(({ startsAt, discoverMs }) => [startsAt, discoverMs]),
    [
      [day(2).toISOString(), { average: 30, max: 50 }],
      [day(0).toISOString(), null],
    ],
  );
  const hours = await read<{ items: unknown[] }>(`/api/v1/checks?peer=${peer.id}&span=hour`);
  assert.equal(hours.items.length, 1);
});

test("the status page is for those who are signed in, until it is switched on", async () => {
  assert.equal((await request("nobody", "GET", "/api/v1/status")).statusCode, 401);
  assert.equal((await request("auditor", "GET", "/api/v1/status")).statusCode, 200);
  await request("admin", "PATCH", "/api/v1/settings", {
    isStatusPublic: true,
    statusTitle: "Our federation",
  });
  const status = await read<PublicStatus>("/api/v1/status", "nobody");
  assert.equal(status.title, "Our federation");
});

test("the status page shows 90 days and causes, and nothing private", async () => {
  const peer = await addPeer("status.example", { note: "call Bob 555-0100", label: "Acme" });
  await addPeer("enemy.example", { stance: "blocked" });
  await addPeer("off.example", { isEnabled: false });
  await setHealth(peer.id, { state: "down", since: new Date(now), cause: refused });
  await outage(peer, now - DAY_MS);
  const at = new Date(Math.floor(now / DAY_MS) * DAY_MS - DAY_MS);
  const sample = { peerId: peer.id, span: "day" as const, startsAt: at };
  await db.insert(checkSamples).values({ ...sample, up: 2, degraded: 1, down: 1, unknown: 9 });
  clock.now = new Date(now + 60_000);

  const answer = await request("nobody", "GET", "/api/v1/status");
  const status: PublicStatus = answer.json();
  const shown = status.peers.find(({ domain }) => domain === "status.example");
  assert.equal(status.peers[0]?.domain, "status.example", "worst first");
  assert.equal(shown?.days.length, 90);
  assert.equal(shown?.days.at(-1)?.day, dayOf(0));
  assert.deepEqual(shown?.days.at(-2), { day: dayOf(1), goodShare: 0.75, incidents: 1 });
  assert.deepEqual(shown?.days[0], { day: dayOf(89), goodShare: null, incidents: 0 });
  const [incident] = status.incidents.filter(({ subject }) => subject === "status.example");
  assert.deepEqual(incident?.cause.params, { domain: "status.example" });
  assert.equal(incident?.cause.code, "tcp.refused");
  assert.equal(status.state, "outage");
  for (const secret of ["192.0.2", "hidden-host", "555-0100", "enemy", "off.example", "Bob"])
    assert.doesNotMatch(answer.body, new RegExp(secret.replaceAll(".", "\\.")), secret);
});

test("our own side down is one outage on the status page, with no word of how we are built", async () => {
  await openIncidents(db, [
    {
      kind: "our_side",
      peerId: null,
      subject: "wave-internal.example.com",
      openedAt: new Date(now),
      closedAt: null,
      cause: { ...refused, code: "link.refused", owner: "us" },
      traceId: null,
    },
  ]);
  clock.now = new Date(now + 120_000);
  const answer = await request("nobody", "GET", "/api/v1/status");
  const status: PublicStatus = answer.json();
  assert.equal(status.state, "outage");
  assert.deepEqual(status.ourSide, { state: "down", since: new Date(now).toISOString() });
  assert.doesNotMatch(answer.body, /wave-internal/);
});

test("however many ask for the status page, it is read once within seconds", async () => {
  clock.now = new Date(now + 600_000);
  await read("/api/v1/status", "nobody");
  const before = await read<PublicStatus>("/api/v1/status", "nobody");
  await addPeer("later.example");
  const after = await read<PublicStatus>("/api/v1/status", "nobody");
  assert.equal(after.at, before.at);
  clock.now = new Date(now + 606_000);
  const fresh = await read<PublicStatus>("/api/v1/status", "nobody");
  assert.ok(fresh.peers.some(({ domain }) => domain === "later.example"));
});
