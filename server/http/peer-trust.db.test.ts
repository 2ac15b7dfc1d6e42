import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Authentication } from "#contract/peer-trust.ts";
import type { Peer } from "#contract/peers.ts";
import { openIncidents } from "#store/incidents.ts";
import { authentications } from "#store/schema.ts";
import { openTestApp } from "#testing/app.ts";
import { createCertificateLab } from "#testing/certificate-lab.ts";

const { request, store, clock, logLines } = await openTestApp();
const { db } = store;
const lab = createCertificateLab();
after(() => lab.close());
const root = lab.root("Acme CA");
const DAY_MS = 86_400_000;
const inDays = (days: number) => new Date(clock.now.getTime() + days * DAY_MS).toISOString();
const hex = "0123456789abcdef".repeat(4);
const colons = (hex.toUpperCase().match(/../g) ?? []).join(":");

async function add(domain: string, terms: object = {}): Promise<Peer> {
  const answer = await request("admin", "POST", "/api/v1/peers", { domain, ...terms });
  assert.equal(answer.statusCode, 201, answer.body);
  return answer.json();
}
async function patch(peer: Peer, terms: object): Promise<Peer> {
  const answer = await request("admin", "PATCH", `/api/v1/peers/${peer.id}`, terms);
  assert.equal(answer.statusCode, 200, answer.body);
  return answer.json();
}
async function refusal(method: string, url: string, body?: object) {
  const answer = await request("admin", method, url, body);
  const { code, errors } = answer.json();
  return [answer.statusCode, code, errors?.[0]?.field];
}
const lastAudit = async (peer: Peer) => {
  const answer = await request("auditor", "GET", `/api/v1/audit?q=${peer.id}&limit=1`);
  return answer.json().items[0];
};
const decide = async (domain: string) =>
  (await request("auditor", "GET", `/api/v1/peers/decision?domain=${domain}`)).json().proof;

test("a peer is trusted by its certificate alone unless more is said", async () => {
  const peer = await add("plain.example");
  assert.deepEqual(
    [peer.minTls, peer.allowsDialback, peer.pins, peer.authorityPem, peer.authorities],
    ["TLSv1.2", false, [], null, []],
  );
  assert.deepEqual([peer.testModeUntil, peer.certificateChange], [null, "notify"]);
});

test("without TLS dialback is the only proof: it is allowed with it, and shown so", async () => {
  const peer = await add("never.example", { tlsPolicy: "never", consent: "never.example" });
  assert.equal(peer.allowsDialback, true);
  const demand = await decide("never.example");
  assert.deepEqual([demand.certificate, demand.inboundDialback], [null, "allowed"]);
  assert.equal((await patch(peer, { tlsPolicy: "required" })).allowsDialback, false);
});

test("pins are taken as OpenSSL prints them, kept once each, and nothing else is one", async () => {
  const peer = await add("pins.example", { pins: [hex, ` ${colons} `, "f".repeat(64)] });
  assert.deepEqual(peer.pins, [colons, Array(32).fill("FF").join(":")]);
  for (const bad of ["", "abc", "g".repeat(64), "f".repeat(63), "f".repeat(66), `${colons}:00`])
    assert.deepEqual(
      await refusal("PATCH", `/api/v1/peers/${peer.id}`, { pins: [bad] }),
      [400, "request.invalid", "body.pins.0"],
      bad,
    );
  const many = Array.from({ length: 21 }, (_, index) => String(index).padStart(64, "0"));
  const [status] = await refusal("PATCH", `/api/v1/peers/${peer.id}`, { pins: many });
  assert.equal(status, 400);
  assert.deepEqual((await patch(peer, { pins: [] })).pins, []);
});

test("authorities are read when they are saved, shown with their dates, and cleared by nothing", async () => {
  const peer = await add("ca.example", { authorityPem: `Our CA\n${root.pem}` });
  assert.equal(peer.authorityPem, root.pem);
  assert.deepEqual(
    peer.authorities.map(({ subject }) => subject),
    ["Acme CA"],
  );
  assert.equal((await decide("ca.example")).certificate, "own_authority");
  const url = `/api/v1/peers/${peer.id}`;
  const field = "body.authorityPem";
  const rows: [string, string][] = [
    ["hello", "peer.ca_unreadable"],
    [root.pem.slice(0, 200), "peer.ca_unreadable"],
    [root.keyPem, "peer.ca_key"],
  ];
  for (const [authorityPem, code] of rows)
    assert.deepEqual(await refusal("PATCH", url, { authorityPem }), [422, code, field]);
  assert(!logLines.join("\n").includes(root.keyPem.slice(40, 80)), "a key is in the log");
  const kept = await patch(peer, { authorityPem: peer.authorityPem, pins: [hex] });
  assert.deepEqual([kept.authorityPem, kept.pins], [root.pem, [colons]]);
  assert.equal((await decide("ca.example")).certificate, "pins_and_authority");
  assert.deepEqual((await patch(peer, { authorityPem: "" })).authorities, []);
  assert.equal((await decide("ca.example")).certificate, "pins");
});

