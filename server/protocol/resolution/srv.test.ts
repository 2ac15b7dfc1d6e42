import assert from "node:assert/strict";
import { test } from "node:test";
import type { DnsRecord } from "./evidence.ts";
import { drawFrom, judgeTarget, maxCandidates, parseSrvData, planService } from "./srv.ts";

const srv = (...data: string[]): { kind: "records"; records: DnsRecord[] } => ({
  kind: "records",
  records: data.map((text) => ({ name: "_x._tcp.example.org.", type: "SRV", ttl: 60, data: text })),
});
const none = { kind: "none" } as const;
const failed = { kind: "failed" } as const;
const dot = srv("0 0 0 .");
const hosts = (plan: ReturnType<typeof planService>) =>
  plan.kind === "candidates"
    ? plan.candidates.map((c) => `${c.host}:${c.port}/${c.security}`)
    : plan.kind;

test("RFC 2782: all of a priority are tried before the next, in the order of the weighted draw", () => {
  const plan = planService(
    {
      xmpps: none,
      xmpp: srv(
        "20 0 5269 backup-wave.example.com.",
        "10 50 5269 wave1.example.com.",
        "10 50 5269 wave2.example.com.",
      ),
    },
    () => 51,
  );
  assert.deepEqual(hosts(plan), [
    "wave2.example.com:5269/starttls",
    "wave1.example.com:5269/starttls",
    "backup-wave.example.com:5269/starttls",
  ]);
  assert.ok(plan.kind === "candidates");
  assert.deepEqual(plan.candidates[0]?.draw, { random: 51, total: 100 });
});

test("RFC 2782: records of weight 0 come first in the running sums, so a draw of 0 picks one", () => {
  const answers = { xmpps: none, xmpp: srv("5 9 1 heavy.org.", "5 0 1 light.org.") };
  assert.equal(hosts(planService(answers, () => 0))[0], "light.org:1/starttls");
  assert.equal(hosts(planService(answers, () => 1))[0], "heavy.org:1/starttls");
});

test("RFC 2782: over many seeds, first choices follow the weights", () => {
  const answers = { xmpps: none, xmpp: srv("1 75 1 a.org.", "1 25 2 b.org.") };
  let first = 0;
  const runs = 4_000;
  for (let seed = 0; seed < runs; seed += 1) {
    if (String(hosts(planService(answers, drawFrom(seed)))[0]).startsWith("a.org")) first += 1;
  }
  const share = first / runs;
  assert.ok(share > 0.72 && share < 0.79, String(share));
});

test("the order of a trace can be drawn again from its seed", () => {
  const answers = { xmpps: none, xmpp: srv("1 1 1 a.org.", "1 2 2 b.org.", "1 3 3 c.org.") };
  assert.deepEqual(planService(answers, drawFrom(7)), planService(answers, drawFrom(7)));
  const draw = drawFrom(1);
  for (let i = 0; i < 1_000; i += 1) {
    const value = draw(3);
    assert.ok(Number.isInteger(value) && value >= 0 && value <= 3);
  }
});

test("XEP-0368 §3.1: both service names make one list, priorities and weights mixed", () => {
  const plan = planService(
    { xmpps: srv("20 0 5270 direct.org."), xmpp: srv("10 0 5269 a.org.", "30 0 5269 b.org.") },
    () => 0,
  );
  assert.deepEqual(hosts(plan), [
    "a.org:5269/starttls",
    "direct.org:5270/direct_tls",
    "b.org:5269/starttls",
  ]);
});

const outcomes = { records: srv("1 0 5269 h.org."), dot, none, failed };
const table: [keyof typeof outcomes, keyof typeof outcomes, string | string[]][] = [
  ["records", "records", ["h.org:5269/direct_tls", "h.org:5269/starttls"]],
  ["records", "dot", ["h.org:5269/direct_tls"]],
  ["records", "none", ["h.org:5269/direct_tls"]],
  ["records", "failed", ["h.org:5269/direct_tls"]],
  ["dot", "records", ["h.org:5269/starttls"]],
  ["dot", "dot", "refused"],
  ["dot", "none", "refused"],
  ["dot", "failed", "unavailable"],
  ["none", "records", ["h.org:5269/starttls"]],
  ["none", "dot", "refused"],
  ["none", "none", "fallback"],
  ["none", "failed", "fallback"],
  ["failed", "records", ["h.org:5269/starttls"]],
  ["failed", "dot", "refused"],
  ["failed", "none", "fallback"],
  ["failed", "failed", "fallback"],
];
for (const [xmpps, xmpp, expected] of table) {
  test(`RFC 6120 §3.2.1, XEP-0368 §5: _xmpps ${xmpps} and _xmpp ${xmpp} -> ${String(expected)}`, () => {
    assert.deepEqual(
      hosts(planService({ xmpps: outcomes[xmpps], xmpp: outcomes[xmpp] }, () => 0)),
      expected,
    );
  });
}

test("RFC 6120 §3.2.2: the fallback is flagged when a lookup failed rather than said no", () => {
  const flag = (xmpps: typeof none | typeof failed, xmpp: typeof none | typeof failed) => {
    const plan = planService({ xmpps, xmpp }, () => 0);
    return plan.kind === "fallback" && plan.isFlagged;
  };
  assert.deepEqual([flag(none, none), flag(failed, none), flag(none, failed)], [false, true, true]);
});

test("a target `.` among other records is dropped, not obeyed", () => {
  const plan = planService({ xmpps: none, xmpp: srv("0 0 0 .", "1 0 5269 h.org.") }, () => 0);
  assert.deepEqual(hosts(plan), ["h.org:5269/starttls"]);
});

test("a huge set is cut, and the cut is counted", () => {
  const many = Array.from({ length: 200 }, (_, i) => `${i} 0 5269 h${i}.org.`);
  const plan = planService({ xmpps: none, xmpp: srv(...many) }, () => 0);
  assert.ok(plan.kind === "candidates");
  assert.deepEqual([plan.candidates.length, plan.leftOut], [maxCandidates, 200 - maxCandidates]);
});

test("RFC 2782: a target is the name of a host, not an address", () => {
  assert.equal(judgeTarget("192.0.2.7"), "srv.ip");
  assert.equal(judgeTarget("2001:db8::7"), "srv.ip");
  assert.equal(judgeTarget("xmpp.example.org"), null);
  assert.equal(judgeTarget("my_host.example.org"), null);
  for (const host of ["", "a..b", "a b", `${"a".repeat(64)}.org`, "x/y"])
    assert.equal(judgeTarget(host), "srv.target", host);
});

test("ill-formed SRV data is refused", () => {
  assert.deepEqual(parseSrvData("10 0 5269 Wave.Example.com."), {
    priority: 10,
    weight: 0,
    port: 5269,
    target: "wave.example.com",
  });
  for (const data of ["", "1 2 3", "1 2 3 a b", "70000 0 1 a.", "1 0 -1 a.", "1 0 99999 a."])
    assert.equal(parseSrvData(data), null, data);
});
