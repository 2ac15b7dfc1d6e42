import assert from "node:assert/strict";
import { test } from "node:test";
import { trace as traceSchema } from "#contract/traces.ts";
import { example } from "#testing/resolution-runs.ts";
import { beginFor, runIn } from "#testing/resolution-world.ts";
import { orphaned, traceDocument } from "./trace-document.ts";

const head = {
  id: "00000000-0000-4000-8000-000000000001",
  domain: "acmewave.com",
  reading: "overview" as const,
  isFresh: false,
  trigger: "person" as const,
  requestedBy: "alice",
  startedAt: new Date(0),
  software: "test",
  resolvers: ["192.0.2.53:53"],
};

test("the document of every moment of a trace is what the contract promises", () => {
  for (let cancelAt = 0; cancelAt < 300; cancelAt += 15) {
    const { state } = runIn(example, beginFor("acmewave.com"), { cancelAt });
    const document = traceDocument(head, state, cancelAt);
    assert.doesNotThrow(() => traceSchema.parse(document), String(cancelAt));
    assert.deepEqual(JSON.parse(JSON.stringify(document)), document);
  }
});

test("what the database could not hold is replaced: NUL and half a surrogate pair", () => {
  const items = ["a\u0000b.acmewave.com", "half\ud800.acmewave.com"];
  const world = { ...example, disco: { "items acmewave.com": { items } } };
  const { state } = runIn(world, beginFor("acmewave.com"));
  const text = JSON.stringify(traceDocument(head, state, 1_000));
  assert.doesNotMatch(text, /\\u0000|\\ud800/);
  assert.match(text, /a\ufffdb\.acmewave\.com/);
});

test("an orphan keeps what it has and has nothing running", () => {
  const { state } = runIn(example, beginFor("acmewave.com"), { cancelAt: 60 });
  const running = {
    ...traceDocument(head, { ...state, lifecycle: "running", cutShort: null, endedAt: null }, 60),
  };
  assert.equal(running.state, "running");
  const closed = orphaned(running);
  assert.deepEqual([closed.state, closed.xmpp, closed.wave], ["cancelled", "unknown", "unknown"]);
  assert.equal(closed.steps[0]?.status, "ok");
  assert.ok(closed.steps.every((step) => step.status !== "running" && step.status !== "pending"));
  assert.doesNotThrow(() => traceSchema.parse(closed));
});
