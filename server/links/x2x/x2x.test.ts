import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, test } from "node:test";
import { X509Certificate } from "node:crypto";
import { createCertificateLab, type LabCertificate } from "../../testing/certificate-lab.ts";
import { freePort } from "../../testing/s2s-engine.ts";
import {
  agree,
  bothHalves,
  byCertificate,
  connectionsOf,
  implicit,
  start,
  startBoth,
  type X2xEngineOptions,
} from "../../testing/x2x-pair.ts";

const lab = createCertificateLab();
const root = lab.root();
const issued = (name: string) =>
  lab.issue({ subject: `/CN=${name}`, issuer: root, extensions: [`subjectAltName = DNS:${name}`] });
const shipCertificate = issued("ship.example");
const shoreCertificate = issued("shore.example");
lab.close();

const pairOf = ({ keyPem, pem }: LabCertificate) => ({ key: keyPem, cert: pem });
const ship: X2xEngineOptions = {
  certificates: new Map([["ship.example", pairOf(shipCertificate)]]),
  roots: [root.pem],
};
const shore: X2xEngineOptions = {
  certificates: new Map([["shore.example", pairOf(shoreCertificate)]]),
  roots: [root.pem],
};

test("XEP-0361 §4.3: one connection carries both directions, in order, and its opener closes it when it is idle", async () => {
  const [a, b] = await startBoth(await agree({ idleSeconds: 1 }));
  for (let id = 0; id < 100; id++)
    assert.equal(a.send("ship.example", "shore.example", `${id}`), "sent");
  await b.until("100 stanzas", () => b.arrived.length === 100);
  assert.deepEqual(
    b.arrived,
    Array.from({ length: 100 }, (_, id) => `${id}`),
  );
  assert.equal(b.send("shore.example", "ship.example", "back"), "sent");
  await a.until("the way back", () => a.arrived.length === 1);
  assert.equal(connectionsOf(a).length, 1);
  assert.equal(connectionsOf(b).length, 1);
  const [{ opened, setup } = assert.fail()] = connectionsOf(a);
  assert.equal(opened, "by_us");
  assert.deepEqual([setup.bytesSent, setup.bytesReceived], [0, 0], "nothing is said before");
  await a.until("idle", () => connectionsOf(a).length === 0);
  await b.until("its end", () => connectionsOf(b).length === 0);
  assert.equal(a.lastError(), null);
  assert.equal(b.lastError(), null);
  assert.equal(a.unproven() + b.unproven(), 0);
});

test("XEP-0361 §4.3: where it was agreed so, each side sends on a connection of its own", async () => {
  const [a, b] = await startBoth(await agree({ connections: "own" }));
  a.send("ship.example", "shore.example", "1");
  await b.until("the first", () => b.arrived.length === 1);
  b.send("shore.example", "ship.example", "2");
  await a.until("the second", () => a.arrived.length === 1);
  assert.equal(connectionsOf(a).length, 2);
  const ways = connectionsOf(a).map(({ opened, stanzasIn, stanzasOut }) => [
    opened,
    stanzasIn,
    stanzasOut,
  ]);
  assert.deepEqual(ways.toSorted(), [
    ["by_them", 1, 0],
    ["by_us", 0, 1],
  ]);
});

test("XEP-0361 §4.2.3, §5: mutual TLS, by names or by pin, and the certificate of somebody else is refused", async () => {
  const { fingerprint256 } = new X509Certificate(shoreCertificate.pem);
  const pin = fingerprint256.replaceAll(":", "").toLowerCase();
  for (const theirs of [
    { by: "names", pins: [] },
    { by: "pins", pins: [pin] },
  ] as const) {
    const agreement = await agree(
      { security: "mutual_tls" },
      { opens: byCertificate, certificate: { by: "names", pins: [] } },
      { opens: byCertificate, certificate: theirs },
    );
    const [a, b] = await startBoth(agreement, ship, shore);
    a.send("ship.example", "shore.example", "1");
    await b.until("over TLS", () => b.arrived.length === 1);
    assert.equal(connectionsOf(b)[0]?.tls?.version, "TLSv1.3");
    await Promise.all([a.x2x.stop(), b.x2x.stop()]);
  }
  const agreement = await agree(
    { security: "mutual_tls" },
    { opens: byCertificate, certificate: { by: "names", pins: [] } },
    { opens: byCertificate, certificate: { by: "pins", pins: ["0".repeat(64)] } },
  );
  const [a, b] = await startBoth(agreement, ship, shore);
  a.send("ship.example", "shore.example", "1");
  await a.until("a refusal", () => a.bounced.length === 1);
  assert.equal(a.bounced[0]?.code, "x2x.certificate_pin");
  assert.deepEqual(b.arrived, []);
});

test("a second connection resumes the TLS session of the first, and is judged like it", async () => {
  const names = { by: "names", pins: [] } as const;
  const agreement = await agree(
    { security: "mutual_tls", idleSeconds: 1 },
    { opens: byCertificate, certificate: names },
    { opens: null, certificate: names },
  );
  const [a, b] = await startBoth(agreement, ship, shore);
  const handshakes: number[] = [];
  for (const [round, isResumed] of [false, true].entries()) {
    a.send("ship.example", "shore.example", `${round}`);
    await b.until(`round ${round}`, () => b.arrived.length === round + 1);
    assert.equal(connectionsOf(a)[0]?.tls?.isResumed, isResumed);
    assert.equal(connectionsOf(b)[0]?.tls?.isResumed, isResumed);
    assert.notEqual(connectionsOf(b)[0]?.fingerprint ?? null, null);
    const { bytesSent = 0, bytesReceived = 0, ms = -1 } = connectionsOf(a)[0]?.setup ?? {};
    assert.ok(
      ms >= 0 && bytesSent > 300 && bytesReceived > 100,
      `${ms} ms, ${bytesSent} + ${bytesReceived}`,
    );
    handshakes.push(bytesSent + bytesReceived);
    await a.until("idle", () => connectionsOf(a).length === 0);
  }
  const [whole = 0, resumed = 0] = handshakes;
  assert.ok(resumed < whole, `${resumed} bytes, and ${whole} the first time`);
});

