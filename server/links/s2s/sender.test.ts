import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { element } from "#protocol/xmpp/element.ts";
import { ackRequest } from "#protocol/xmpp/stream-management.ts";
import { s2sLimits } from "./limits.ts";
import { createSender, type Sender } from "./sender.ts";

const stanza = element("message", "jabber:client");
/** What a managed stream wrote, and whatever it writes later. */
let written: string[] = [];
let sender: Sender;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  written = [];
  const wire = { waiting: () => 0, lastOut: () => 0, send: (text: string) => written.push(text) };
  sender = createSender({ limits: s2sLimits, wire: () => wire, onSent() {} });
  sender.manage("asked");
  sender.manage("on");
});

afterEach(() => mock.timers.reset());

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

function send(count: number): void {
  for (let index = 0; index < count; index++) sender.send(stanza, "<message/>");
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

test("XEP-0198 §4: before the stream is closed, what is left is asked after", async () => {
  send(1);
  sender.settle();
  assert.equal(written.at(-1), ackRequest);
  mock.timers.tick(1_000);
  assert.equal(requests(), 1);
});
