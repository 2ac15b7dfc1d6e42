import assert from "node:assert/strict";
import { test } from "node:test";
import { element, type XmlElement } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { createOutbox } from "./outbox.ts";

const stanza = (id: number): XmlElement => element("message", ns.stanza, { id: String(id) });
const ids = (stanzas: readonly XmlElement[]) => stanzas.map(({ attributes }) => attributes["id"]);

test("without acknowledgements only what has not left the process is undelivered, the rest unproven", () => {
  const outbox = createOutbox();
  outbox.add(stanza(1));
  outbox.add(stanza(2));
  outbox.flushed(200, 200);
  outbox.add(stanza(3));
  outbox.flushed(300, 250);
  outbox.add(stanza(4));
  const end = outbox.close(250);
  assert.deepEqual(ids(end.undelivered), ["3", "4"]);
  assert.equal(end.unproven, 2);
});

test("what the peer proved by an answer is no longer unproven", () => {
  const outbox = createOutbox();
  outbox.add(stanza(1));
  outbox.flushed(100, 100);
  const place = outbox.place();
  outbox.add(stanza(2));
  outbox.flushed(200, 200);
  outbox.proved(place);
  outbox.proved(0);
  assert.deepEqual(outbox.close(200), { undelivered: [], unproven: 1 });
});

test("XEP-0198 §4: what is not acknowledged is undelivered, in order, written or not", () => {
  const outbox = createOutbox();
  outbox.add(stanza(0));
  outbox.flushed(50, 50);
  outbox.manage(true);
  for (let id = 1; id <= 5; id++) outbox.add(stanza(id));
  outbox.flushed(500, 500);
  outbox.acknowledged(3);
  assert.equal(outbox.waiting(), 2);
  const end = outbox.close(500);
  assert.deepEqual(ids(end.undelivered), ["4", "5"]);
  assert.equal(end.unproven, 0);
});

test("management that was asked for and refused leaves what was sent to the rules without it", () => {
  const outbox = createOutbox();
  outbox.manage(true);
  outbox.add(stanza(1));
  outbox.manage(false);
  outbox.flushed(100, 100);
  assert.deepEqual(outbox.close(100), { undelivered: [], unproven: 1 });
});

test("a hundred thousand stanzas that are acknowledged leave nothing behind", () => {
  const outbox = createOutbox();
  outbox.manage(true);
  for (let round = 0; round < 1_000; round++) {
    for (let id = 0; id < 100; id++) outbox.add(stanza(id));
    outbox.flushed(round, round);
    outbox.acknowledged(100);
  }
  assert.equal(outbox.waiting(), 0);
  assert.deepEqual(outbox.close(0).undelivered, []);
});
