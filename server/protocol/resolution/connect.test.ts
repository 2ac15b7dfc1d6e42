import assert from "node:assert/strict";
import { test } from "node:test";
import { beginFor, connectIn, type World } from "#testing/resolution-world.ts";
import { example, secure, silent, srv } from "#testing/resolution-runs.ts";
import { handle, newConnect, table, type ConnectInput, type ConnectState } from "./connect.ts";

const { resolve } = beginFor("acmewave.com");
const begin = { domain: "acmewave.com", resolve, deadlineMs: 60_000 };
const started = (): ConnectState => handle(newConnect, { kind: "begin", begin }, 0).state;
const open = (world: World, deadlineMs = 60_000) => {
  const { limits, ...rest } = beginFor("acmewave.com");
  const { state, ...run } = connectIn(world, { ...rest, limits: { ...limits, deadlineMs } });
  return { end: state.end, ...run };
};

test("RFC 6120 §3.2: SRV, addresses, the stream: no lookup is waited for longer than needed", () => {
  const { end, endedAt, begun } = open(example);
  assert.equal(end?.kind, "connected");
  assert.equal(endedAt, 110);
  assert.equal(begun.filter(({ key }) => key.startsWith("dial ")).length, 1);
});

test("RFC 8305 §5: what still races when one has won is stopped, and not watched", () => {
  const dns = { ...example.dns, "AAAA acmewave.com": ["2001:db8::7"] };
  const servers = { "127.0.0.7:5269": secure, "2001:db8::7:5269": silent };
  const { end, stopped, endedAt } = open({ ...example, dns, servers });
  assert.ok(end?.kind === "connected" && end.key.endsWith("127.0.0.7"));
  assert.deepEqual(stopped, ["dial acmewave.com acmewave.com:5269 starttls 2001:db8::7"]);
  assert.equal(endedAt, 360);
});

test("two records that lead to one place are dialled once: what failed there fails there again", () => {
  const dns = { ...example.dns, [srv]: ["1 0 5269 acmewave.com.", "2 0 5269 other.acmewave.com."] };
  const { end, begun } = open({
    dns: { ...dns, "A other.acmewave.com": ["127.0.0.7"] },
    servers: {},
  });
  assert.ok(end?.kind === "failed" && end.why.code === "tcp.refused" && end.isResolved);
  assert.equal(begun.filter(({ key }) => key.startsWith("dial ")).length, 1);
});

test("at the deadline what stalls is named, and all of it is stopped", () => {
  const dns = { ...example.dns, "A acmewave.com": ["127.0.0.7", "127.0.0.8"] };
  const servers = { "127.0.0.7:5269": silent, "127.0.0.8:5269": silent };
  const { end, endedAt, stopped } = open({ dns, servers }, 2_000);
  assert.ok(end?.kind === "failed" && end.isResolved);
  assert.deepEqual([end.why.code, endedAt, stopped.length], ["tcp.timeout", 2_000, 2]);
  const slow = { [srv]: { data: ["1 0 5269 acmewave.com."], delayMs: 5_000 } };
  const unheard = open({ dns: slow, servers }, 2_000);
  assert.ok(unheard.end?.kind === "failed" && !unheard.end.isResolved);
  assert.equal(unheard.end.why.code, "dns.timeout");
});

test("every cell of the table is there; input out of place, and after the end, changes nothing", () => {
  const inputs: ConnectInput[] = [
    { kind: "begin", begin },
    { kind: "looked_up", key: "A nobody", reports: [], isDecided: true, isFinal: true },
    { kind: "dial_progressed", key: "x", report: noDial },
    { kind: "dialled", key: "x", report: noDial, outcome: { kind: "connected", notes: [] } },
    { kind: "woke" },
    { kind: "cancel" },
  ];
  for (const row of Object.values(table))
    assert.deepEqual(
      Object.keys(row),
      inputs.map(({ kind }) => kind),
    );
  const ended = handle(started(), { kind: "cancel" }, 5).state;
  assert.equal(ended.lifecycle, "ended");
  for (const input of inputs) {
    assert.deepEqual(handle(ended, input, 9), { state: ended, effects: [] });
    if (input.kind !== "begin")
      assert.deepEqual(handle(newConnect, input, 9), { state: newConnect, effects: [] });
    if (input.kind === "begin" || "key" in input)
      assert.deepEqual(handle(started(), input, 0).effects, []);
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
