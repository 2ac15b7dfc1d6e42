import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { createCertificateLab } from "../../testing/certificate-lab.ts";
import { freePort } from "../../testing/s2s-engine.ts";
import {
  agree,
  bothHalves,
  byCertificate,
  start,
  type X2xEngineOptions,
} from "../../testing/x2x-pair.ts";
import { createWaitingPlaces } from "./waiting-places.ts";

const lab = createCertificateLab();
const root = lab.root();
const [ship, shore] = ["ship.example", "shore.example"].map((name): X2xEngineOptions => {
  const extensions = [`subjectAltName = DNS:${name}`];
  const { keyPem, pem } = lab.issue({ subject: `/CN=${name}`, issuer: root, extensions });
  return { certificates: new Map([[name, { key: keyPem, cert: pem }]]), roots: [root.pem] };
});
lab.close();

const HANDSHAKE = Buffer.of(0x16);

/** Ship listens with TLS, shore comes. */
async function waitFor(limits: X2xEngineOptions["limits"]) {
  const listens = { host: "127.0.0.1", port: await freePort() };
  const certificate = { by: "names", pins: [] } as const;
  const agreement = await agree(
    { security: "mutual_tls" },
    { listens, opens: null, certificate },
    { listens: null, opens: byCertificate, certificate },
  );
  const [ours, theirs] = bothHalves(agreement);
  const engine = start({ ...ship, limits: limits ?? {} });
  await engine.x2x.configure([ours]);
  await engine.until("the port", () => engine.lastError() === null);
  return { engine, theirs, port: listens.port };
}

function come(port: number, localAddress: string): Socket {
  const socket = connect({ port, host: "127.0.0.1", localAddress });
  socket.on("error", () => {});
  socket.resume();
  return socket;
}

test("the peer gets in while a stranger, with a byte of TLS on each connection, holds all the places", async () => {
  const { engine, theirs, port } = await waitFor({ maxUnidentified: 4, maxUnidentifiedOfOne: 4 });
  const strangers = Array.from({ length: 5 }, () => come(port, "127.62.9.9"));
  for (const one of strangers) one.write(HANDSHAKE);
  // There is no fifth place: who is turned away shows that the others are taken.
  await engine.until("no place", () => strangers.some(({ closed }) => closed));
  const peer = start({ ...shore });
  await peer.x2x.configure([theirs]);
  peer.send("shore.example", "ship.example", "1");
  await engine.until("the peer", () => engine.arrived.length === 1);
  assert.equal(strangers.filter(({ closed }) => closed).length, 2, "one made room");
  assert.equal(engine.lastError(), null, "who made room is nobody's fault");
  for (const one of strangers) one.destroy();
});

test("the first byte and TLS have one time together", async () => {
  const { engine, port } = await waitFor({ connectMs: 2_000 });
  const slow = come(port, "127.62.9.9");
  const begun = performance.now();
  setTimeout(() => slow.write(HANDSHAKE), 1_500);
  await engine.until("its end", () => slow.closed);
  const ms = performance.now() - begun;
  assert.ok(ms < 3_300, `${ms} ms`);
  assert.equal(engine.lastError()?.code, "x2x.timeout");
});

test("a network has so many places and less time from half of them on; when all are taken the one with most makes room", () => {
  const places = createWaitingPlaces({
    ...{ maxUnidentified: 6, maxUnidentifiedOfOne: 4, connectMs: 60_000 },
  });
  const dropped: string[] = [];
  const take = (remoteAddress: string, name: string) => {
    const socket = { remoteAddress, destroy: () => dropped.push(name) };
    return { socket, times: places.take(socket) };
  };
  const long = { firstByteMs: 60_000, allMs: 60_000 };
  const short = { firstByteMs: 5_000, allMs: 20_000 };
  assert.deepEqual(take("192.0.2.1", "a").times, long);
  const second = take("192.0.2.1", "b");
  assert.deepEqual(second.times, long);
  assert.deepEqual(take("192.0.2.1", "c").times, short, "half of its own");
  assert.deepEqual(take("192.0.2.1", "d").times, short);
  assert.equal(take("192.0.2.1", "e").times, null, "no more of one");
  assert.deepEqual(take("192.0.2.2", "f").times, short, "half of all");
  assert.deepEqual(take("192.0.2.3", "g").times, short);
  assert.deepEqual(take("192.0.2.2", "h").times, short);
  assert.deepEqual(dropped, ["a"], "the oldest of the network that has most");
  places.leave(second.socket);
  assert.deepEqual(take("192.0.2.3", "i").times, short);
  assert.deepEqual(dropped, ["a"], "there was room");
  assert.equal(take("192.0.2.2", "j").times, null, "nobody has more than it");
  assert.deepEqual(take("192.0.2.4", "k").times, short);
  assert.deepEqual(dropped, ["a", "c"]);
});
