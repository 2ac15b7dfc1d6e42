import assert from "node:assert/strict";
import { test } from "node:test";
import {
  against,
  agree,
  bothHalves,
  connectionsOf,
  implicit,
  start,
  startBoth,
  type X2xEngine,
} from "../../testing/x2x-pair.ts";

// Pings across links, for traces and checks: by the link alone, and nobody's to bounce.

const answering = { answersPings: true } as const;
const never = new AbortController().signal;
const cross = ({ x2x }: X2xEngine, timeoutMs = 5_000) =>
  x2x.cross("ship.example", "shore.example", { timeoutMs, signal: never });

test("a ping opens the connection, comes back, and is the link's last proof of life", async () => {
  const [a] = await startBoth(await agree(), answering, answering);
  const crossed = await cross(a);
  assert.equal(crossed?.kind, "answered");
  assert.equal(crossed.linkId, "link");
  assert.equal(crossed.carriedBy, "link");
  assert.ok((crossed.roundTripMs ?? -1) >= 0);
  const [link] = a.x2x.linksOf("ship.example");
  assert.deepEqual([link?.state, link?.domains], ["up", ["shore.example"]]);
  assert.ok(Date.now() - Date.parse(link?.provenAt ?? "") < 60_000);
  assert.deepEqual(a.x2x.linksOf("other.example"), []);
  assert.equal(
    await a.x2x.cross("other.example", "shore.example", { timeoutMs: 1, signal: never }),
    null,
  );
});

test("a connection that cannot be made fails it with the reason, and nothing is bounced or sent by a stream", async () => {
  for (const fallsBack of [false, true]) {
    const agreement = await agree({}, {}, { opens: null });
    const [ours] = bothHalves(agreement, { fallsBack });
    const a = start();
    await a.x2x.configure([ours]);
    const crossed = await cross(a);
    assert.equal(crossed?.kind, "failed");
    assert.equal(crossed.finding?.code, "x2x.refused");
    assert.equal(crossed.carriedBy, fallsBack ? "stream" : "none");
    assert.deepEqual(a.bounced, []);
  }
});

test("silence fails it in time, and what still waits of it is nobody's when the link breaks", async () => {
  const a = await against((socket) => setTimeout(() => socket.destroy(), 400));
  const crossed = await cross(a, 100);
  assert.deepEqual([crossed?.kind, crossed?.finding], ["failed", null]);
  await a.until("the end", () => connectionsOf(a).length === 0);
  assert.deepEqual(a.bounced, []);
});

test("where only the peer may connect, nothing is sent before it has", async () => {
  const agreement = await agree({}, { opens: null });
  const [a, b] = await startBoth(agreement, answering, answering);
  assert.equal((await cross(a))?.kind, "waits");
  assert.equal(a.x2x.statuses()[0]?.status.queuedStanzas, 0);
  b.send("shore.example", "ship.example", "here");
  await a.until("its connection", () => a.arrived.length === 1);
  assert.equal((await cross(a))?.kind, "answered");
});

test("XEP-0361 §4.4: it goes by the second link when the first fails, and says so", async () => {
  const [first, second] = [
    await agree({}, { opens: implicit }, { opens: null }),
    await agree({}, {}, { opens: null }),
  ];
  const halves = [
    bothHalves(first, { id: "first", name: "first", priority: 1 }),
    bothHalves(second, { id: "second", name: "second", priority: 2 }),
  ] as const;
  const a = start(answering);
  const b = start(answering);
  await a.x2x.configure(halves.map(([ours]) => ours));
  await b.x2x.configure([halves[1][1]]);
  const crossed = await cross(a);
  assert.deepEqual([crossed?.kind, crossed?.linkId], ["answered", "second"]);
});
