import assert from "node:assert/strict";
import { after, test } from "node:test";
import { AUTHENTIC_DATA, TRUNCATED_RESPONSE } from "dns-packet";
import type { LookupReport } from "#protocol/resolution/evidence.ts";
import { decidingReport } from "#protocol/resolution/lookups.ts";
import {
  address,
  alias,
  authority,
  respond,
  startScriptedDns,
  type ScriptedQuery,
  type ScriptedReply,
} from "#testing/scripted-dns.ts";
import { createDnsResolver, type DnsServer } from "./dns.ts";
import { parseResolvConf } from "./system-resolvers.ts";
import { systemClock } from "./clock.ts";

const running: { stop: () => Promise<void> }[] = [];
after(async () => {
  for (const server of running) await server.stop();
});
async function server(script: (query: ScriptedQuery) => ScriptedReply, at = "127.0.12.53") {
  const started = await startScriptedDns(at, script);
  running.push(started);
  return started;
}
const resolver = (servers: readonly DnsServer[], timeoutMs = 5_000, clock = systemClock) =>
  createDnsResolver({ servers, clock, timeoutMs });
const a = { name: "x.example", type: "A" } as const;
const good = (query: ScriptedQuery) => [respond(query, [address(query.name, "192.0.2.7")])];
const deciding = (reports: readonly LookupReport[]) => reports.find((report) => report.deciding);

test("an answer keeps outcome, TTL, resolver, transport and the AD bit", async () => {
  const dns = await server((query) => [
    respond(query, [address(query.name, "192.0.2.7", 120)], { flags: AUTHENTIC_DATA }),
  ]);
  const [report] = await resolver([dns]).ask(a, true);
  assert.equal(report?.outcome, "answer");
  assert.equal(report?.authenticData, true);
  assert.equal(report?.transport, "udp");
  assert.equal(report?.resolver, `127.0.12.53:${dns.port}`);
  assert.deepEqual(report?.records, [
    { name: "x.example.", type: "A", ttl: 120, data: "192.0.2.7" },
  ]);
});

test("a forged id, question, name or type is passed over, and the true answer still taken", async () => {
  const dns = await server((query) => {
    const forged = address(query.name, "203.0.113.66");
    return [
      respond({ ...query, id: query.id ^ 1 }, [forged]),
      respond({ ...query, name: "other.example" }, [forged]),
      respond({ ...query, type: "AAAA" }, [forged]),
      respond(query, [forged], { type: "query" }),
      Buffer.from("??"),
      ...good(query),
    ];
  });
  const [report] = await resolver([dns]).ask(a, true);
  assert.equal(report?.records[0]?.data, "192.0.2.7");
});

test("only forged answers come: time-out, not an answer", async () => {
  const dns = await server((query) => [
    respond({ ...query, id: query.id ^ 9 }, [address(query.name, "203.0.113.66")]),
  ]);
  const [report] = await resolver([dns], 300).ask(a, true);
  assert.equal(report?.outcome, "timeout");
});

test("each packet has an id and a source port of its own", async () => {
  const dns = await server((query) => (query.times < 3 ? [] : good(query)));
  const [report] = await resolver([dns], 8_000).ask(a, true);
  assert.equal(report?.outcome, "answer");
  assert.equal(dns.queries.length, 3);
  assert.equal(new Set(dns.queries.map(({ from }) => from?.port)).size, 3);
  assert.ok(new Set(dns.queries.map(({ id }) => id)).size > 1);
});

test("RFC 7766 §5: a truncated answer is asked for again by TCP", async () => {
  const many = (query: ScriptedQuery) =>
    Array.from({ length: 300 }, (_, i) => address(query.name, `192.0.2.${i % 250}`));
  const dns = await server((query) =>
    query.transport === "udp"
      ? [respond(query, [], { flags: TRUNCATED_RESPONSE })]
      : [respond(query, many(query))],
  );
  const [report] = await resolver([dns]).ask(a, true);
  assert.equal(report?.transport, "tcp");
  assert.equal(report?.records.length, 64);
  assert.equal(report?.leftOut, 236);
  assert.ok((report?.sizeBytes ?? 0) > 4_000);
});

test("RFC 6891 §7: a resolver that does not know EDNS is asked without it", async () => {
  const dns = await server((query) =>
    query.hasEdns ? [respond(query, [], { rcode: "FORMERR", questions: [] })] : good(query),
  );
  const [report] = await resolver([dns]).ask(a, true);
  assert.equal(report?.outcome, "answer");
});

