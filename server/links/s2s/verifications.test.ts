import assert from "node:assert/strict";
import { test } from "node:test";
import type { Domain } from "#protocol/xmpp/address.ts";
import type { DialbackOutcome } from "#protocol/xmpp/dialback.ts";
import type { KeyToVerify } from "./incoming-stream.ts";
import { createVerifications } from "./verifications.ts";

function keyOf(from: string, id = "s"): KeyToVerify {
  const to = "home.example" as Domain;
  return { from: from as Domain, to, id, key: "k", written: { from, to } };
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
  for (let sender = 0; sender < 3; sender++) void verifications.verify(keyOf(`${sender}.example`));
  await settled();
  const outcome = await verifications.verify(keyOf("late.example"));
  assert.equal(outcome.kind === "error" && outcome.condition, "resource-constraint");
  for (let id = 0; id < 7; id++) void verifications.verify(keyOf("0.example", String(id)));
  const flooded = await verifications.verify(keyOf("0.example", "more"));
  assert.equal(flooded.kind === "error" && flooded.condition, "resource-constraint");
  assert.equal(open.length, 3);
});