test("test mode needs the domain, typed again, and ends within 90 days; it is in the audit log by name", async () => {
  const peer = await add("test.example");
  const url = `/api/v1/peers/${peer.id}`;
  const consent = { testModeConsent: "test.example" };
  const field = "body.testModeConsent";
  const until = inDays(7);
  for (const typed of [{}, { testModeConsent: "other.example" }, { consent: "test.example" }])
    assert.deepEqual(await refusal("PATCH", url, { testModeUntil: until, ...typed }), [
      422,
      "peer.test_mode_consent",
      field,
    ]);
  for (const bad of [inDays(0), inDays(-1), inDays(90.1), inDays(3650)])
    assert.deepEqual(
      await refusal("PATCH", url, { testModeUntil: bad, ...consent }),
      [422, "peer.test_mode_end", "body.testModeUntil"],
      bad,
    );
  assert.equal((await patch(peer, { testModeUntil: until, ...consent })).testModeUntil, until);
  assert.equal((await decide("test.example")).testModeUntil, until);
  const begun = await lastAudit(peer);
  assert.deepEqual(
    [begun.action, begun.before.testModeUntil, begun.after.testModeUntil],
    ["test_mode", null, until],
  );
  assert.equal((await patch(peer, { testModeUntil: until, label: "x" })).label, "x");
  assert.equal((await lastAudit(peer)).action, "update");
  assert.equal((await patch(peer, { testModeUntil: inDays(1) })).testModeUntil, inDays(1));
  assert.deepEqual(await refusal("PATCH", url, { testModeUntil: inDays(30) }), [
    422,
    "peer.test_mode_consent",
    field,
  ]);
  assert.equal((await patch(peer, { testModeUntil: null })).testModeUntil, null);
  assert.equal((await decide("test.example")).testModeUntil, null);
  const born = await add("born.example", { testModeUntil: until, testModeConsent: "BORN.example" });
  assert.equal((await lastAudit(born)).action, "test_mode");
});

test("a test mode that is over is shown as it was, holds no more, and stands in nobody's way", async () => {
  const testModeUntil = new Date(clock.now.getTime() + 60_000).toISOString();
  const peer = await add("over.example", { testModeUntil, testModeConsent: "over.example" });
  const before = clock.now;
  clock.now = new Date(before.getTime() + 60_000);
  assert.equal((await decide("over.example")).testModeUntil, null);
  const kept = await patch(peer, { testModeUntil, label: "still" });
  assert.deepEqual([kept.testModeUntil, kept.label], [testModeUntil, "still"]);
  clock.now = before;
});

test("strangers prove themselves as the settings say, peers as their terms do", async () => {
  await request("owner", "PATCH", "/api/v1/settings", {
    allowsStrangerDialback: true,
    strangerTlsPolicy: "preferred",
  });
  // Policy follows the settings moments later.
  await add("soon.example", { allowsDialback: true, minTls: "TLSv1.3" });
  const stranger = await decide("stranger.example");
  assert.deepEqual(
    [stranger.tls, stranger.inboundDialback, stranger.outboundDialback],
    ["preferred", "allowed", "allowed"],
  );
  const peer = await decide("soon.example");
  assert.deepEqual(
    [peer.tls, peer.minTls, peer.inboundDialback],
    ["required", "TLSv1.3", "allowed"],
  );
  await request("owner", "PATCH", "/api/v1/settings", { allowsStrangerDialback: false });
});

const known = (fingerprint: string) => ({
  fingerprint,
  publicKey: `KEY ${fingerprint}`,
  subject: "CN=acme",
  issuer: "O=Lab",
  notBefore: inDays(-1),
  notAfter: inDays(89),
  seenAt: inDays(-1),
});
const side = (refusedAt: string | null = null) => ({
  strongest: "certificate" as const,
  since: inDays(-10),
  lastBy: "pkix" as const,
  lastAt: inDays(0),
  hasCertificate: true,
  refusedAt,
});
async function remember(peer: Peer, more: Partial<Authentication> = {}) {
  const row = {
    domain: peer.domain,
    inbound: side(),
    outbound: null,
    certificates: [known("A")],
    held: null,
    ...more,
  };
  await db.insert(authentications).values({ ...row, peerId: peer.id });
  return row;
}
const accept = (peer: Peer, body: object) =>
  request("admin", "POST", `/api/v1/peers/${peer.id}/acceptances`, body);

