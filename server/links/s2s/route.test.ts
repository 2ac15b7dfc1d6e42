import assert from "node:assert/strict";
import { test } from "node:test";
import type { Domain } from "#protocol/xmpp/address.ts";
import { element, type XmlElement } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { s2sFinding } from "./findings.ts";
import { s2sLimits } from "./limits.ts";
import type { OutgoingStream } from "./outgoing-stream.ts";
import { createRoute, type RouteFailure, type RouteStatus } from "./route.ts";

const stanza = (id: number): XmlElement => element("message", ns.stanza, { id: String(id) });
const why = s2sFinding("auth.no_sasl", "us", { domain: "far.example" });
const failure: RouteFailure = { condition: "remote-server-timeout", finding: why };
const settled = () => new Promise((resolve) => setImmediate(resolve));

function createBench(limits = s2sLimits, inAll = { queuedBytes: 0 }) {
  const sent: string[] = [];
  const bounced: string[] = [];
  const told: RouteStatus["state"][] = [];
  const attempts: ((outcome: OutgoingStream | RouteFailure) => void)[] = [];
  let unproven = 0;
  const route = createRoute(
    { local: "home.example" as Domain, remote: "far.example" as Domain },
    {
      limits,
      inAll,
      connect: () => new Promise((resolve) => attempts.push(resolve)),
      onBounce: (one, condition) => bounced.push(`${one.attributes["id"]} ${condition}`),
      onStatus: ({ state }) => told.push(state),
      onUnproven: (count) => (unproven += count),
      now: () => new Date(),
      random: () => 0,
    },
  );
  /** A stream that takes everything, or says why it does not. */
  const stream = (outcome: "sent" | "full" | "too_large" = "sent") =>
    ({
      send(one: XmlElement) {
        if (outcome === "sent") sent.push(one.attributes["id"] ?? "");
        return outcome;
      },
      close() {},
    }) as unknown as OutgoingStream;
  const send = (id: number) => route.send(stanza(id), `<message id="${id}"/>`);
  return { route, send, stream, sent, bounced, told, attempts, unproven: () => unproven };
}

test("RFC 6120 §10.1: what waited for the stream goes first, in order, and once", async () => {
  const { send, stream, sent, attempts, told, bounced } = createBench();
  for (let id = 1; id <= 3; id++) assert.equal(send(id), "sent");
  assert.equal(attempts.length, 1);
  attempts[0]?.(stream());
  await settled();
  send(4);
  assert.deepEqual(sent, ["1", "2", "3", "4"]);
  assert.deepEqual(told, ["connecting", "open"]);
  assert.deepEqual(bounced, []);
});

test("XEP-0478 §4: what is larger than the peer takes is bounced, whether it waited or not", async () => {
  const { send, stream, attempts, bounced } = createBench();
  send(1);
  attempts[0]?.(stream("too_large"));
  await settled();
  assert.equal(send(2), "sent");
  assert.deepEqual(bounced, ["1 policy-violation", "2 policy-violation"]);
});

test("RFC 6120 §10.4.3: a failed attempt bounces what waits, and until the next one is due all that comes", async () => {
  const { route, send, stream, attempts, bounced, sent } = createBench();
  send(1);
  attempts[0]?.(failure);
  await settled();
  send(2);
  assert.deepEqual(bounced, ["1 remote-server-timeout", "2 remote-server-timeout"]);
  assert.equal(attempts.length, 1);
  assert.equal(route.status().state, "failing");
  assert.equal(route.status().lastError?.code, "auth.no_sasl");
  route.hurry();
  send(3);
  attempts[1]?.(stream());
  await settled();
  assert.deepEqual(sent, ["3"]);
  assert.equal(route.status().lastError, null);
});

test("a stream is opened at once when somebody asks for it, whatever the wait; one that is being opened is enough", async () => {
  const { route, send, attempts, told } = createBench();
  send(1);
  attempts[0]?.(failure);
  await settled();
  route.reconnect();
  route.reconnect();
  assert.equal(attempts.length, 2);
  assert.deepEqual(told, ["connecting", "failing", "connecting"]);
});

test("an open stream that is to be made anew is closed first; what is sent meanwhile waits for the next", async () => {
  const { route, send, stream, attempts, sent, bounced } = createBench();
  let isOpen = true;
  const first = {
    ...stream(),
    send: () => (isOpen ? "sent" : "down"),
    close: () => (isOpen = false),
  } as unknown as OutgoingStream;
  route.reconnect();
  attempts[0]?.(first);
  await settled();
  route.reconnect();
  assert.equal(isOpen, false);
  send(1);
  assert.equal(attempts.length, 1);
  route.ended(first, { undelivered: [], unproven: 0, hasProved: false, reason: null });
  attempts[1]?.(stream());
  await settled();
  assert.deepEqual([attempts.length, sent, bounced], [2, ["1"], []]);
  route.ended(first, { undelivered: [], unproven: 0, hasProved: false, reason: null });
  assert.equal(attempts.length, 2, "asked for once, made once");
});

test("RFC 6120 §3.3: each failure makes the wait twice as long, up to its limit", async () => {
  const { route, send, attempts } = createBench({
    ...s2sLimits,
    firstDelayMs: 1_000,
    maxDelayMs: 3_000,
  });
  const waits: number[] = [];
  for (let round = 0; round < 4; round++) {
    route.hurry();
    send(round);
    attempts[round]?.(failure);
    await settled();
    const next = route.status().nextAttemptAt;
    waits.push(Math.round((Number(next) - Date.now()) / 100) / 10);
  }
  assert.deepEqual(waits, [0.5, 1, 1.5, 1.5]);
});

