import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { element } from "#protocol/xmpp/element.ts";
import { ackRequest } from "#protocol/xmpp/stream-management.ts";
import { s2sLimits } from "./limits.ts";
import type { Probe } from "./proofs.ts";
import { createSender, type Sender } from "./sender.ts";

const stanza = element("message", "jabber:client");
/** What a managed stream wrote, and whatever it writes later. */
let written: string[] = [];
let sender: Sender;
/** Whether nothing is read, since the peer sends faster than it may. */
let isPaused = false;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  written = [];
  isPaused = false;
  const wire = {
    waiting: () => 0,
    bytesOut: () => 0,
    lastOut: () => 0,
    isPaused: () => isPaused,
    send: (text: string) => written.push(text),
  };
  const probe = () => assert.fail("a managed stream asks for acknowledgements");
  sender = createSender({ limits: s2sLimits, wire: () => wire, onSent() {}, probe });
  sender.manage("asked");
  sender.manage("on");
});

afterEach(() => mock.timers.reset());

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

function send(count: number, sent = stanza): void {
  for (let index = 0; index < count; index++) sender.send(sent, "<message/>");
}

const requests = () => written.filter((text) => text === ackRequest).length;

test("XEP-0198 §4: a few stanzas are asked after once, a moment later", async () => {
  send(3);
  await turn();
  assert.equal(requests(), 0);
  mock.timers.tick(25);
  assert.deepEqual(written.slice(3), [ackRequest]);
});

test("XEP-0198 §4: many stanzas of one turn are asked after at once, behind all of them", async () => {
  send(200);
  await turn();
  assert.equal(requests(), 1);
  assert.equal(written.at(-1), ackRequest);
});

test("XEP-0198 §4: while a request is under way none follows; what came later gets the next one", async () => {
  send(64);
  await turn();
  send(100);
  await turn();
  mock.timers.tick(1_000);
  assert.equal(requests(), 1);
  sender.acknowledged(64);
  await turn();
  assert.equal(requests(), 2);
  sender.acknowledged(100);
  await turn();
  mock.timers.tick(1_000);
  assert.equal(requests(), 2);
});

test("XEP-0198 §3: a peer that offers acknowledgements has its time to say that it gives them, and no more", () => {
  const now = performance.now();
  assert.equal(
    sender.tick(now + s2sLimits.acknowledgeMs * 2),
    true,
    "it said so, and nothing was sent",
  );
  sender.manage("off");
  sender.manage("asked");
  assert.equal(sender.tick(now + s2sLimits.acknowledgeMs / 2), true);
  assert.equal(sender.tick(performance.now() + s2sLimits.acknowledgeMs + 1_000), false);
  sender.manage("on");
  assert.equal(sender.tick(performance.now() + s2sLimits.acknowledgeMs + 1_000), true);
});

test("XEP-0198 §4: before the stream is closed, what is left is asked after", async () => {
  send(1);
  sender.settle();
  assert.equal(written.at(-1), ackRequest);
  mock.timers.tick(1_000);
  assert.equal(requests(), 1);
});

test("XEP-0198 §4: what followed the request that is under way is asked after, too, before the stream is closed", async () => {
  send(64);
  await turn();
  send(1);
  sender.settle();
  assert.equal(requests(), 2);
  assert.equal(written.at(-1), ackRequest);
  sender.settle();
  assert.equal(requests(), 2, "once");
});

test("RFC 6120 §4.4: nothing is asked, and no space sent, behind our closing tag", async () => {
  send(100);
  await turn();
  sender.settle();
  sender.hush();
  const said = written.length;
  sender.acknowledged(64);
  await turn();
  mock.timers.tick(1_000);
  sender.settle();
  assert.equal(sender.tick(performance.now() + s2sLimits.keepaliveMs * 2), true);
  assert.deepEqual(written.slice(said), []);
  const { answers } = unmanaged();
  send(1);
  sender.hush();
  sender.tick(performance.now() + probeAfterMs + 1_000);
  assert.equal(answers.length, 0);
});

test("XEP-0199: a stream that ends in the turn in which it would ask waits for no answer", async () => {
  const { answers } = unmanaged();
  send(probeAfterStanzas);
  sender.stop();
  await turn();
  assert.equal(answers.length, 0);
});

/** A stream without acknowledgements; `answers` of the pings so far, and what the system takes of it. */
function unmanaged() {
  const answers: (() => void)[] = [];
  const taken = { bytes: 0, waiting: 0 };
  let forgotten = 0;
  const wire = {
    waiting: () => taken.waiting,
    bytesOut: () => taken.bytes,
    lastOut: () => performance.now(),
    isPaused: () => isPaused,
    send: (text: string) => written.push(text),
  };
  const probe = (onAnswer: () => void): Probe => {
    answers.push(onAnswer);
    return { stanza, xml: `<ping ${answers.length}/>`, forget: () => forgotten++ };
  };
  sender = createSender({ limits: s2sLimits, wire: () => wire, onSent() {}, probe });
  return { answers, taken, forgotten: () => forgotten };
}

const { acknowledgeMs, probeAfterMs, probeAfterStanzas } = s2sLimits;

