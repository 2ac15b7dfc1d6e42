import assert from "node:assert/strict";
import { test } from "node:test";
import { element, type XmlElement } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { createOutbox } from "./outbox.ts";

const stanza = (id: number): XmlElement => element("message", ns.stanza, { id: String(id) });
const ids = (stanzas: readonly XmlElement[]) => stanzas.map(({ attributes }) => attributes["id"]);

test("without acknowledgements only what has not left the process is undelivered, the rest unproven", () => {
  const outbox = createOutbox();
  outbox.add(stanza(1), 10);
  outbox.add(stanza(2), 10);
  outbox.flushed(200, 200);
  outbox.add(stanza(3), 10);
  outbox.flushed(300, 250);
  outbox.add(stanza(4), 10);
  const end = outbox.close(250);
  assert.deepEqual(ids(end.undelivered), ["3", "4"]);
  assert.equal(end.unproven, 2);
});

test("what the system was given and has not wholly taken is known by itself", () => {
  const outbox = createOutbox();
  for (const [id, handed] of [
    [1, 100],
    [2, 200],
    [3, 300],
  ] as const) {
    outbox.add(stanza(id), 10);
    outbox.flushed(handed, 0);
  }
  outbox.add(stanza(4), 10);
  assert.deepEqual(ids(outbox.between(100, 200)), ["2"]);
  assert.deepEqual(ids(outbox.between(100, 100)), []);
  assert.deepEqual(ids(outbox.between(0, 300)), ["1", "2", "3"]);
});

test("what the peer proved by an answer is no longer unproven", () => {
  const outbox = createOutbox();
  outbox.add(stanza(1), 10);
  outbox.flushed(100, 100);
  const place = outbox.place();
  outbox.add(stanza(2), 10);
  outbox.flushed(200, 200);
  outbox.proved(place);
  outbox.proved(0);
  assert.deepEqual(outbox.close(200), { undelivered: [], unproven: 1 });
});

test("XEP-0198 §4: what is not acknowledged is undelivered, in order, written or not", () => {
  const outbox = createOutbox();
  outbox.add(stanza(0), 10);
  outbox.flushed(50, 50);
  outbox.manage(true);
  for (let id = 1; id <= 5; id++) outbox.add(stanza(id), 10);
  outbox.flushed(500, 500);
  outbox.acknowledged(3, true);
  assert.equal(outbox.waiting(), 2);
  const end = outbox.close(500);
  assert.deepEqual(ids(end.undelivered), ["4", "5"]);
  assert.equal(end.unproven, 0);
});

test("management that was asked for and refused leaves what was sent to the rules without it", () => {
  const outbox = createOutbox();
  outbox.manage(true);
  outbox.add(stanza(1), 10);
  outbox.manage(false);
  outbox.flushed(100, 100);
  assert.deepEqual(outbox.close(100), { undelivered: [], unproven: 1 });
});

test("XEP-0198 §3: what was sent before the peer acknowledged is bounced if it never left, and counted if it did", () => {
  const outbox = createOutbox();
  outbox.add(stanza(1), 10);
  outbox.flushed(100, 100);
  outbox.add(stanza(2), 10);
  outbox.add(stanza(3), 10);
  outbox.flushed(300, 150);
  outbox.manage(true);
  outbox.add(stanza(4), 10);
  outbox.flushed(400, 150);
  assert.equal(outbox.unproven(), 3);
  outbox.acknowledged(0, false);
  const end = outbox.close(250);
  assert.deepEqual(ids(end.undelivered), ["2", "3", "4"]);
  assert.equal(end.unproven, 1);
});

for (const [what, count, isAnswer] of [
  ["an answer", 0, true],
  ["an acknowledgement of what followed", 1, false],
] as const)
  test(`XEP-0198 §4: ${what} proves what was sent before the peer acknowledged, too`, () => {
    const outbox = createOutbox();
    outbox.add(stanza(1), 10);
    outbox.flushed(100, 50);
    outbox.manage(true);
    outbox.add(stanza(2), 10);
    outbox.acknowledged(count, isAnswer);
    outbox.flushed(200, 200);
    assert.equal(outbox.waiting(), 1 - count);
    const { undelivered, unproven } = outbox.close(200);
    assert.deepEqual(ids(undelivered), count === 0 ? ["2"] : []);
    assert.equal(unproven, 0);
  });

test("what waits is kept without its children, and its length is known", () => {
  const outbox = createOutbox();
  outbox.manage(true);
  const large = element("message", ns.stanza, { id: "1" }, [element("body", ns.stanza)]);
  outbox.add(large, 1_000);
  outbox.add(stanza(2), 10);
  assert.equal(outbox.waitingUnits(), 1_010);
  outbox.acknowledged(1, true);
  assert.equal(outbox.waitingUnits(), 10);
  outbox.add(large, 1_000);
  assert.deepEqual(outbox.close(0).undelivered, [stanza(2), stanza(1)]);
});

test("whoever sends again what did not arrive keeps it whole", () => {
  const outbox = createOutbox((whole) => whole);
  const large = element("message", ns.stanza, { id: "1" }, [element("body", ns.stanza)]);
  outbox.add(large, 1_000);
  assert.deepEqual(outbox.close(0).undelivered, [large]);
});

test("a hundred thousand stanzas that are acknowledged leave nothing behind", () => {
  const outbox = createOutbox();
  outbox.manage(true);
  for (let round = 0; round < 1_000; round++) {
    for (let id = 0; id < 100; id++) outbox.add(stanza(id), 10);
    outbox.flushed(round, round);
    outbox.acknowledged(100, true);
  }
  assert.equal(outbox.waiting(), 0);
  assert.deepEqual(outbox.close(0).undelivered, []);
});