test("the queue is bounded by stanzas and by bytes; what is too much is said, not lost", () => {
  const few = createBench({ ...s2sLimits, maxQueuedStanzas: 2 });
  assert.deepEqual([few.send(1), few.send(2), few.send(3)], ["sent", "sent", "full"]);
  const small = createBench({ ...s2sLimits, maxQueuedBytes: 40 });
  assert.deepEqual([small.send(1), small.send(2), small.send(3)], ["sent", "sent", "full"]);
});

test("a stream that died: what it did not deliver is bounced once, and the next stanza makes a new one", async () => {
  const { route, send, stream, attempts, bounced, sent, unproven } = createBench();
  send(1);
  const first = stream();
  attempts[0]?.(first);
  await settled();
  const reason = s2sFinding("s2s.lost", "network", { domain: "far.example", phase: "" });
  route.ended(first, { undelivered: [stanza(1)], unproven: 7, hasProved: true, reason });
  assert.deepEqual(bounced, ["1 remote-server-timeout"]);
  assert.equal(unproven(), 7);
  send(2);
  attempts[1]?.(stream());
  await settled();
  assert.deepEqual(sent, ["1", "2"]);
});

test("stopped while connecting: what waits is bounced when the attempt ends, and the stream closed", async () => {
  const { route, send, stream, attempts, bounced, sent } = createBench();
  send(1);
  route.stop();
  attempts[0]?.(stream());
  await settled();
  assert.deepEqual(bounced, ["1 remote-server-timeout"]);
  assert.deepEqual(sent, []);
});

test("who asks for a stream begins the waits anew: the next failure is not waited out for a minute", async () => {
  const { route, send, attempts } = createBench();
  for (let round = 0; round < 8; round++) {
    route.hurry();
    send(round);
    attempts[round]?.(failure);
    await settled();
  }
  assert.ok(Number(route.status().nextAttemptAt) - Date.now() > 10_000);
  route.reconnect();
  attempts[8]?.(failure);
  await settled();
  assert.ok(Number(route.status().nextAttemptAt) - Date.now() <= 1_000);
});

test("RFC 6120 §13.12: what waits for invented names is bounded in all, and room that is free again counts", async () => {
  const limits = { ...s2sLimits, maxQueuedBytesInAll: 50 };
  const inAll = { queuedBytes: 0 };
  const [one, other] = [createBench(limits, inAll), createBench(limits, inAll)];
  assert.deepEqual([one.send(1), one.send(2), other.send(3)], ["sent", "sent", "full"]);
  one.attempts[0]?.(failure);
  await settled();
  assert.equal(inAll.queuedBytes, 0);
  assert.equal(other.send(4), "sent");
  other.attempts[0]?.(other.stream());
  await settled();
  assert.equal(inAll.queuedBytes, 0);
  assert.deepEqual(other.sent, ["4"]);
});

/** Opens a stream again and again and ends it with an error; the waits that follow, in seconds. */
async function waitsAfterEnds(bench: ReturnType<typeof createBench>, hasProved: boolean) {
  const { route, send, stream, attempts } = bench;
  const waits: number[] = [];
  for (let round = 0; round < 3; round++) {
    route.hurry();
    send(round);
    const opened = stream();
    attempts[round]?.(opened);
    await settled();
    assert.deepEqual([route.status().state, route.status().attempts], ["open", 0]);
    route.ended(opened, { undelivered: [], unproven: 1, hasProved, reason: why });
    const next = route.status().nextAttemptAt;
    waits.push(Math.round(Math.max(0, Number(next) - Date.now()) / 100) / 10);
  }
  return waits;
}

test("RFC 6120 §3.3: a login that is taken and followed by an error is a failed attempt, and the waits grow", async () => {
  const failing = createBench();
  assert.deepEqual(await waitsAfterEnds(failing, false), [0.5, 1, 2]);
  failing.send(9);
  assert.equal(failing.attempts.length, 3, "nothing is dialled meanwhile");
  assert.deepEqual(failing.bounced, ["9 remote-server-timeout"]);
});

test("a stream that proved itself, or held as long as the longest wait, is no failed attempt however it ends", async () => {
  assert.deepEqual(await waitsAfterEnds(createBench(), true), [0, 0, 0]);
  assert.deepEqual(
    await waitsAfterEnds(createBench({ ...s2sLimits, steadyMs: 0 }), false),
    [0, 0, 0],
  );
});

test("what came while a young stream was failing goes back with its error; who asked for a new stream gets it at once", async () => {
  const { route, send, stream, attempts, bounced } = createBench();
  const opened = { ...stream(), send: () => "down" } as unknown as OutgoingStream;
  const end = { undelivered: [], unproven: 0, hasProved: false, reason: why };
  route.reconnect();
  attempts[0]?.(opened);
  await settled();
  send(1);
  route.ended(opened, end);
  assert.deepEqual([attempts.length, bounced], [1, ["1 remote-server-timeout"]]);
  route.reconnect();
  attempts[1]?.(opened);
  await settled();
  route.reconnect();
  route.ended(opened, end);
  assert.equal(attempts.length, 3);
});