test("XEP-0199: without acknowledgements few stanzas are asked after when they have waited, behind them", () => {
  const { answers } = unmanaged();
  const start = performance.now();
  send(3);
  sender.tick(start + probeAfterMs - 1_000);
  assert.equal(answers.length, 0);
  sender.tick(start + probeAfterMs + 1_000);
  assert.equal(written.at(-1), "<ping 1/>");
  assert.equal(sender.outbox.unproven(), 3);
  answers[0]?.();
  assert.equal(sender.outbox.unproven(), 0);
  assert.equal(sender.life().askedAt, null);
});

test("XEP-0199: an idle stream is asked nothing more, answered or not", () => {
  for (const isAnswered of [true, false]) {
    const { answers } = unmanaged();
    const start = performance.now();
    send(1);
    for (let after = probeAfterMs; after < 3_600_000; after += 5_000) {
      assert.ok(sender.tick(start + after + 1_000), "it is not cut off for that");
      if (isAnswered) answers[0]?.();
    }
    assert.equal(answers.length, 1);
    assert.equal(sender.outbox.unproven(), isAnswered ? 0 : 1);
  }
});

test("XEP-0199: who never answers is asked once in its time, however much is sent, and late answers count", async () => {
  const { answers, forgotten } = unmanaged();
  const start = performance.now();
  for (let after = 0; after < acknowledgeMs * 10; after += 5_000) {
    send(probeAfterStanzas);
    sender.outbox.flushed(after, after);
    await turn();
    sender.tick(start + after);
  }
  assert.ok(answers.length >= 9 && answers.length <= 11, `${answers.length} pings`);
  const sent = sender.outbox.unproven();
  answers.at(-2)?.();
  assert.ok(sender.outbox.unproven() < sent / 2);
  sender.stop();
  assert.equal(forgotten(), answers.length, "nothing is waited for any more");
});

test("XEP-0199: many stanzas are asked after at once, one ping at a time: what is unproven stays bounded", async () => {
  const { answers } = unmanaged();
  let most = 0;
  for (let round = 0; round < 100; round++) {
    send(probeAfterStanzas / 2);
    sender.outbox.flushed(round, round);
    await turn();
    most = Math.max(most, sender.outbox.unproven());
    if (round % 2 === 1) answers.at(-1)?.();
    await turn();
  }
  assert.ok(most <= probeAfterStanzas * 2, `${most} unproven`);
  assert.ok(answers.length >= 40, `${answers.length} pings`);
});

test("RFC 6120 §4.6: a peer that answers nothing, and of which TCP takes no byte, is dead; a slow one is not", () => {
  const { taken } = unmanaged();
  const start = performance.now();
  send(1);
  taken.waiting = 1_000;
  sender.tick(start + probeAfterMs + 1_000);
  for (let after = 10_000; after < 300_000; after += 5_000) {
    taken.bytes += 1;
    assert.ok(sender.tick(start + after), "it takes a byte now and then");
  }
  assert.ok(sender.tick(start + 300_000 + acknowledgeMs - 6_000));
  assert.equal(sender.tick(start + 300_000 + acknowledgeMs + 1_000), false);
});

test("RFC 6120 §4.6.1: a stream on which nothing was said for a minute gets one space", () => {
  const { answers } = unmanaged();
  const start = performance.now();
  for (let after = 5_000; after <= s2sLimits.keepaliveMs; after += 5_000)
    sender.tick(start + after);
  assert.deepEqual(written, []);
  sender.tick(start + s2sLimits.keepaliveMs + 5_000);
  assert.deepEqual(written, [" "]);
  assert.equal(answers.length, 0);
});

test("XEP-0199: an answer is not asked after by itself, or two servers would ask after each other's answers for ever", async () => {
  const { answers } = unmanaged();
  const start = performance.now();
  send(1, element("iq", "jabber:client", { type: "result" }));
  send(1, element("message", "jabber:client", { type: "error" }));
  for (let after = 0; after < 600_000; after += 5_000) sender.tick(start + after);
  assert.equal(answers.length, 0);
  assert.equal(sender.outbox.unproven(), 2, "they are counted all the same");
  send(1);
  sender.tick(start + 700_000);
  answers[0]?.();
  assert.equal(sender.outbox.unproven(), 0);
  send(probeAfterStanzas, element("iq", "jabber:client", { type: "result" }));
  await turn();
  assert.equal(answers.length, 2, "many are asked after");
});

test("RFC 6120 §13.12: a peer that reads and never acknowledges keeps no more than four queues in memory", () => {
  const xml = "x".repeat(s2sLimits.maxQueuedBytes / 8);
  const outcomes = Array.from({ length: 33 }, () => sender.send(stanza, xml));
  assert.deepEqual(new Set(outcomes.slice(0, 32)), new Set(["sent"]));
  assert.equal(outcomes[32], "full");
  sender.acknowledged(1);
  assert.equal(sender.send(stanza, xml), "sent");
});

test("RFC 6120 §13.12: a peer that is not read owes no answer, acknowledged or not, until it has been read for as long", () => {
  for (const begin of [() => send(64), () => (unmanaged(), send(probeAfterStanzas))]) {
    isPaused = false;
    begin();
    mock.timers.tick(25);
    const start = performance.now();
    isPaused = true;
    let now = start;
    for (; now < start + acknowledgeMs * 3; now += 5_000) assert.ok(sender.tick(now));
    isPaused = false;
    assert.ok(sender.tick(now));
  }
});
