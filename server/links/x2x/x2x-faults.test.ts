import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { test } from "node:test";
import { createCertificateLab, type LabCertificate } from "../../testing/certificate-lab.ts";
import { freePort } from "../../testing/s2s-engine.ts";
import {
  against,
  agree,
  bothHalves,
  byCertificate,
  connectionsOf,
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
  const plain = await against((socket) => socket.write("<message/>"), tls, ship);
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
  // What comes before the next attempt waits for it, and shares its end.
  assert.equal(alone.send("ship.example", "shore.example", "2"), "sent");
  await alone.until("another bounce", () => alone.bounced.length === 2);
  assert.equal(alone.bounced[1]?.id, "2");
});

test("a connection that breaks in the middle is counted for what may be lost, and opened anew on demand", async () => {
  const sockets: Socket[] = [];
  const read = Promise.withResolvers<void>();
  const engine = await against((socket) => {
    sockets.push(socket);
    // A keepalive: it has taken us for the agreed peer.
    socket.write(" ");
    socket.on("data", () => read.resolve());
  });
  engine.send("ship.example", "shore.example", "1");
  await read.promise;
  await engine.until("the keepalive", () => connectionsOf(engine)[0]?.bytesIn === 1);
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

test("within TLS, too, a peer that speaks something else or never closes is dropped, and nothing else with it", async () => {
  const certificate = { by: "names", pins: [] } as const;
  const agreement = await agree(
    { security: "mutual_tls" },
    { opens: null, certificate },
    { listens: null, opens: byCertificate, certificate },
  );
  const { port } = agreement.sides[0].listens ?? assert.fail();
  const engine = start({ ...ship, limits: { closeMs: 200 } });
  await engine.x2x.configure([bothHalves(agreement)[0]]);
  await engine.until("the port", () => engine.lastError() === null);
  const dial = async () => {
    const { key, cert } = pairOf(shoreCertificate);
    const shown = { key, cert, rejectUnauthorized: false };
    const socket = connectTls({ host: "127.0.0.1", port, ...shown });
    socket.on("error", () => {});
    await once(socket, "secureConnect");
    await engine.until("the connection", () => connectionsOf(engine).length === 1);
    return socket;
  };
  const speaker = await dial();
  speaker.write("<?xml version='1.0'?><stream:stream>");
  await engine.until("x2x.header", () => engine.lastError()?.code === "x2x.header");
  await engine.until("its end", () => connectionsOf(engine).length === 0);
  const keeper = await dial();
  keeper.write("<message from='shore.example' to='ship.example' id='1'/>");
  await engine.until("a stanza", () => engine.arrived.length === 1);
  await engine.x2x.stop();
  keeper.destroy();
});

test("a tap of one domain hears what is said with it over a link, both ways, and of other domains nothing", async () => {
  const domains = ["chat.shore.example", "shore.example"];
  const [a, b] = await startBoth(await agree({ idleSeconds: 1 }, {}, { domains }));
  const heard: string[] = [];
  const stop = a.taps.open("shore.example", ({ opened, direction, xml }) =>
    heard.push(`${opened} ${direction} ${xml}`),
  );
  a.send("ship.example", "shore.example", "1");
  a.send("ship.example", "chat.shore.example", "2");
  await b.until("both", () => b.arrived.length === 2);
  b.send("chat.shore.example", "ship.example", "3");
  b.send("shore.example", "ship.example", "4");
  await a.until("both", () => a.arrived.length === 2);
  await a.until("idle", () => connectionsOf(a).length === 0);
  stop();
  a.send("ship.example", "shore.example", "5");
  await b.until("the last", () => b.arrived.length === 3);
  assert.deepEqual(heard, [
    'by_us out <message from="ship.example" to="shore.example" id="1"/>',
    'by_us in <message from="shore.example" to="ship.example" id="4"/>',
    "by_us out </stream:stream>",
  ]);
});

test("a stanza of ours that is larger than agreed goes back and costs the link nothing; RFC 6120 §8.1.5: the link's language is that of what names none", async () => {
  const [a, b] = await startBoth(await agree({ maxStanzaBytes: 10_000, language: "de" }));
  assert.equal(a.send("ship.example", "shore.example", "large", "é".repeat(5_000)), "sent");
  assert.equal(a.send("ship.example", "shore.example", "small", "é".repeat(4_900)), "sent");
  await b.until("the small one", () => b.arrived.length === 1);
  assert.deepEqual([a.tooLarge, b.arrived], [["large"], ["small"]]);
  assert.equal(b.stanzas[0]?.attributes["xml:lang"], "de");
  assert.deepEqual([a.lastError(), b.lastError()], [null, null]);
});

test("a stanza as large as was agreed arrives, whatever else may wait", async () => {
  const [a, b] = await startBoth(await agree({ maxStanzaBytes: 6_000_000 }));
  const text = "x".repeat(5_900_000);
  assert.equal(a.send("ship.example", "shore.example", "waits", text), "sent");
  await b.until("the first", () => b.arrived.length === 1);
  assert.equal(a.send("ship.example", "shore.example", "goes", text), "sent");
  await b.until("the second", () => b.arrived.length === 2);
  assert.deepEqual(a.bounced, []);
});