test("how a peer's domains proved themselves is listed, its own first", async () => {
  const peer = await add("list.example", { includeSubdomains: true, allowsDialback: true });
  await remember(peer, { domain: "a.list.example" });
  const own = await remember(peer);
  const answer = await request("auditor", "GET", `/api/v1/peers/${peer.id}/authentications`);
  assert.deepEqual(answer.json().items[0], own);
  assert.equal(answer.json().items[1].domain, "a.list.example");
  const demand = await decide("list.example");
  assert.deepEqual([demand.inboundDialback, demand.outboundDialback], ["outgrown", "outgrown"]);
  const none = await request(
    "auditor",
    "GET",
    `/api/v1/peers/${crypto.randomUUID()}/authentications`,
  );
  assert.equal(none.statusCode, 404);
});

test("a held certificate is accepted by an admin, by its fingerprint, audited, and its incident ends", async () => {
  const peer = await add("held.example", { certificateChange: "hold" });
  await remember(peer, { held: { ...known("B"), direction: "in" } });
  assert.equal((await decide("held.example")).isHeld, true);
  const cause = { code: "cert.held", params: {}, owner: "peer", severity: "error" } as const;
  const [incident] = await openIncidents(db, [
    {
      kind: "certificate_changed",
      peerId: peer.id,
      subject: peer.domain,
      openedAt: clock.now,
      closedAt: null,
      cause,
      traceId: null,
    },
  ]);
  // To take notice is not to accept.
  const noticed = await request("admin", "POST", `/api/v1/incidents/${incident?.id}/acknowledge`);
  assert.equal(noticed.json().closedAt, null);
  const wish = { kind: "certificate", domain: peer.domain, fingerprint: "B" };
  const stale = await accept(peer, { ...wish, fingerprint: "C" });
  assert.deepEqual([stale.statusCode, stale.json().code], [409, "acceptance.stale"]);
  for (const who of ["auditor", "nobody"] as const) {
    const refused = await request(who, "POST", `/api/v1/peers/${peer.id}/acceptances`, wish);
    assert.equal(refused.statusCode, who === "auditor" ? 403 : 401);
  }
  const accepted = await accept(peer, wish);
  assert.deepEqual(
    [
      accepted.statusCode,
      accepted.json().held,
      accepted.json().certificates.map((one: { fingerprint: string }) => one.fingerprint),
    ],
    [200, null, ["B", "A"]],
  );
  const entry = await lastAudit(peer);
  assert.deepEqual(
    [entry.action, entry.before.held, entry.after.certificates],
    ["accept_certificate", "B", ["B", "A"]],
  );
  const closed = await request("auditor", "GET", `/api/v1/incidents/${incident?.id}`);
  assert.notEqual(closed.json().closedAt, null);
  assert.equal((await accept(peer, wish)).statusCode, 409, "once");
});

test("two admins decide at once: one of them does", async () => {
  const peer = await add("race.example", { certificateChange: "hold" });
  await remember(peer, { held: { ...known("B"), direction: "in" } });
  const wish = { domain: peer.domain, fingerprint: "B" };
  const answers = await Promise.all([
    accept(peer, { kind: "certificate", ...wish }),
    accept(peer, { kind: "dismissal", ...wish }),
  ]);
  assert.deepEqual(answers.map(({ statusCode }) => statusCode).sort(), [200, 409]);
});

test("consent to a weaker proof is given for one direction, and audited", async () => {
  const peer = await add("weaker.example", { allowsDialback: true });
  await remember(peer, { inbound: side(inDays(0)), outbound: side(inDays(0)) });
  const answer = await accept(peer, { kind: "weaker", domain: peer.domain, direction: "in" });
  assert.deepEqual(
    [answer.json().inbound.strongest, answer.json().outbound.strongest],
    ["dialback", "certificate"],
  );
  const entry = await lastAudit(peer);
  assert.deepEqual(
    [entry.action, entry.before.inbound, entry.after.inbound],
    ["accept_weaker", "certificate", "dialback"],
  );
  const demand = await decide("weaker.example");
  assert.deepEqual([demand.inboundDialback, demand.outboundDialback], ["allowed", "outgrown"]);
});

test("acceptances of other peers, of nothing, and of nonsense are refused", async () => {
  const peer = await add("mine.example");
  const other = await add("other.example");
  await remember(peer, { held: { ...known("B"), direction: "in" } });
  const wish = { kind: "certificate", domain: peer.domain, fingerprint: "B" };
  assert.equal((await accept(other, wish)).statusCode, 409);
  for (const body of [
    {},
    { kind: "everything", domain: peer.domain },
    { kind: "weaker", domain: peer.domain },
    { ...wish, domain: "x".repeat(4000) },
    { ...wish, domain: "a\u0000b" },
    { ...wish, fingerprint: "B".repeat(100) },
  ])
    assert.equal((await accept(peer, body)).statusCode, 400, JSON.stringify(body).slice(0, 80));
});
