import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { test } from "node:test";
import { against, agree, bothHalves, startBoth } from "../../testing/x2x-pair.ts";

// A link that breaks or falls silent while stanzas are under way.

/** Breaks a connection early while the peer reads nothing, so that something is left over. */
test("XEP-0361 §4.4: a connection that breaks early with something unsent gives it to the stream that takes over, first", async () => {
  const sockets: Socket[] = [];
  const a = await against(
    (socket) => {
      socket.pause();
      sockets.push(socket);
    },
    {},
    { limits: { firstDelayMs: 60_000, maxDelayMs: 60_000, maxQueuedBytes: 64 * 1024 * 1024 } },
    { fallsBack: true },
  );
  const body = "x".repeat(60_000);
  let sent = 0;
  for (; sent < 300; sent++) a.send("ship.example", "shore.example", `${sent}`, body);
  await a.until("the connection", () => sockets.length === 1);
  await a.until(
    "no more is taken",
    () => (a.x2x.statuses()[0]?.status.connections[0]?.waitingBytes ?? 0) > 0,
  );
  sockets[0]?.resetAndDestroy();
  await a.until("what was left over", () => a.bounced.at(-1)?.id === `${sent - 1}`);
  const ids = a.bounced.map(({ id }) => Number(id));
  assert.deepEqual(
    ids,
    ids.toSorted((one, other) => one - other),
  );
  assert.equal(a.send("ship.example", "shore.example", "next"), "none", "and then the stream");
});

const body = "x".repeat(10_000);
const whole = /<message [^>]*id="m(\d+)"><body>x{10000}<\/body><\/message>/g;

test("XEP-0361 §4.4: what has not left when a connection breaks goes on the next one, as it was, and nothing goes on both", async () => {
  const sockets: Socket[] = [];
  let first = "";
  let second = "";
  const a = await against(
    (socket) => {
      if (sockets.push(socket) > 1) return socket.on("data", (bytes) => (second += String(bytes)));
      socket.pause();
      return socket.on("data", (bytes) => {
        first += String(bytes);
        if (first.length > 3_000_000) socket.resetAndDestroy();
      });
    },
    {},
    { limits: { earlyMs: 0, maxQueuedBytes: 64 * 1024 * 1024 } },
  );
  const sent = 1_500;
  for (let id = 0; id < sent; id++) a.send("ship.example", "shore.example", `m${id}`, body);
  await a.until("the connection", () => sockets.length === 1);
  await a.until(
    "no more is taken",
    () => (a.x2x.statuses()[0]?.status.connections[0]?.waitingBytes ?? 0) > 0,
  );
  sockets[0]?.resume();
  await a.until("all of it", () => {
    const last = second.lastIndexOf(`id="m${sent - 1}"`);
    return last !== -1 && second.includes("</message>", last);
  });
  const ids = (text: string) => [...text.matchAll(whole)].map(([, id]) => Number(id));
  const again = ids(second);
  assert.equal(again.length, (second.match(/<message /g) ?? []).length, "none is without its body");
  const begun = again[0] ?? assert.fail();
  assert.deepEqual(
    again,
    Array.from({ length: sent - begun }, (_, index) => begun + index),
  );
  const before = ids(first);
  assert.ok((before.at(-1) ?? assert.fail()) < begun, `${before.at(-1)} and again from ${begun}`);
  // RFC 6120 §8.3: what the system had not wholly taken is not resent, and its senders learn of it.
  const back = a.bounced.map(({ id }) => Number(id.slice(1)));
  assert.ok(back.length > 0 && back.length * 10_000 <= 16_384, `${back.length} came back`);
  assert.deepEqual(
    back,
    Array.from({ length: back.length }, (_, index) => begun - back.length + index),
  );
  assert.equal(a.bounced[0]?.code, "x2x.turned_away");
  assert.equal(a.unproven(), begun - back.length, "what the system took is counted");
  const [{ status } = assert.fail()] = a.x2x.statuses();
  assert.equal(status.unproven, a.unproven());
  assert.deepEqual(
    before.filter((id) => back.includes(id)),
    [],
    "what comes back has hardly arrived",
  );
});