const outcomes: [string, (query: ScriptedQuery) => ScriptedReply, string, string | null][] = [
  [
    "NXDOMAIN",
    (q) => [respond(q, [], { rcode: "NXDOMAIN", authorities: [authority("example")] })],
    "nxdomain",
    null,
  ],
  ["NODATA", (q) => [respond(q, [], { authorities: [authority("example")] })], "nodata", null],
  ["SERVFAIL", (q) => [respond(q, [], { rcode: "SERVFAIL" })], "servfail", null],
  ["REFUSED", (q) => [respond(q, [], { rcode: "REFUSED" })], "refused", null],
  ["NOTIMP", (q) => [respond(q, [], { rcode: "NOTIMP" })], "malformed", "rcode_notimp"],
  ["nothing", () => [], "timeout", null],
  [
    "a loop of aliases",
    (q) => [respond(q, [alias("x.example", "y.example"), alias("y.example", "x.example")])],
    "malformed",
    "cname_loop",
  ],
  [
    "a loop of aliases over messages",
    (q) => [respond(q, [alias(q.name, q.name === "x.example" ? "y.example" : "x.example")])],
    "malformed",
    "cname_loop",
  ],
  [
    "an endless chain",
    (q) => [respond(q, [alias(q.name, `n${q.name}`)])],
    "malformed",
    "cname_chain",
  ],
  [
    "an address of two bytes",
    (q) => [shorten(respond(q, [address(q.name, "192.0.2.7")]))],
    "malformed",
    "rdata",
  ],
  [
    "RFC 2181 §9: an answer that says over TCP, too, that it was cut",
    (q) => [respond(q, [], { flags: TRUNCATED_RESPONSE })],
    "malformed",
    "message",
  ],
  [
    "a cut packet",
    (q) => [respond(q, [address(q.name, "192.0.2.7")]).subarray(0, 30)],
    "malformed",
    "message",
  ],
];
for (const [name, script, outcome, reason] of outcomes) {
  test(`${name} -> ${outcome}${reason === null ? "" : `, ${reason}`}`, async () => {
    const dns = await server(script);
    const [report] = await resolver([dns], outcome === "timeout" ? 400 : 5_000).ask(a, true);
    assert.deepEqual([report?.outcome, report?.reason], [outcome, reason]);
    assert.equal(report?.deciding, true);
  });
}

/** Makes RDLENGTH of the last record 2 and drops its last two bytes. */
function shorten(packet: Buffer): Buffer {
  const cut = Buffer.from(packet.subarray(0, packet.length - 2));
  cut.writeUInt16BE(2, cut.length - 4);
  return cut;
}

test("nobody listens at the resolver's address: unreachable, told apart from silence", async () => {
  const [report] = await resolver([{ address: "127.0.12.54", port: 9 }]).ask(a, true);
  assert.equal(report?.outcome, "unreachable");
});

test("an alias that leaves the answer is followed with another question", async () => {
  const dns = await server((query) =>
    query.name === "x.example"
      ? [respond(query, [alias("x.example", "far.example.net")])]
      : good(query),
  );
  const [report] = await resolver([dns]).ask(a, true);
  assert.deepEqual(
    report?.records.map(({ type, data }) => `${type} ${data}`),
    ["CNAME far.example.net.", "A 192.0.2.7"],
  );
});

test("names that the codec would mangle are not sent at all", async () => {
  const dns = await server(good);
  for (const name of [`${"a".repeat(80)}.example`, "", "a b.example"]) {
    const [report] = await resolver([dns]).ask({ name, type: "A" }, true);
    assert.equal(report?.outcome, "not_asked");
  }
  assert.equal(dns.queries.length, 0);
});

test("several resolvers: the first that has something to say decides, SERVFAIL included", async () => {
  const refuses = await server((query) => [respond(query, [], { rcode: "REFUSED" })]);
  const fails = await server((query) => [respond(query, [], { rcode: "SERVFAIL" })]);
  const answers = await server(good);
  const silent = await server(() => []);
  const who = async (...servers: DnsServer[]) => {
    const reports = await resolver(servers, 700).ask(a, true);
    assert.equal(reports.length, servers.length);
    return deciding(reports)?.outcome;
  };
  assert.equal(await who(answers, fails), "answer");
  assert.equal(await who(fails, answers), "servfail");
  assert.equal(await who(refuses, answers), "answer");
  assert.equal(await who(silent, refuses, answers), "answer");
  assert.equal(await who(silent, refuses), "timeout");
});

