import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { test } from "node:test";
import { deflateSync, inflateSync } from "node:zlib";
import { dictionary } from "#protocol/x2x/dictionary.ts";
import { createCertificateLab, type LabCertificate } from "../../testing/certificate-lab.ts";
import {
  against,
  agree,
  bothHalves,
  byCertificate,
  connectionsOf,
  start,
  startBoth,
  type X2xEngine,
  type X2xEngineOptions,
} from "../../testing/x2x-pair.ts";

const lab = createCertificateLab();
const root = lab.root();
const issued = (name: string) =>
  lab.issue({ subject: `/CN=${name}`, issuer: root, extensions: [`subjectAltName = DNS:${name}`] });
const optionsOf = (name: string, { keyPem, pem }: LabCertificate): X2xEngineOptions => ({
  certificates: new Map([[name, { key: keyPem, cert: pem }]]),
  roots: [root.pem],
});
const ship = optionsOf("ship.example", issued("ship.example"));
const shore = optionsOf("shore.example", issued("shore.example"));
lab.close();

const vocabulary = Buffer.from(dictionary);
const whole = (text: string) => deflateSync(text, { dictionary: vocabulary });
const numbers = (count: number) => Array.from({ length: count }, (_, id) => `${id}`);

async function exchange(a: X2xEngine, b: X2xEngine): Promise<void> {
  for (const id of numbers(200)) assert.equal(a.send("ship.example", "shore.example", id), "sent");
  await b.until("200 stanzas", () => b.arrived.length === 200);
  assert.deepEqual(b.arrived, numbers(200));
  b.send("shore.example", "ship.example", "back");
  await a.until("the way back", () => a.arrived.length === 1);
}

test("a link with deflate carries both directions in order, over TCP and over TLS, and says what it saved", async () => {
  const names = { by: "names", pins: [] } as const;
  const secured = { opens: byCertificate, certificate: names };
  for (const [agreement, ...options] of [
    [await agree({ compression: "deflate" })],
    [
      await agree({ compression: "deflate", security: "mutual_tls" }, secured, secured),
      ship,
      shore,
    ],
  ] as const) {
    const [a, b] = await startBoth(agreement, ...options);
    await exchange(a, b);
    const [ours] = connectionsOf(a);
    const [theirs] = connectionsOf(b);
    assert.ok(ours !== undefined && theirs !== undefined && ours.inflated !== null);
    assert.ok(ours.inflated.bytesOut > 5 * ours.bytesOut, JSON.stringify(ours));
    assert.equal(theirs.bytesIn, ours.bytesOut);
    assert.equal(theirs.inflated?.bytesIn, ours.inflated.bytesOut);
    assert.equal(ours.waitingBytes, 0);
    await a.x2x.stop();
    await b.until("closed", () => connectionsOf(b).length === 0);
    assert.equal(b.lastError(), null);
    assert.equal(a.unproven() + b.unproven(), 0);
  }
});

test("XEP-0361 §4.1: a compressed link ends in order, in either version, whoever begins", async () => {
  for (const version of ["0.3", "0.0.1"] as const)
    for (const who of [0, 1] as const) {
      const engines = await startBoth(await agree({ compression: "deflate", version }));
      await exchange(...engines);
      const [first, last] = [engines[who], engines[1 - who] ?? assert.fail()];
      await first.x2x.configure([]);
      await last.until("closed", () => connectionsOf(last).length === 0);
      assert.deepEqual([first.lastError(), last.lastError()], [null, null], `${version} ${who}`);
      assert.equal(first.unproven() + last.unproven(), 0);
      await Promise.all(engines.map(({ x2x }) => x2x.stop()));
    }
});

test("one side compresses and the other does not: each says so of the other", async () => {
  const agreement = await agree({ compression: "deflate" });
  const [ours] = bothHalves(agreement);
  const [, theirs] = bothHalves({ ...agreement, compression: "none" });
  const [a, b] = [start(), start()];
  await a.x2x.configure([ours]);
  await b.x2x.configure([theirs]);
  a.send("ship.example", "shore.example", "1");
  await b.until("b says so", () => b.lastError()?.code === "x2x.deflate_here");
  b.send("shore.example", "ship.example", "2");
  await a.until("a says so", () => a.lastError()?.code === "x2x.deflate_missing");
  assert.deepEqual([a.arrived, b.arrived], [[], []]);
});

