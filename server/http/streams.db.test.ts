import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { test } from "node:test";
import type { AuditEntry } from "#contract/people.ts";
import type { Peer } from "#contract/peers.ts";
import type { Page } from "#contract/paging.ts";
import type { ReachBackAnswer, Stream, StreamDetail } from "#contract/streams.ts";
import type { Finding } from "#contract/traces.ts";
import type { Links } from "#links/links.ts";
import type { ReachBack } from "#links/s2s/reach-back.ts";
import type { StreamView } from "#links/s2s/stream-view.ts";
import { createTaps, type Taps } from "#links/s2s/tap.ts";
import { writeAuthentication } from "#store/authentications.ts";
import { authentications } from "#store/schema.ts";
import { openTestApp } from "#testing/app.ts";

type Native = NonNullable<Links["native"]>;

const since = new Date("2026-05-12T08:00:00Z");
const idle: StreamView = {
  id: "out-1",
  direction: "out",
  local: "example.com",
  remote: "acmewave.com",
  state: "open",
  address: "192.0.2.7",
  port: 5269,
  since,
  tls: { version: "TLSv1.3", cipher: "TLS_AES_256_GCM_SHA384" },
  authentication: "certificate",
  trustedBy: "pkix",
  fingerprint: "ab",
  presented: null,
  isBidirectional: false,
  isAcknowledged: true,
  stanzasIn: 0,
  stanzasOut: 3,
  bytesIn: 0,
  bytesOut: 300,
  waitingBytes: 0,
  unacknowledged: 1,
  unproven: 0,
  provenAt: null,
  askedAt: null,
};
const unproven: StreamView = {
  ...idle,
  id: "in-2",
  direction: "in",
  local: null,
  remote: null,
  state: "negotiating",
  address: "198.51.100.9",
  authentication: null,
  trustedBy: null,
};
const certificate = {
  subject: "CN=acmewave.com",
  issuer: "CN=Tests",
  commonName: "acmewave.com",
  names: ["DNS:acmewave.com"],
  notBefore: "2026-05-01T00:00:00.000Z",
  notAfter: "2026-09-01T00:00:00.000Z",
  serialNumber: "01",
  keyAlgorithm: "EC P-256",
  keyBits: 256,
  signatureAlgorithm: "ECDSA",
  fingerprintSha256: "BB:BB",
  publicKeySha256: "CC:CC",
  extendedKeyUsage: [],
  isCa: false,
  isSelfSigned: false,
  pem: "-----BEGIN CERTIFICATE-----",
};
const proven: StreamView = {
  ...idle,
  id: "in-1",
  direction: "in",
  address: "192.0.2.8",
  stanzasIn: 40,
  presented: {
    reference: "acmewave.com",
    chain: [certificate],
    trusted: true,
    nameMatch: "DNS:acmewave.com",
    findings: [],
  },
};

/** What the engine was asked to do, and what it answers. */
const engine = {
  taps: createTaps(() => since) as Taps,
  streams: [idle, unproven, proven] as StreamView[],
  calls: [] as string[],
  listening: 0,
  answer: { stream: null, wasOpen: false, afterMs: null } as ReachBack | Finding,
};
const native: Native = {
  loginFor: () => null,
  isServed: (name) => name === "example.com",
  places: () => [],
  standings: () => [],
  streams: () => engine.streams,
  closeStream(id) {
    engine.calls.push(`close ${id}`);
    return true;
  },
  tap(remote, listener) {
    const close = engine.taps.open(remote, listener);
    engine.listening += 1;
    return () => {
      engine.listening -= 1;
      close();
    };
  },
  async reachBack(local, remote, timeoutMs) {
    engine.calls.push(`reach ${local} ${remote} ${timeoutMs}`);
    return await Promise.resolve(engine.answer);
  },
  reconnect(local, remote) {
    engine.calls.push(`reconnect ${local} ${remote}`);
    return true;
  },
  route: () => ({
    state: "failing",
    since,
    lastError: {
      code: "s2s.silent",
      params: { domain: "acmewave.com" },
      owner: "peer",
      severity: "error",
    },
    attempts: 2,
    nextAttemptAt: since,
    queuedStanzas: 5,
    queuedBytes: 500,
  }),
  unproven: () => 0,
};
const { request, store, clock } = await openTestApp({ native });
const { db } = store;
const list = async (query: string): Promise<Page<Stream>> =>
  (await request("auditor", "GET", `/api/v1/streams${query}`)).json();
const idsOf = (page: Page<Stream>) => page.items.map(({ id }) => id);
const pair = { local: "example.com", remote: "acmewave.com" };

async function actions(): Promise<string[]> {
  const answer = await request("owner", "GET", "/api/v1/audit?resource=streams");
  return answer.json<Page<AuditEntry>>().items.map(({ action }) => action);
}

