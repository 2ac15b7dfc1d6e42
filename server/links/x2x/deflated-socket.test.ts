import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { after, test } from "node:test";
import { constants, createDeflate, deflateRawSync, deflateSync, inflateSync } from "node:zlib";
import { inflationLimits } from "#protocol/x2x/compression.ts";
import { dictionary } from "#protocol/x2x/dictionary.ts";
import { DeflatedSocket, type DeflatedSocketOptions } from "./deflated-socket.ts";

type Fault = Parameters<DeflatedSocketOptions["onFault"]>[0];

const vocabulary = Buffer.from(dictionary);
const message = (id: string, body = "Land in sight.") =>
  `<message type="chat" id="${id}" from="anna@ship.example/a" to="ben@shore.example"><body>${body}</body></message>`;

/** Both ends of a connection over loopback. */
async function connected(): Promise<readonly [Socket, Socket]> {
  const server = createServer({ pauseOnConnect: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const place = server.address();
  if (place === null || typeof place === "string") throw new Error("no port");
  const near = connect({ port: place.port, host: "127.0.0.1", noDelay: true });
  const [[far]] = (await Promise.all([once(server, "connection"), once(near, "connect")])) as [
    [Socket],
    unknown,
  ];
  server.close();
  for (const socket of [near, far]) {
    socket.on("error", () => {});
    after(() => socket.destroy());
  }
  return [near, far];
}

/** One end that compresses, and all that came out of it. */
function deflated(socket: Socket, limits = inflationLimits) {
  const faults: Fault[] = [];
  const own = new DeflatedSocket(socket, { limits, onFault: (fault) => faults.push(fault) });
  let text = "";
  let bytes = 0;
  let isEnded = false;
  own.on("error", () => {});
  own.on("end", () => (isEnded = true));
  own.on("data", (piece: Buffer) => {
    bytes += piece.length;
    if (bytes < 1_000_000) text += piece.toString();
  });
  own.resume();
  return {
    own,
    faults,
    text: () => text,
    bytes: () => bytes,
    isEnded: () => isEnded,
    until: (what: string, holds: () => boolean) => until(what, holds),
  };
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (const end = performance.now() + 10_000; !holds();) {
    if (performance.now() > end) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** What a peer that follows the format would send, without the end. */
async function streamOf(...texts: string[]): Promise<Buffer> {
  const deflate = createDeflate({ dictionary: vocabulary, flush: constants.Z_SYNC_FLUSH });
  const pieces: Buffer[] = [];
  deflate.on("data", (piece: Buffer) => pieces.push(piece));
  for (const text of texts)
    await new Promise<void>((resolve) => deflate.write(text, () => resolve()));
  return Buffer.concat(pieces);
}

const wholeOf = (text: string) => deflateSync(text, { dictionary: vocabulary });

test("RFC 1950: each write can be read before the next, one stream for each direction, and the second of a kind costs next to nothing", async () => {
  const [near, far] = await connected();
  const [a, b] = [deflated(near), deflated(far)];
  let [there, back] = ["", ""];
  const sizes: number[] = [];
  for (let id = 0; id < 30; id++) {
    const before = a.own.wireBytesOut;
    a.own.write(message(`${id}`));
    there += message(`${id}`);
    await b.until(`${id}`, () => b.text() === there);
    sizes.push(a.own.wireBytesOut - before);
    b.own.write(message(`b${id}`, "Grüße"));
    back += message(`b${id}`, "Grüße");
    await a.until(`b${id}`, () => a.text() === back);
  }
  const [first = 0, second = 0] = sizes;
  assert.ok(first < 90 && second < 16, `${sizes.join(" ")}`);
  assert.equal(b.own.wireBytesIn, a.own.wireBytesOut);
  assert.equal(a.own.wireBytesIn, b.own.wireBytesOut);
  assert.equal(a.own.bytesWritten, Buffer.byteLength(there));
  assert.equal(a.own.writableLength, 0);
  a.own.destroy();
});

test("what was handed over counts in full until the system has taken it, and many writes at once go with one flush", async () => {
  const [near, far] = await connected();
  const a = deflated(near);
  a.own.write("x".repeat(500));
  for (let n = 0; n < 100; n++) a.own.write("y".repeat(5));
  assert.equal(a.own.bytesWritten, 1_000);
  assert.equal(a.own.writableLength, 1_000);
  const b = deflated(far);
  await b.until("all of it", () => b.bytes() === 1_000);
  await a.until("taken", () => a.own.writableLength === 0);
  assert.equal(a.own.bytesWritten, 1_000);
  assert.ok(a.own.wireBytesOut < 60, `${a.own.wireBytesOut}`);
  a.own.destroy();
});

test("what has left is never counted beside what waits, not for a moment: it would be sent again", async () => {
  const [near, far] = await connected();
  deflated(far);
  const seen = new Set<number>();
  const watch = async () => {
    for (let moment = 0; moment < 10; moment++) {
      seen.add(a.own.bytesWritten);
      await Promise.resolve();
    }
  };
  const write = near.write.bind(near);
  // From the moment on in which the system has taken it.
  near.write = (bytes: Uint8Array, taken: unknown) =>
    write(bytes, (error) => {
      if (typeof taken === "function") taken(error);
      void watch();
    });
  const a = deflated(near);
  const text = message("1");
  for (let turn = 1; turn <= 20; turn++) {
    a.own.write(text);
    await a.until("taken", () => a.own.writableLength === 0);
    assert.deepEqual([...seen], [turn * text.length]);
    seen.clear();
  }
  a.own.destroy();
});

test("however its bytes are cut, the same text comes out; half a block waits for its other half", async () => {
  const texts = [message("1"), message("2"), "x".repeat(3_000)];
  const wire = await streamOf(...texts);
  const [near, far] = await connected();
  const b = deflated(far);
  near.setNoDelay(true);
  for (const octet of wire.subarray(0, -1)) {
    near.write(Uint8Array.of(octet));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await b.until("the first two", () => b.text().startsWith(texts.slice(0, 2).join("")));
  near.write(wire.subarray(-1));
  await b.until("all", () => b.text() === texts.join(""));
  assert.deepEqual(b.faults, []);
  b.own.destroy();
});

test("whatever users write, what we send is never refused: a megabyte of one letter, again and again", async () => {
  const [near, far] = await connected();
  const [a, b] = [deflated(near), deflated(far)];
  const letters = "a".repeat(1024 * 1024);
  for (let n = 0; n < 6; n++) a.own.write(n % 2 === 0 ? letters : message(`${n}`));
  const bytes = 3 * letters.length + 3 * message("1").length;
  await b.until("all of it, or a fault", () => b.bytes() === bytes || b.faults.length > 0);
  assert.deepEqual(b.faults, []);
  const { ratio, burstBytes } = inflationLimits;
  assert.ok(b.bytes() < burstBytes + ratio * b.own.wireBytesIn);
  a.own.destroy();
});

test("A7: a bomb ends after a bounded amount of text, however it is sent, and nothing of what follows is inflated", async () => {
  const bomb = wholeOf("a".repeat(50 * 1024 * 1024));
  for (const step of [bomb.length, 1_400, 100]) {
    const [near, far] = await connected();
    const b = deflated(far);
    for (let at = 0; at < bomb.length && b.faults.length === 0; at += step)
      await new Promise((resolve) => near.write(bomb.subarray(at, at + step), resolve));
    await b.until("the fault", () => b.faults.length > 0);
    assert.deepEqual(b.faults, [{ kind: "undeflatable", fault: "ratio" }]);
    const { ratio, burstBytes } = inflationLimits;
    assert.ok(b.bytes() <= burstBytes + ratio * b.own.wireBytesIn);
    assert.ok(b.bytes() < 2 * burstBytes, `${b.bytes()}`);
    const before = b.bytes();
    near.write(bomb);
    near.end();
    await b.until("the end", b.isEnded);
    assert.equal(b.bytes(), before);
    // Last words can still be said.
    const heard = inflated(near);
    b.own.end("</stream:stream>");
    assert.equal(await heard, "</stream:stream>");
  }
});

test("endless flushes that hold nothing are cut off, some between stanzas are not", async () => {
  const nothing = Buffer.from([0, 0, 0, 0xff, 0xff]);
  const [near, far] = await connected();
  const b = deflated(far);
  near.write(await streamOf(message("1")));
  for (let n = 0; n < 1_000; n++) near.write(nothing);
  await b.until("the first", () => b.text() === message("1"));
  near.write(deflateRawSync(message("2"), { finishFlush: constants.Z_SYNC_FLUSH }));
  await b.until("the second", () => b.text() === message("1") + message("2"));
  assert.deepEqual(b.faults, []);
  const many = Buffer.concat(Array.from({ length: 10_000 }, () => nothing));
  for (let n = 0; n < 2; n++) near.write(many);
  await b.until("the fault", () => b.faults.length > 0);
  assert.deepEqual(b.faults, [{ kind: "undeflatable", fault: "empty" }]);
  b.own.destroy();
});

test("what is not the format, or goes on behind its end, is told apart", async () => {
  const begun = await streamOf(message("1"));
  const whole = wholeOf(message("1"));
  const wrong = Buffer.from(whole);
  wrong.writeUInt32BE(7, wrong.length - 4);
  const cases: [Buffer[], Fault, string | null][] = [
    [[begun, Buffer.from([7, 7, 7, 7])], { kind: "undeflatable", fault: "data" }, message("1")],
    [[begun, Buffer.from(message("2"))], { kind: "undeflatable", fault: "data" }, message("1")],
    [[wrong], { kind: "undeflatable", fault: "data" }, null],
    [[whole, begun], { kind: "undeflatable", fault: "ended" }, message("1")],
    [[whole, Buffer.from([0])], { kind: "undeflatable", fault: "ended" }, message("1")],
    [[Buffer.from(message("1"))], { kind: "foreign", what: "uncompressed" }, ""],
    [[deflateSync(message("1"))], { kind: "foreign", what: "other_dictionary" }, ""],
    [[Buffer.from([0x16, 3, 1, 0])], { kind: "foreign", what: "tls" }, ""],
    [[Buffer.from("<?xml version='1.0'?>")], { kind: "foreign", what: "stream_header" }, ""],
  ];
  for (const [pieces, fault, text] of cases) {
    const [near, far] = await connected();
    const b = deflated(far);
    const [first = Buffer.alloc(0), ...rest] = pieces;
    near.write(first);
    if (rest.length > 0) await b.until("the first piece", () => b.text() === message("1"));
    for (const piece of rest) near.write(piece);
    await b.until(JSON.stringify(fault), () => b.faults.length > 0);
    assert.deepEqual(b.faults, [fault]);
    if (text !== null) assert.equal(b.text(), text);
    b.own.destroy();
  }
});

test("a connection that is cut has given all that was flushed; what came with its end is answered all the same", async () => {
  const begun = await streamOf(message("1"), message("2"));
  const [near, far] = await connected();
  const b = deflated(far);
  const heard = inflated(near);
  near.end(Buffer.concat([begun, begun.subarray(6, 20)]));
  await b.until("the end", b.isEnded);
  assert.ok(b.text().startsWith(message("1") + message("2")));
  assert.deepEqual(b.faults, []);
  b.own.end(message("3"));
  assert.equal(await heard, message("3"), "with its last block and checksum, then the end");
});

test("a peer that says nothing, or resets the connection in the middle, leaves nothing behind", async () => {
  const [silent, one] = await connected();
  const a = deflated(one);
  a.own.end();
  assert.equal((await allOf(silent)).length, 0);

  const [near, far] = await connected();
  const b = deflated(far);
  near.write(await streamOf(message("1")));
  await b.until("the first", () => b.text() === message("1"));
  for (let n = 0; n < 50; n++) b.own.write("a".repeat(100_000));
  near.resetAndDestroy();
  await b.until("the end", () => b.own.closed);
  assert.deepEqual(b.faults, []);
});

test("whatever comes, it ends as text or as a fault: 300 streams with bytes changed, left out and doubled", async () => {
  const good = await streamOf(message("1"), message("2", "x".repeat(2_000)), message("3"));
  let seed = 20_261_121;
  const random = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  const outcomes = new Set<string>();
  for (let run = 0; run < 300; run++) {
    const bytes = [...good];
    for (let n = 0; n <= random(4); n++) {
      // Most behind the header, which is judged by itself.
      const at = random(5) === 0 ? random(6) : 6 + random(bytes.length - 6);
      const kind = random(3);
      if (kind === 0) bytes[at] = random(256);
      else if (kind === 1) bytes.splice(at, 1 + random(20));
      else bytes.splice(at, 0, ...bytes.slice(at, at + random(40)));
    }
    const [near, far] = await connected();
    const b = deflated(far);
    near.end(Uint8Array.from(bytes));
    await b.until(`run ${run}`, () => b.isEnded() || b.faults.length > 0);
    const [fault] = b.faults;
    outcomes.add(fault === undefined ? "text" : fault.kind);
    b.own.destroy();
    near.destroy();
  }
  assert.deepEqual([...outcomes].toSorted(), ["foreign", "text", "undeflatable"]);
});

async function allOf(socket: Socket): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of socket) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/** All that one side hears until the other ends in order. */
async function inflated(socket: Socket): Promise<string> {
  return inflateSync(await allOf(socket), { dictionary: vocabulary }).toString();
}
