import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { after, test } from "node:test";
import type { Agreement, Side } from "#protocol/x2x/agreement.ts";
import { createCertificateLab, type LabCertificate } from "../../testing/certificate-lab.ts";
import { freePort } from "../../testing/s2s-engine.ts";
import {
  bothHalves,
  startX2x,
  type X2xEngine,
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

const running: X2xEngine[] = [];
after(() => Promise.all(running.map(({ x2x }) => x2x.stop())));

function start(options?: X2xEngineOptions): X2xEngine {
  const engine = startX2x(options);
  running.push(engine);
  return engine;
}

const byCertificate = {
  knownBy: "certificate",
  addresses: [],
  port: null,
  hostName: null,
} as const;
const implicit = { knownBy: "implicit", addresses: [], port: null, hostName: null } as const;

async function side(domain: string, more: Partial<Side> = {}): Promise<Side> {
  return {
    domains: [domain],
    listens: { host: "127.0.0.1", port: await freePort() },
    opens: implicit,
    certificate: null,
    ...more,
  };
}

/** Plain, either side opens, one connection for both directions. */
async function agree(
  more: Partial<Agreement> = {},
  ours: Partial<Side> = {},
  theirs: Partial<Side> = {},
): Promise<Agreement> {
  const sides = [await side("ship.example", ours), await side("shore.example", theirs)] as const;
  return {
    version: "0.3",
    security: "plain",
    connections: "shared",
    onInvalid: "close",
    maxStanzaBytes: 65_536,
    keepaliveSeconds: null,
    idleSeconds: 600,
    language: null,
    sides,
    ...more,
  };
}

async function startBoth(
  agreement: Agreement,
  shipOptions?: X2xEngineOptions,
  shoreOptions?: X2xEngineOptions,
): Promise<readonly [X2xEngine, X2xEngine]> {
  const [ours, theirs] = bothHalves(agreement);
  const engines = [start(shipOptions), start(shoreOptions)] as const;
  await engines[0].x2x.configure([ours]);
  await engines[1].x2x.configure([theirs]);
  return engines;
}

const connectionsOf = ({ x2x }: X2xEngine) =>
  x2x.statuses().flatMap(({ status }) => status.connections);

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
  assert.equal(connectionsOf(a)[0]?.opened, "by_us");
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

test("XEP-0361 §4.3: opened by both at the same time, all stanzas arrive in order, in many runs", async () => {
  const agreement = await agree();
  for (let run = 0; run < 40; run++) {
    const [a, b] = await startBoth(agreement);
    const delay = (run % 8) * 0.4;
    for (let id = 0; id < 20; id++) a.send("ship.example", "shore.example", `a${id}`);
    if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
    for (let id = 0; id < 20; id++) b.send("shore.example", "ship.example", `b${id}`);
    await b.until("ship's", () => b.arrived.length === 20);
    await a.until("shore's", () => a.arrived.length === 20);
    assert.deepEqual(
      b.arrived,
      Array.from({ length: 20 }, (_, id) => `a${id}`),
    );
    assert.deepEqual(
      a.arrived,
      Array.from({ length: 20 }, (_, id) => `b${id}`),
    );
    await Promise.all([a.x2x.stop(), b.x2x.stop()]);
    assert.deepEqual([...a.bounced, ...b.bounced], []);
  }
});

test("XEP-0361 §4.2.3, §5: mutual TLS, by names or by pin, and the certificate of somebody else is refused", async () => {
  const { fingerprint256 } = new (await import("node:crypto")).X509Certificate(
    shoreCertificate.pem,
  );
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

/** One half of a plain link against whatever `talk` does. */
async function against(talk: (socket: Socket) => void, more: Partial<Agreement> = {}) {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.resume();
    talk(socket);
  });
  const listens = { host: "127.0.0.1", port: await freePort() };
  server.listen(listens.port, "127.0.0.1");
  await once(server, "listening");
  after(() => void server.close());
  const agreement = await agree(more, { listens: null }, { listens, opens: null });
  const [ours] = bothHalves(agreement);
  const engine = start(ship);
  await engine.x2x.configure([ours]);
  return engine;
}

test("a peer that is set up otherwise is named for what it is", async () => {
  const cases: [string, string][] = [
    ["<?xml version='1.0'?><stream:stream>", "x2x.header"],
    ["\u0016\u0003\u0001\u0000", "x2x.tls_here"],
    ["x\u009c", "x2x.deflate_here"],
    ["HTTP/1.1 400 Bad Request\r\n", "x2x.not_x2x"],
    ["<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", "x2x.negotiates"],
    ["<message from='a@evil.example' to='ship.example'/>", "x2x.from_not_agreed"],
    ["<message from='shore.example' to='other.example'/>", "x2x.to_not_agreed"],
    ["<message to='ship.example'/>", "x2x.no_addresses"],
    ["<message></iq>", "x2x.unreadable"],
    [
      "<stream:error><reset xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>",
      "x2x.peer_error",
    ],
  ];
  for (const [said, code] of cases) {
    const engine = await against((socket) => socket.write(said, "latin1"));
    engine.send("ship.example", "shore.example", "1");
    await engine.until(code, () => engine.lastError()?.code === code);
    assert.deepEqual(engine.arrived, []);
    await engine.x2x.stop();
  }
});

test("a peer that is refused, or does not speak TLS where it was agreed, costs its stanzas an error with the reason", async () => {
  const tls = { security: "mutual_tls" } as const;
  const plain = await against((socket) => socket.write("<message/>"), tls);
  plain.send("ship.example", "shore.example", "1");
  await plain.until("a bounce", () => plain.bounced.length === 1);
  assert.equal(plain.bounced[0]?.code, "x2x.plain_there");

  const agreement = await agree({}, {}, { opens: null });
  const [ours] = bothHalves(agreement);
  const alone = start();
  await alone.x2x.configure([ours]);
  alone.send("ship.example", "shore.example", "1");
  await alone.until("a bounce", () => alone.bounced.length === 1);
  assert.equal(alone.bounced[0]?.code, "x2x.refused");
  assert.equal(
    alone.send("ship.example", "shore.example", "2"),
    "down",
    "known to be unreachable for now",
  );
});

test("a connection that breaks in the middle is counted for what may be lost, and opened anew on demand", async () => {
  const sockets: Socket[] = [];
  const read = Promise.withResolvers<void>();
  const engine = await against((socket) => {
    sockets.push(socket);
    socket.on("data", () => read.resolve());
  });
  engine.send("ship.example", "shore.example", "1");
  await read.promise;
  sockets[0]?.resetAndDestroy();
  await engine.until("the loss", () => engine.lastError()?.code === "x2x.lost");
  assert.equal(engine.unproven(), 1);
  engine.send("ship.example", "shore.example", "2");
  await engine.until("a second connection", () => sockets.length === 2);
});

test("a peer that never closes is cut off in the time that it has", async () => {
  const engine = await against((socket) => socket.pause(), { idleSeconds: 1 });
  engine.send("ship.example", "shore.example", "1");
  await engine.until("open", () => connectionsOf(engine).length === 1);
  await engine.until("cut off", () => connectionsOf(engine).length === 0);
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

test("XEP-0361 §4.5: a stanza outside the agreement is bounced where that was agreed", async () => {
  let socket: Socket | null = null;
  let heard = "";
  const engine = await against(
    (one) => {
      socket = one;
      one.on("data", (bytes: Buffer) => (heard += String(bytes)));
    },
    { onInvalid: "bounce" },
  );
  engine.send("ship.example", "shore.example", "1");
  await engine.until("open", () => socket !== null);
  const peer: Socket = socket ?? assert.fail();
  peer.write(
    "<message from='a@evil.example' to='ship.example' id='x'/><message from='shore.example' to='ship.example' id='y'/>",
  );
  await engine.until("the good one", () => engine.arrived.length === 1);
  await engine.until("the error", () => heard.includes("not-allowed"));
  assert.deepEqual(engine.outside, ["evil.example"]);
  assert.match(heard, /<message type="error" id="x" from="ship.example" to="a@evil.example">/);
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

test("a port that is taken is said, and what was set up otherwise is closed in order", async () => {
  const blocker = createServer();
  const port = await freePort();
  blocker.listen(port, "127.0.0.1");
  await once(blocker, "listening");
  const agreement = await agree({}, { listens: { host: "127.0.0.1", port } });
  const [ours] = bothHalves(agreement);
  const engine = start();
  await engine.x2x.configure([ours]);
  await engine.until("the fault", () => engine.lastError()?.code === "x2x.listen_failed");
  blocker.close();

  const [a, b] = await startBoth(await agree());
  a.send("ship.example", "shore.example", "1");
  await b.until("open", () => b.arrived.length === 1);
  await a.x2x.configure([]);
  await b.until("closed", () => connectionsOf(b).length === 0);
  assert.equal(b.lastError(), null);
  assert.equal(a.send("ship.example", "shore.example", "2"), "none");
});