test("live streams are listed by domain, those that have proved nothing last, and name their appliance", async () => {
  const page = await list("");
  assert.deepEqual(idsOf(page), ["in-1", "out-1", "in-2"]);
  assert.equal(page.total, 3);
  assert.equal(page.items[0]?.nodeId, "testnode");
  assert.equal(page.items[0]?.since, since.toISOString());
});

test("streams are narrowed by names, direction, state and text, sorted and paged", async () => {
  assert.deepEqual(idsOf(await list("?direction=in")), ["in-1", "in-2"]);
  assert.deepEqual(idsOf(await list("?state=negotiating")), ["in-2"]);
  assert.deepEqual(idsOf(await list("?local=example.com&remote=acmewave.com")), ["in-1", "out-1"]);
  assert.deepEqual(idsOf(await list("?q=198.51")), ["in-2"]);
  assert.deepEqual(idsOf(await list("?sort=-stanzas&limit=1")), ["in-1"]);
  const first = await list("?limit=2");
  assert.deepEqual(idsOf(await list(`?limit=2&cursor=${first.next}`)), ["in-2"]);
  assert.equal((await request("auditor", "GET", "/api/v1/streams?sort=colour")).statusCode, 400);
});

test("RFC 7590 §3.6: a stream tells its certificate, and that it is another one than before", async () => {
  const made = await request("admin", "POST", "/api/v1/peers", { domain: "acmewave.com" });
  const peerId = made.json<Peer>().id;
  const known = { publicKey: "CC", subject: "", issuer: "", notBefore: "", notAfter: "" };
  const earlier = "2026-02-01T00:00:00.000Z";
  await db.insert(authentications).values({ domain: "acmewave.com", peerId });
  await writeAuthentication(db, {
    domain: "acmewave.com",
    peerId,
    inbound: null,
    outbound: null,
    held: null,
    certificates: [
      { ...known, ...dates, fingerprint: "BB:BB", seenAt: since.toISOString() },
      { ...known, ...dates, fingerprint: "AA:AA", seenAt: earlier },
    ],
  });
  const told = (await request("auditor", "GET", "/api/v1/streams/in-1")).json<StreamDetail>();
  assert.equal(told.certificate?.chain[0]?.fingerprintSha256, "BB:BB");
  assert.equal(told.memory?.firstSeenAt, since.toISOString());
  assert.equal(told.memory?.previous?.fingerprint, "AA:AA");
  assert.equal(told.queue?.stanzas, 5);
  assert.equal(told.queue?.lastError?.code, "s2s.silent");
  const nameless = (await request("auditor", "GET", "/api/v1/streams/in-2")).json<StreamDetail>();
  assert.deepEqual([nameless.memory, nameless.queue], [null, null]);
  assert.equal((await request("auditor", "GET", "/api/v1/streams/none")).statusCode, 404);
});
const dates = { notBefore: "2026-01-01T00:00:00.000Z", notAfter: "2026-09-01T00:00:00.000Z" };

test("an admin closes a stream and has one made anew; an auditor may not; both are audited", async () => {
  engine.calls.length = 0;
  const close = (who: "admin" | "auditor", id: string) =>
    request(who, "DELETE", `/api/v1/streams/${id}`);
  assert.equal((await close("auditor", "out-1")).statusCode, 403);
  assert.equal((await close("admin", "none")).statusCode, 404);
  assert.equal((await close("admin", "out-1")).statusCode, 204);
  const again = await request("admin", "POST", "/api/v1/streams/reconnections", pair);
  assert.equal(again.statusCode, 204);
  assert.deepEqual(engine.calls, ["close out-1", "reconnect example.com acmewave.com"]);
  assert.deepEqual(await actions(), ["reconnect", "close"]);
});

test("nothing is opened for names that are not ours, nor to domains that are blocked or ours", async () => {
  engine.calls.length = 0;
  await request("admin", "POST", "/api/v1/peers", { domain: "evil.example", stance: "blocked" });
  for (const path of ["reconnections", "reach-backs"]) {
    const ask = async (body: object) =>
      (await request("admin", "POST", `/api/v1/streams/${path}`, body)).json<{ code: string }>()
        .code;
    assert.equal(await ask({ ...pair, local: "example.org" }), "stream.not_served");
    assert.equal(await ask({ ...pair, remote: "evil.example" }), "stream.not_allowed");
    assert.equal(await ask({ ...pair, remote: "127.0.0.1" }), "name.ip_literal");
  }
  assert.deepEqual(engine.calls, []);
});