test("XEP-0199 §4.3: a peer that has answered pings and falls silent, while TCP takes all, is dead in time", async () => {
  let answers = 0;
  const a = await against(
    (socket) => {
      let text = "";
      socket.on("data", (bytes: Buffer) => {
        text += bytes.toString();
        const id = /<iq[^>]* id="([^"]+)"/.exec(text)?.[1];
        if (id === undefined || answers > 0) return;
        answers++;
        text = "";
        socket.write(`<iq type='result' from='shore.example' to='ship.example' id='${id}'/>`);
      });
    },
    {},
    { limits: { probeAfterMs: 50, answerMs: 300, earlyMs: 0 } },
  );
  a.send("ship.example", "shore.example", "1");
  await a.until("an answer", () => a.x2x.statuses()[0]?.status.connections[0]?.provenAt != null);
  assert.equal(a.unproven(), 0);
  a.send("ship.example", "shore.example", "2");
  await a.until("its end", () => a.lastError()?.code === "x2x.silent");
  assert.equal(answers, 1);
  assert.equal(a.unproven(), 1, "what nothing has proven is counted");
});

test("a peer that never answered a ping is left alone", async () => {
  const a = await against(() => {}, {}, { limits: { probeAfterMs: 50, answerMs: 100 } });
  a.send("ship.example", "shore.example", "1");
  await a.until("a ping", () => (a.x2x.statuses()[0]?.status.connections[0]?.bytesOut ?? 0) > 150);
  await a.until("its ticks", () => {
    const since = a.x2x.statuses()[0]?.status.connections[0]?.since.getTime() ?? Date.now();
    return Date.now() - since > 3_500;
  });
  assert.equal(a.lastError(), null);
});

test("XEP-0361 §2: while a link's terms change nothing slips past the agreement, is lost or overtakes", async () => {
  const agreement = await agree({ idleSeconds: null });
  const [a, b] = await startBoth(agreement);
  const outcomes = new Set<string>();
  let sent = 0;
  const sending = setInterval(() => {
    for (let n = 0; n < 5; n++) outcomes.add(a.send("ship.example", "shore.example", `${sent++}`));
  }, 1);
  for (const fallsBack of [true, false, true, false]) {
    const count = b.arrived.length + 50;
    await b.until("some more", () => b.arrived.length >= count);
    const [ours] = bothHalves(agreement, { fallsBack });
    await a.x2x.configure([ours]);
  }
  clearInterval(sending);
  await b.until("all of it", () => b.arrived.length >= sent);
  assert.deepEqual(
    b.arrived,
    Array.from({ length: sent }, (_, id) => `${id}`),
  );
  assert.deepEqual([...outcomes], ["sent"]);
  assert.deepEqual(a.bounced, []);
});

test("XEP-0361 §2: what is left of a connection that breaks while its link's terms change goes before what was sent since", async () => {
  const sockets: Socket[] = [];
  let second = "";
  const a = await against(
    (socket) => {
      if (sockets.push(socket) > 1) socket.on("data", (bytes) => (second += String(bytes)));
      else socket.pause();
    },
    {},
    { limits: { earlyMs: 0, maxQueuedBytes: 64 * 1024 * 1024 } },
  );
  let sent = 0;
  const send = (count: number) => {
    for (const end = sent + count; sent < end; sent++)
      assert.equal(a.send("ship.example", "shore.example", `m${sent}`, body), "sent");
  };
  send(1_000);
  await a.until("the connection", () => sockets.length === 1);
  const waits = () => a.x2x.statuses()[0]?.status.connections[0]?.waitingBytes ?? 0;
  await a.until("no more is taken", () => waits() > 0);
  const [terms = assert.fail()] = a.x2x.terms();
  const changes = [a.x2x.configure([{ ...terms, priority: 20 }])];
  send(10);
  changes.push(a.x2x.configure([{ ...terms, priority: 30 }]));
  send(10);
  await a.until("the new terms", () => a.x2x.terms()[0]?.priority === 30);
  assert.equal(sockets.length, 1, "the old connection ends first");
  sockets[0]?.resetAndDestroy();
  await Promise.all(changes);
  await a.until("all of it", () => second.includes(`id="m${sent - 1}"`));
  const ids = [...second.matchAll(/ id="m(\d+)"/g)].map(([, id]) => Number(id));
  const begun = ids[0] ?? assert.fail();
  assert.ok(begun < 1_000, "something was left");
  assert.deepEqual(
    ids,
    Array.from({ length: sent - begun }, (_, index) => begun + index),
  );
  const back = a.bounced.map(({ id }) => Number(id.slice(1)));
  assert.ok(
    back.every((id) => id < begun),
    "what comes back is not sent again",
  );
});

