import assert from "node:assert/strict";
import { test } from "node:test";
import {
  waveSrv,
  example,
  run,
  verdict,
  status,
  because,
  codes,
  attempts,
} from "#testing/resolution-runs.ts";
import { beginFor, judged, runIn } from "#testing/resolution-world.ts";
import type { DiscoReport } from "./evidence.ts";
import { handle, steps, table } from "./discover.ts";
import { newDiscovery, type Input, type Lifecycle } from "./discover-state.ts";
import { noFacts } from "./facts.ts";
import { newWalk } from "./walk.ts";

// The machine as a whole: verdicts, causes, cancelling, the table.

test("a link that fails while disco is under way ends the trace as unknown too", () => {
  const done = run({ ...example, disco: { "items acmewave.com": { kind: "not_sent" } } });
  assert.equal(verdict(done), "reachable/unknown/null");
  assert.equal(because(done, 6)?.code, "link.down");
});

test("our own server could not deliver: unreachable, though our probe got through", () => {
  const bounced = { kind: "bounced", condition: "remote-server-timeout" } as const;
  const done = run({
    ...example,
    disco: { "items acmewave.com": bounced, "info wave.acmewave.com": bounced },
  });
  assert.equal(verdict(done), "unreachable/unknown/null");
  assert.equal(done.view.headline?.code, "link.bounced");
  assert.equal(done.view.steps[4]?.status, "failed");
  assert.equal(done.view.steps[4].message?.code, "link.bounced");
  assert.equal(done.view.steps[12]?.status, "failed", "step 13 does not say that chat works");
});

test("the cause is named before its symptom: a bad certificate explains the bounce", () => {
  const bounced = { kind: "bounced", condition: "remote-server-timeout" } as const;
  const expired = judged("acmewave.com", ["cert.expired"]);
  const done = run({
    ...example,
    servers: { "127.0.0.7:5269": { kind: "secure", findings: expired } },
    disco: { "items acmewave.com": bounced, "info wave.acmewave.com": bounced },
  });
  assert.equal(done.view.headline?.code, "cert.expired");
  const order = codes(done);
  assert.ok(order.indexOf("cert.expired") < order.indexOf("link.bounced"));
  assert.equal(
    done.view.steps[4]?.status,
    "failed",
    "what the headline names is red where it was seen",
  );
  assert.equal(done.view.steps[4].message?.code, "cert.expired");
  for (const step of [6, 7, 8])
    assert.deepEqual(because(done, step), { code: "cert.expired", step: 5 });
});

test("a certificate for another name marks step 5 and the verdict", () => {
  const done = run({
    ...example,
    servers: {
      "127.0.0.7:5269": { kind: "secure", findings: judged("acmewave.com", ["cert.name"]) },
    },
  });
  assert.equal(verdict(done), "warning/found/wave.acmewave.com");
  assert.equal(done.view.headline?.code, "cert.name");
  assert.equal(status(done, 5), "warning");
});

test("policy: ourselves and blocked domains are not looked up at all", () => {
  for (const outcome of ["self", "blocked"] as const) {
    const done = run(example, { policy: { outcome, rule: `${outcome}:1` } });
    assert.equal(verdict(done), "unknown/unknown/null");
    assert.deepEqual(done.begun, []);
    assert.equal(because(done, 5)?.code, `policy.${outcome}`);
  }
});

test("cancel keeps what there is and says what was not reached", () => {
  const done = runIn(example, beginFor("acmewave.com"), { cancelAt: 60 });
  assert.equal(done.view.state, "cancelled");
  assert.equal(done.view.cancelledBy, "alice");
  assert.equal(status(done, 1), "ok");
  assert.equal(because(done, 5)?.code, "trace.cancelled");
  assert.equal(verdict(done), "unknown/unknown/null");
  assert.ok(done.stopped.length > 0);
  assert.ok(attempts(done, 5).every((attempt) => attempt.status !== "running"));
});

test("the deadline ends a trace that would go on", () => {
  const done = run(
    { ...example, disco: { "items acmewave.com": { kind: "timeout", delayMs: 90_000 } } },
    { limits: { discoTries: 5, deadlineMs: 30_000, compareMs: 1_000 } },
  );
  assert.equal(done.view.state, "done");
  assert.equal(done.endedAt, 30_000);
  assert.ok(codes(done).includes("trace.deadline"));
  assert.equal(done.view.xmpp, "warning");
});

test("speculation shortens the trace: what later steps need is asked for at the start", () => {
  const done = run(example);
  const at = (key: string) => done.begun.find((work) => work.key === key)?.at;
  assert.equal(at("items acmewave.com 1"), 0);
  assert.equal(at("A acmewave.com"), 0);
  assert.equal(at("info wave.acmewave.com 1"), 40);
  assert.equal(at(waveSrv), 40);
});

test("every cell of the table of inputs is there, and input out of place changes nothing", () => {
  const inputs: Input[] = [
    { kind: "begin", begin: beginFor("acmewave.com") },
    { kind: "looked_up", key: "A nobody", reports: [], isDecided: true, isFinal: true },
    { kind: "dial_progressed", key: "x", report: noDial },
    { kind: "dialled", key: "x", report: noDial, outcome: { kind: "connected", notes: [] } },
    { kind: "disco_answered", key: "x", report: noReport },
    { kind: "judged", key: "x", certificate: null },
    { kind: "woke" },
    { kind: "cancel", by: "bob" },
  ];
  const begun = handle(newDiscovery(), inputs[0] ?? { kind: "woke" }, 0).state;
  const ended = handle(begun, { kind: "cancel", by: "bob" }, 1).state;
  const states = { new: newDiscovery(), running: begun, ended };
  let cells = 0;
  for (const lifecycle of Object.keys(table) as Lifecycle[])
    for (const input of inputs) {
      assert.equal(typeof table[lifecycle][input.kind], "function");
      const { state, effects } = handle(states[lifecycle], input, 5);
      const isMove =
        (lifecycle === "new" && (input.kind === "begin" || input.kind === "cancel")) ||
        (lifecycle === "running" && (input.kind === "cancel" || input.kind === "woke"));
      if (!isMove) {
        assert.equal(state, states[lifecycle], `${lifecycle} ${input.kind}`);
        assert.deepEqual(effects, []);
      }
      cells += 1;
    }
  assert.equal(cells, 24);
});

test("every step waits, moves on or ends with no facts at all", () => {
  for (const step of Object.values(steps)) {
    const outcome = step(newWalk(beginFor("acmewave.com"), noFacts, 0));
    assert.ok(["wait", "goto", "end", "halt"].includes(outcome.kind));
  }
});

const noDial = {
  localAddress: null,
  phases: [],
  bytesSent: 0,
  bytesReceived: 0,
  transcript: [],
  features: [],
  tls: null,
  certificate: null,
  login: null,
};
const noReport: DiscoReport = {
  kind: "timeout",
  linkId: null,
  condition: null,
  text: null,
  items: [],
  itemsTotal: 0,
  identities: [],
  features: [],
  transcript: [],
};