test("the answer that decides is told before the slower resolvers have answered", async () => {
  const fast = await server(good);
  const slow = await server((query) => ({ delayMs: 150, packets: good(query) }));
  const progress: string[] = [];
  await new Promise<void>((resolve) => {
    resolver([fast, slow]).lookup(a, {
      isFresh: true,
      signal: new AbortController().signal,
      onProgress: ({ reports, isDecided, isFinal }) => {
        progress.push(`${reports.length} ${isDecided} ${isFinal}`);
        if (isFinal) resolve();
      },
    });
  });
  assert.deepEqual(progress, ["1 true false", "2 true true"]);
});

test("a resolver that was silent is given a second until it answers again", async () => {
  const silent = await server(() => []);
  const answers = await server(good);
  const both = resolver([silent, answers], 3_000);
  await both.ask(a, true);
  const before = performance.now();
  await both.ask(a, true);
  assert.ok(performance.now() - before < 2_900);
});

test("an aborted lookup tells nothing more and leaves no socket behind", async () => {
  const silent = await server(() => []);
  const controller = new AbortController();
  let told = 0;
  resolver([silent], 5_000).lookup(a, {
    isFresh: true,
    signal: controller.signal,
    onProgress: () => {
      told += 1;
    },
  });
  controller.abort();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(told, 0);
});

test("RFC 6120 §13.9.2: answers are kept within their TTL, a no within the SOA's, and `fresh` asks anew", async () => {
  let now = 1_000;
  const dns = await server((query) =>
    query.name === "x.example"
      ? [respond(query, [address(query.name, "192.0.2.7", 30)])]
      : [
          respond(query, [], {
            rcode: query.name === "gone.example" ? "NXDOMAIN" : "SERVFAIL",
            authorities: [authority("example", 10)],
          }),
        ],
  );
  const caching = resolver([dns], 5_000, { now: () => now });
  const ask = async (name: string, isFresh = false) =>
    (await caching.ask({ name, type: "A" }, isFresh))[0];
  assert.equal((await ask("x.example"))?.ageMs, null);
  now += 12_500;
  const kept = await ask("x.example");
  assert.deepEqual([kept?.ageMs, kept?.records[0]?.ttl], [12_500, 17]);
  assert.equal((await ask("x.example", true))?.ageMs, null);
  now += 30_000;
  assert.equal((await ask("x.example"))?.ageMs, null);

  assert.equal((await ask("gone.example"))?.ageMs, null);
  now += 9_000;
  assert.equal((await ask("gone.example"))?.ageMs, 9_000);
  now += 1_000;
  assert.equal((await ask("gone.example"))?.ageMs, null);

  await ask("broken.example");
  assert.equal((await ask("broken.example"))?.ageMs, null);
});

test("resolv.conf(5): up to three nameservers, comments and options passed over", () => {
  const text =
    "# x\nsearch a\n nameserver 192.0.2.1\nnameserver ::1\nnameserver bad\nnameserver fe80::1%eth0\nnameserver 192.0.2.9\n";
  assert.deepEqual(
    parseResolvConf(text).map((entry) => entry.address),
    ["192.0.2.1", "::1", "fe80::1%eth0"],
  );
});

test("random bytes from a resolver never throw", async () => {
  let seed = 7;
  const byte = () => (seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff) >> 8;
  const dns = await server((query) =>
    Array.from({ length: 40 }, () => {
      const packet = respond(query, [
        address(query.name, "192.0.2.7"),
        alias(query.name, "y.example"),
      ]);
      for (let i = 0; i < 6; i += 1) packet[2 + (byte() % (packet.length - 2))] = byte() & 255;
      return packet;
    }),
  );
  for (let i = 0; i < 50; i += 1) {
    const reports = await resolver([dns], 100).ask({ name: `x${i}.example`, type: "A" }, true);
    assert.equal(reports.length, 1);
    assert.notEqual(
      decidingReport({
        work: { kind: "lookup", ...a },
        reports,
        isDecided: true,
        isFinal: true,
        startedAt: 0,
        endedAt: 0,
      }),
      null,
    );
  }
});