test("XEP-0361 §4.3: a link that is closed while its peer reads slowly still brings all that it sent", async () => {
  const sockets: Socket[] = [];
  let heard = "";
  const a = await against(
    (socket) => {
      socket.pause();
      sockets.push(socket);
    },
    {},
    { limits: { closeMs: 200, maxCloseMs: 15_000 } },
  );
  for (let id = 0; id < 150; id++) a.send("ship.example", "shore.example", `m${id}`, body);
  await a.until("the connection", () => sockets.length === 1);
  const socket = sockets[0] ?? assert.fail();
  const began = performance.now();
  await a.x2x.configure([]);
  // Beyond the time for a peer that has read all.
  socket.on("data", (bytes) => {
    heard += String(bytes);
    socket.pause();
    setTimeout(() => socket.resume(), 10);
    if (heard.endsWith("</stream:stream>")) socket.end("</stream:stream>");
  });
  socket.resume();
  await a.until("the closing tag", () => heard.endsWith("</stream:stream>"));
  assert.ok(performance.now() - began > 200);
  assert.equal([...heard.matchAll(whole)].length, 150);
  assert.equal(a.unproven(), 0);
});

test("a peer that takes nothing of what was sent when the link is closed costs it the count of that", async () => {
  const a = await against(
    (socket) => socket.pause(),
    {},
    { limits: { closeMs: 200, maxCloseMs: 400 } },
  );
  for (let id = 0; id < 150; id++) a.send("ship.example", "shore.example", `m${id}`, body);
  await a.until("open", () => (a.x2x.statuses()[0]?.status.connections[0]?.bytesOut ?? 0) > 0);
  await a.until("all taken", () => a.x2x.statuses()[0]?.status.connections[0]?.waitingBytes === 0);
  await a.x2x.configure([]);
  await a.until("its end", () => a.unproven() > 0);
  assert.equal(a.unproven(), 150);
});

test("XEP-0361 0.0.1: without a closing tag what is thrown away, or lost with a connection, is counted as well", async () => {
  for (const version of ["0.3", "0.0.1"] as const) {
    const sockets: Socket[] = [];
    const a = await against(
      (socket) => {
        sockets.push(socket);
        if (sockets.length === 1) return socket.write(" ");
        return socket.pause();
      },
      { version },
      { limits: { closeMs: 200, maxCloseMs: 10_000 } },
    );
    const [first, second] = [1, 150];
    const connection = () => a.x2x.statuses()[0]?.status.connections[0];
    a.send("ship.example", "shore.example", "m");
    await a.until("what was written", () => connection()?.bytesIn === 1);
    await a.until("taken", () => (connection()?.bytesOut ?? 0) > 0);
    sockets[0]?.resetAndDestroy();
    await a.until("its end", () => connection() === undefined);
    assert.equal(a.unproven(), first, version);
    for (let id = 0; id < second; id++) a.send("ship.example", "shore.example", `m${id}`, body);
    await a.until("again", () => (connection()?.bytesOut ?? 0) > 0);
    await a.until("all taken", () => connection()?.waitingBytes === 0);
    await a.x2x.stop();
    assert.equal(a.unproven(), first + second, version);
  }
});