test("who is asked to come back and comes, does not, or cannot even be asked, is told apart", async () => {
  const ask = async () =>
    (
      await request("admin", "POST", "/api/v1/streams/reach-backs", { ...pair, seconds: 3 })
    ).json<ReachBackAnswer>();
  engine.calls.length = 0;
  const none = await ask();
  assert.deepEqual([none.outcome, none.stream, none.waitedSeconds], ["none", null, 3]);
  assert.deepEqual(engine.calls, ["reach example.com acmewave.com 3000"]);
  engine.answer = { stream: proven, wasOpen: false, afterMs: 120 };
  const came = await ask();
  assert.deepEqual([came.outcome, came.stream?.id, came.afterMs], ["came", "in-1", 120]);
  engine.answer = { code: "tcp.refused", params: {}, owner: "peer", severity: "error" };
  const unasked = await ask();
  assert.deepEqual([unasked.outcome, unasked.finding?.code], ["unasked", "tcp.refused"]);
});

test("one domain is asked five times at once, then every ten seconds", async () => {
  const remote = "often.example";
  const ask = () => request("admin", "POST", "/api/v1/streams/reach-backs", { ...pair, remote });
  for (let count = 0; count < 5; count++) assert.equal((await ask()).statusCode, 200);
  const refused = await ask();
  assert.equal(refused.json<{ code: string }>().code, "stream.rate_limited");
  assert.ok(Number(refused.headers["retry-after"]) > 0);
  clock.now = new Date(clock.now.getTime() + 10_000);
  assert.equal((await ask()).statusCode, 200);
});

async function listening(count: number): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (engine.listening < count && Date.now() < deadline) await delay(5);
  assert.ok(engine.listening >= count, `${engine.listening} taps listen`);
}

/** Starts a tap and resolves once one listens. */
async function startTap(query: string) {
  const body = request("admin", "GET", `/api/v1/streams/tap?${query}`).then(
    ({ body: text }) => text,
  );
  await listening(1);
  return { body };
}
const say = (xml: string) =>
  engine.taps.say({
    streamId: "out-1",
    opened: "by_us",
    direction: "out",
    remote: "acmewave.com",
    xml,
  });

test("a tap tells what is said with its domain, keys masked, ends with its time, and is audited", async () => {
  const { body } = await startTap("remote=AcmeWave.com&seconds=1");
  say("<message/>");
  say("<db:result from='example.com' to='acmewave.com'>a-secret-key</db:result>");
  engine.taps.say({
    streamId: "9",
    opened: "by_us",
    direction: "out",
    remote: "other.example",
    xml: "<x/>",
  });
  const text = await body;
  assert.match(text, /event: begin\ndata: \{"remote":"acmewave\.com","nodeId":"testnode"/);
  assert.match(text, /"xml":"<message\/>"/);
  assert.doesNotMatch(text, /a-secret-key|<x\/>/);
  assert.match(text, /event: end\ndata: \{"reason":"time"\}/);
  assert.equal(engine.taps.isOn("acmewave.com"), false);
  assert.deepEqual((await actions()).slice(0, 2), ["end_tap", "begin_tap"]);
});

test("a flood is told by how much was left out, not by every line", async () => {
  const { body } = await startTap("remote=acmewave.com&seconds=1");
  for (let count = 0; count < 500; count++) say(`<message id='${count}'/>`);
  const text = await body;
  assert.ok(text.split("event: line").length - 1 <= 100);
  const counts = [...text.matchAll(/event: left_out\ndata: \{"count":(\d+)\}/g)].map(([, n]) =>
    Number(n),
  );
  assert.equal(
    counts.reduce((sum, one) => sum + one, 0) + text.split("event: line").length - 1,
    500,
  );
});

test("who listens to too many at once has to stop one first", async () => {
  const open = await Promise.all(
    Array.from({ length: 5 }, () => startTap("remote=acmewave.com&seconds=2")),
  );
  await listening(5);
  const sixth = await request("admin", "GET", "/api/v1/streams/tap?remote=acmewave.com");
  assert.equal(sixth.json<{ code: string }>().code, "tap.busy");
  await Promise.all(open.map(({ body }) => body));
});

test("an auditor may not listen, and nobody for longer than ten minutes", async () => {
  const tap = (who: "auditor" | "admin", query: string) =>
    request(who, "GET", `/api/v1/streams/tap?remote=acmewave.com${query}`);
  assert.equal((await tap("auditor", "")).statusCode, 403);
  assert.equal((await tap("admin", "&seconds=601")).statusCode, 400);
});

test("a tap ends as soon as its session does", async () => {
  const { body } = await startTap("remote=acmewave.com&seconds=30");
  assert.equal((await request("admin", "DELETE", "/api/v1/session")).statusCode, 204);
  assert.match(await body, /event: end\ndata: \{"reason":"session"\}/);
  assert.equal(engine.taps.isOn("acmewave.com"), false);
});
