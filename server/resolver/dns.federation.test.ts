import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startKnot, type TestKnot } from "#testing/knot.ts";
import { traceFor } from "#testing/trace-harness.ts";
import { createDnsResolver, type DnsResolver, type Question } from "./dns.ts";
import { systemClock } from "./clock.ts";

// The resolver against a real name server: what the scripted one imitates, Knot does for real.

const many = Array.from({ length: 200 }, (_, i) => `big IN A 192.0.2.${i}`);
const zones = {
  example: [
    "_xmpp-server._tcp.acme IN SRV 10 50 5269 wave1.acme",
    "_xmpp-server._tcp.acme IN SRV 10 50 5269 wave2.acme",
    "_xmpp-server._tcp.acme IN SRV 20 0 31423 backup.acme",
    "acme IN A 192.0.2.7",
    "wave1.acme IN A 192.0.2.8",
    "_xmpp-server._tcp.shut IN SRV 0 0 0 .",
    "shut IN A 192.0.2.9",
    "alias IN CNAME chain.example.",
    "chain IN CNAME acme.example.",
    "loop1 IN CNAME loop2.example.",
    "loop2 IN CNAME loop1.example.",
    "outside IN CNAME host.elsewhere.",
    "*.wild IN CNAME www.wild",
    "www.wild IN A 192.0.2.10",
    "wild IN A 192.0.2.10",
    "only6 IN AAAA 2001:db8::7",
    ...many,
  ],
  elsewhere: ["host IN A 192.0.2.11"],
  broken: null,
};

describe("Knot DNS", () => {
  let knot: TestKnot;
  let dns: DnsResolver;
  before(async () => {
    knot = await startKnot("127.0.12.80", zones);
    dns = createDnsResolver({ servers: [knot], clock: systemClock, timeoutMs: 2_000 });
  });
  after(() => knot.stop());
  const ask = async (name: string, type: Question["type"]) => {
    const [report] = await dns.ask({ name, type }, true);
    assert.ok(report);
    return report;
  };
  const data = async (name: string, type: Question["type"]) =>
    (await ask(name, type)).records.map((record) => `${record.type} ${record.data}`);

  test("RFC 2782: SRV records with priority, weight, port and target", async () => {
    assert.deepEqual((await data("_xmpp-server._tcp.acme.example", "SRV")).toSorted(), [
      "SRV 10 50 5269 wave1.acme.example.",
      "SRV 10 50 5269 wave2.acme.example.",
      "SRV 20 0 31423 backup.acme.example.",
    ]);
    assert.deepEqual(await data("_xmpp-server._tcp.shut.example", "SRV"), ["SRV 0 0 0 ."]);
  });

  const outcomes: [string, Question["type"], string][] = [
    ["acme.example", "A", "answer"],
    ["acme.example", "AAAA", "nodata"],
    ["_tcp.acme.example", "SRV", "nodata"],
    ["missing.example", "A", "nxdomain"],
    ["www.broken", "A", "servfail"],
    ["www.nowhere-here", "A", "refused"],
  ];
  for (const [name, type, outcome] of outcomes) {
    test(`${type} ${name} -> ${outcome}`, async () => {
      const report = await ask(name, type);
      assert.equal(report.outcome, outcome);
      if (outcome === "nodata" || outcome === "nxdomain") assert.equal(report.negativeTtl, 60);
    });
  }

  test("aliases: a chain, one that leaves the zone, a loop, a wildcard", async () => {
    assert.deepEqual(await data("alias.example", "A"), [
      "CNAME chain.example.",
      "CNAME acme.example.",
      "A 192.0.2.7",
    ]);
    assert.deepEqual(await data("outside.example", "A"), ["CNAME host.elsewhere.", "A 192.0.2.11"]);
    const loop = await ask("loop1.example", "A");
    assert.deepEqual([loop.outcome, loop.reason], ["malformed", "cname_loop"]);
    const wild = await ask("_xmpp-server._tcp.wild.example", "SRV");
    assert.deepEqual([wild.outcome, wild.records[0]?.data], ["nodata", "www.wild.example."]);
  });

  test("RFC 7766 §5: what does not fit into UDP comes by TCP", async () => {
    const big = await ask("big.example", "A");
    assert.deepEqual([big.transport, big.records.length, big.leftOut], ["tcp", 64, 136]);
  });

  const traces: [string, string][] = [
    ["shut.example", "srv.dot"],
    ["missing.example", "dns.nxdomain"],
    ["www.broken", "dns.servfail"],
    ["www.nowhere-here", "dns.refused"],
    ["wild.example", "dns.wildcard"],
    ["loop1.example", "dns.malformed"],
    ["big.example", "dns.too_many"],
    ["acme.example", "policy.private_addr"],
  ];
  for (const [domain, code] of traces) {
    test(`a trace of ${domain} finds ${code}`, async () => {
      const wish = { dns: [knot], answers: { noSource: "link.none" }, reading: "strict" as const };
      const done = await traceFor(domain, { ...wish, settings: { allowPrivateTargets: false } });
      const codes = done.findings.map((finding) => finding.code);
      assert.ok(codes.includes(code), codes.join(", "));
      // A resolver of ours that refuses says nothing about the domain.
      assert.equal(done.xmpp, code === "dns.refused" ? "unknown" : "unreachable");
      assert.equal(done.steps[12]?.status, "failed");
    });
  }
});