test("A7: what a compressed link must not carry ends it with a word, is named, and bombs are counted", async () => {
  const stanza = "<message from='shore.example' to='ship.example' id='in'/>";
  const bomb = `<message from='shore.example' to='ship.example'><body>${"a".repeat(9_000_000)}`;
  const empty = Buffer.concat([
    whole("").subarray(0, 6),
    ...Array.from({ length: 20_000 }, () => Buffer.from([0, 0, 0, 0xff, 0xff])),
  ]);
  const cases: [string, Buffer, string, string][] = [
    ["ratio", whole(stanza + bomb), "x2x.deflate_bomb", "policy-violation"],
    ["ratio of spaces", whole(" ".repeat(9_000_000)), "x2x.deflate_bomb", "policy-violation"],
    ["empty", empty, "x2x.deflate_bomb", "policy-violation"],
    [
      "data",
      Buffer.concat([whole(stanza).subarray(0, 6), Buffer.from([7, 7])]),
      "x2x.deflate_broken",
      "undefined-condition",
    ],
    [
      "ended",
      Buffer.concat([whole(stanza), Buffer.from("more")]),
      "x2x.deflate_broken",
      "undefined-condition",
    ],
    ["in it, a header", whole("<?xml version='1.0'?><stream:stream>"), "x2x.header", ""],
    [
      "in it, another domain",
      whole(stanza.replace("shore", "evil")),
      "x2x.from_not_agreed",
      "invalid-from",
    ],
  ];
  for (const [what, bytes, code, condition] of cases) {
    const heard: Buffer[] = [];
    const engine = await against(
      (socket: Socket) => {
        socket.on("data", (piece: Buffer) => heard.push(piece));
        socket.write(bytes);
      },
      { compression: "deflate", maxStanzaBytes: 8_000_000 },
    );
    engine.send("ship.example", "shore.example", "1");
    await engine.until(`${what}: ${code}`, () => engine.lastError()?.code === code);
    assert.equal(engine.bombs(), code === "x2x.deflate_bomb" ? 1 : 0, what);
    const said = () =>
      inflateSync(Buffer.concat(heard), { dictionary: vocabulary, finishFlush: 2 }).toString();
    if (condition !== "")
      await engine.until(`${what}: ${condition}`, () =>
        said().endsWith(
          `<stream:error><${condition} xmlns="urn:ietf:params:xml:ns:xmpp-streams"/></stream:error></stream:stream>`,
        ),
      );
    await engine.x2x.stop();
  }
});

test("a peer that stops in the middle of a block is closed in its time; one that is cut off there is lost, with half a stanza", async () => {
  const begun = whole("<message from='shore.example' to='ship.example' id='in'/>").subarray(0, 20);
  const stalled = await against((socket) => socket.write(begun), {
    compression: "deflate",
    idleSeconds: 1,
  });
  stalled.send("ship.example", "shore.example", "1");
  await stalled.until("open", () => connectionsOf(stalled).length === 1);
  await stalled.until("closed when idle", () => connectionsOf(stalled).length === 0);

  const cut = await against((socket) => void socket.once("data", () => socket.end(begun)), {
    compression: "deflate",
  });
  cut.send("ship.example", "shore.example", "1");
  await cut.until("the loss", () => cut.lastError()?.code === "x2x.lost");
  assert.deepEqual(cut.arrived, []);
});

test("RFC 6120 §13.12: the largest stanza is counted in bytes as they were before compression", async () => {
  const head = "<message from='shore.example' to='ship.example' id='";
  const large = `${head}large'><body>${"a".repeat(30_000)}</body></message>`;
  const engine = await against((socket) => socket.write(whole(`${large}${head}small'/>`)), {
    compression: "deflate",
    maxStanzaBytes: 20_000,
  });
  engine.send("ship.example", "shore.example", "1");
  await engine.until("the small one", () => engine.arrived.length === 1);
  assert.deepEqual(engine.arrived, ["small"]);
});
