import assert from "node:assert/strict";
import { test } from "node:test";
import type { Domain } from "#protocol/xmpp/address.ts";
import type { DialbackOutcome } from "#protocol/xmpp/dialback.ts";
import type { KeyToVerify } from "./incoming-stream.ts";
import { createVerifications } from "./verifications.ts";

function keyOf(from: string, id = "s", address = "192.0.2.1"): KeyToVerify {
  const to = "home.example" as Domain;
  return { from: from as Domain, to, id, key: "k", written: { from, to }, address };
}

function desk(maxAtOnce: number) {
  const open: { key: KeyToVerify; answer: (outcome: DialbackOutcome) => void }[] = [];
  const verifications = createVerifications({
    maxAtOnce,
    ask: (key) => new Promise((answer) => open.push({ key, answer })),
  });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return { open, verifications, settled };
}

test("XEP-0220 §2.1.1: one key per sender domain is verified at a time, others beside it", async () => {
  const { open, verifications, settled } = desk(10);
  const first = verifications.verify(keyOf("a.example", "1"));
  const second = verifications.verify(keyOf("a.example", "2"));
  void verifications.verify(keyOf("b.example"));
  await settled();
  assert.deepEqual(
    open.map(({ key }) => `${key.from} ${key.id}`),
    ["a.example 1", "b.example s"],
  );
  open[0]?.answer({ kind: "valid" });
  assert.deepEqual(await first, { kind: "valid" });
  await settled();
  assert.equal(open[2]?.key.id, "2");
  open[2]?.answer({ kind: "invalid" });
  assert.deepEqual(await second, { kind: "invalid" });
});

test("XEP-0220 §2.1.1: keys beyond the bounds are refused at once, without anybody being dialled", async () => {
  const { open, verifications, settled } = desk(3);
  for (let sender = 0; sender < 3; sender++)
    void verifications.verify(keyOf(`${sender}.example`, "s", `192.0.2.${sender}`));
  await settled();
  const outcome = await verifications.verify(keyOf("late.example", "s", "192.0.2.3"));
  assert.equal(outcome.kind === "error" && outcome.condition, "resource-constraint");
  for (let id = 0; id < 31; id++)
    void verifications.verify(keyOf("0.example", String(id), `198.51.100.${id}`));
  const flooded = await verifications.verify(keyOf("0.example", "more", "203.0.113.1"));
  assert.equal(flooded.kind === "error" && flooded.condition, "resource-constraint");
  assert.equal(open.length, 3);
});

test("XEP-0220 §2.1.1: who names many domains, or invents keys of another one, leaves room for others", async () => {
  const { open, verifications, settled } = desk(30);
  const refused: string[] = [];
  const ask = async (key: KeyToVerify) => {
    const { kind } = await verifications.verify(key);
    if (kind === "error") refused.push(`${key.from} of ${key.address}`);
  };
  for (let sender = 0; sender < 30; sender++) void ask(keyOf(`${sender}.example`));
  for (let id = 0; id < 20; id++) void ask(keyOf("peer.example", String(id), "192.0.2.2"));
  await settled();
  assert.equal(open.length, 11);
  assert.equal(refused.filter((one) => one.endsWith("192.0.2.1")).length, 20);
  assert.equal(refused.filter((one) => one.startsWith("peer.example")).length, 12);
  void ask(keyOf("other.example", "s", "192.0.2.3"));
  void ask(keyOf("peer.example", "own", "192.0.2.3"));
  await settled();
  assert.equal(open.length, 12);
  for (let index = 0; index < open.length; index++) {
    open[index]?.answer({ kind: "invalid" });
    await settled();
  }
  assert.equal(open.at(-1)?.key.id, "own");
  assert.equal(refused.length, 32);
});