test("XEP-0361 §4.2.2: known by its address and source port; from another port or address it is refused, and said why", async () => {
  const port = await freePort();
  const opens = {
    knownBy: "address_and_port",
    addresses: ["127.0.0.1"],
    port,
    hostName: null,
  } as const;
  const agreement = await agree({ idleSeconds: 1 }, { opens }, { opens: null });
  const [a, b] = await startBoth(agreement);
  // Several times from the same port: nobody keeps it busy.
  for (let round = 1; round <= 3; round++) {
    a.send("ship.example", "shore.example", `${round}`);
    await b.until(`round ${round}`, () => b.arrived.length === round);
    assert.equal(connectionsOf(b)[0]?.port, port);
    await a.until("idle", () => connectionsOf(a).length === 0);
    await b.until("idle", () => connectionsOf(b).length === 0);
  }
  const place = agreement.sides[1].listens ?? assert.fail();
  const wrongPort = connect(place.port, "127.0.0.1");
  await once(wrongPort, "close");
  assert.equal(b.lastError()?.code, "x2x.source_port");
  const wrongAddress = connect({ port: place.port, host: "127.0.0.1", localAddress: "127.0.0.9" });
  await once(wrongAddress, "close");
  assert.equal(b.lastError()?.code, "x2x.source_address");
  assert.equal(b.arrived.length, 3);
});

test("XEP-0361 §5: reverse DNS counts only where a validating resolver vouches for it", async () => {
  const opens = {
    knownBy: "reverse_dns",
    addresses: [],
    port: null,
    hostName: "ship.example",
  } as const;
  const agreement = await agree({}, { opens }, { opens: null });
  const answers = [
    {
      names: ["ship.example"],
      isSecure: false,
      resolver: "127.0.0.1:53",
      code: "x2x.reverse_dns_insecure",
    },
    { names: ["other.example"], isSecure: true, resolver: "127.0.0.1:53", code: "x2x.reverse_dns" },
    { names: ["ship.example"], isSecure: true, resolver: "127.0.0.1:53", code: null },
  ];
  for (const { code, ...answer } of answers) {
    const [a, b] = await startBoth(agreement, {}, { reverse: async () => answer });
    a.send("ship.example", "shore.example", "1");
    if (code === null) await b.until("arrival", () => b.arrived.length === 1);
    else await b.until(code, () => b.lastError()?.code === code);
    assert.equal(b.arrived.length, code === null ? 1 : 0);
    await Promise.all([a.x2x.stop(), b.x2x.stop()]);
  }
});

test("a side that may not open waits for the peer, in order, and not for ever", async () => {
  const agreement = await agree({}, { opens: null });
  const [theirs, ours] = bothHalves(agreement);
  const shoreEngine = start({ limits: { waitMs: 1_500 } });
  await shoreEngine.x2x.configure([ours]);
  const shipEngine = start();
  // Shore may open here, ship may not: ship's stanzas wait.
  await shipEngine.x2x.configure([theirs]);
  for (const id of ["1", "2", "3"])
    assert.equal(shipEngine.send("ship.example", "shore.example", id), "sent");
  assert.equal(connectionsOf(shipEngine).length, 0);
  shoreEngine.send("shore.example", "ship.example", "go");
  await shoreEngine.until("what waited", () => shoreEngine.arrived.length === 3);
  assert.deepEqual(shoreEngine.arrived, ["1", "2", "3"]);
  await shoreEngine.x2x.stop();

  const lonely = start({ limits: { waitMs: 500 } });
  await lonely.x2x.configure([theirs]);
  lonely.send("ship.example", "shore.example", "1");
  await lonely.until("the bounce", () => lonely.bounced.length === 1);
});

test("XEP-0361 §4.4: of two links the better is used, the other when it fails, and the better again once it is back, in order", async () => {
  const [first, second] = [
    await agree({}, { opens: implicit }, { opens: null }),
    await agree({}, {}, { opens: null }),
  ];
  const halves = [
    bothHalves(first, { id: "first", name: "first", priority: 1 }),
    bothHalves(second, { id: "second", name: "second", priority: 2 }),
  ] as const;
  const a = start();
  const b = start();
  await a.x2x.configure(halves.map(([ours]) => ours));
  await b.x2x.configure([halves[1][1]]);
  let id = 0;
  const sendSome = () => {
    for (let n = 0; n < 10; n++) a.send("ship.example", "shore.example", `${id++}`);
  };
  sendSome();
  await b.until("by the second", () => b.arrived.length === id);
  const stateOf = (link: string) => a.x2x.statuses().find((one) => one.id === link)?.status;
  assert.equal(stateOf("second")?.state, "up");
  assert.equal(stateOf("first")?.lastError?.code, "x2x.refused");

  await b.x2x.configure([halves[0][1], halves[1][1]]);
  const sending = setInterval(sendSome, 20);
  after(() => clearInterval(sending));
  await a.until("the first again", () => stateOf("first")?.state === "up");
  await a.until("the second closed", () => (stateOf("second")?.connections.length ?? 1) === 0);
  clearInterval(sending);
  sendSome();
  await b.until("all of it", () => b.arrived.length === id);
  assert.deepEqual(
    b.arrived,
    Array.from({ length: id }, (_, n) => `${n}`),
  );
  assert.deepEqual(a.bounced, []);
});
