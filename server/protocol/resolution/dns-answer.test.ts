import assert from "node:assert/strict";
import { test } from "node:test";
import { isAskable, isWireName, maxRecords, readAnswer, type RawRecord } from "./dns-answer.ts";

const record = (name: string, type: string, data: unknown, ttl = 300): RawRecord => ({
  name,
  type,
  class: "IN",
  ttl,
  data,
});
const message = (rcode: string, answers: RawRecord[], authorities: RawRecord[] = []) => ({
  rcode,
  answers,
  authorities,
});
const soa = record("example.org", "SOA", { minimum: 60 }, 900);
const srv = { name: "_xmpp-server._tcp.example.org", type: "SRV" } as const;

test("RFC 2308 §2: NXDOMAIN, NODATA, SERVFAIL, REFUSED and odd rcodes are different answers", () => {
  const outcomes = ["NXDOMAIN", "NOERROR", "SERVFAIL", "REFUSED", "NOTAUTH", "NOTIMP"].map(
    (rcode) => readAnswer(message(rcode, [], [soa]), srv),
  );
  assert.deepEqual(
    outcomes.map(({ outcome }) => outcome),
    ["nxdomain", "nodata", "servfail", "refused", "refused", "malformed"],
  );
  assert.equal(outcomes[5]?.reason, "rcode_notimp");
});

test("RFC 2308 §5: a negative answer is kept for the lesser of the SOA's TTL and minimum", () => {
  assert.equal(readAnswer(message("NXDOMAIN", [], [soa]), srv).negativeTtl, 60);
  const short = record("example.org", "SOA", { minimum: 60 }, 5);
  assert.equal(readAnswer(message("NOERROR", [], [short]), srv).negativeTtl, 5);
  assert.equal(readAnswer(message("NXDOMAIN", []), srv).negativeTtl, null);
});

test("RFC 1034 §3.6.2: the chain of aliases is followed and kept in order", () => {
  const answer = readAnswer(
    message("NOERROR", [
      record("c.example.org", "A", "192.0.2.7", 10),
      record("B.example.org", "CNAME", "c.example.org"),
      record("a.example.org", "CNAME", "b.EXAMPLE.org", 20),
      record("stranger.example.net", "A", "192.0.2.66"),
    ]),
    { name: "A.example.org", type: "A" },
  );
  assert.equal(answer.outcome, "answer");
  assert.deepEqual(
    answer.records.map(({ name, type, data }) => `${name} ${type} ${data}`),
    [
      "a.example.org. CNAME b.EXAMPLE.org.",
      "B.example.org. CNAME c.example.org.",
      "c.example.org. A 192.0.2.7",
    ],
  );
});

test("a loop of aliases is malformed, and so is a chain of more than eight", () => {
  const loop = readAnswer(
    message("NOERROR", [
      record("a.example.org", "CNAME", "b.example.org"),
      record("b.example.org", "CNAME", "a.example.org"),
    ]),
    { name: "a.example.org", type: "A" },
  );
  assert.deepEqual([loop.outcome, loop.reason], ["malformed", "cname_loop"]);
  const long = readAnswer(
    message(
      "NOERROR",
      Array.from({ length: 12 }, (_, i) =>
        record(`n${i}.example.org`, "CNAME", `n${i + 1}.example.org`),
      ),
    ),
    { name: "n0.example.org", type: "A" },
  );
  assert.deepEqual([long.outcome, long.reason], ["malformed", "cname_chain"]);
});

test("a chain that leaves the message is asked on, unless an SOA says that it ends in nothing", () => {
  const out = [record("a.example.org", "CNAME", "x.example.net")];
  assert.equal(
    readAnswer(message("NOERROR", out), { name: "a.example.org", type: "A" }).continueWith,
    "x.example.net.",
  );
  const ended = readAnswer(message("NOERROR", out, [soa]), { name: "a.example.org", type: "A" });
  assert.deepEqual([ended.outcome, ended.continueWith], ["nodata", null]);
});

test("broken RDATA that the codec lets through makes the answer malformed", () => {
  const broken: [string, unknown][] = [
    ["A", "9.9.undefined.undefined"],
    ["A", "::1"],
    ["A", 7],
    ["AAAA", "192.0.2.1"],
    ["SRV", { priority: 70_000, weight: 0, port: 1, target: "a" }],
    ["SRV", { priority: 1, weight: 0, port: 1, target: "a b" }],
    ["SRV", { priority: 1, weight: 0, port: 1, target: "caf\ufffd.example" }],
    ["SRV", null],
    ["CNAME", "a..b"],
    ["CNAME", 1],
  ];
  for (const [type, data] of broken) {
    const answer = readAnswer(message("NOERROR", [record(srv.name, type, data)]), srv);
    assert.deepEqual(
      [answer.outcome, answer.reason],
      ["malformed", "rdata"],
      `${type} ${String(data)}`,
    );
  }
});

test("an answer of thousands of records is cut, and says by how many", () => {
  const many = Array.from({ length: 3_000 }, (_, i) =>
    record("big.example.org", "A", `192.0.${i >> 8}.${i & 255}`),
  );
  const answer = readAnswer(message("NOERROR", many), { name: "big.example.org", type: "A" });
  assert.equal(answer.records.length, maxRecords);
  assert.equal(answer.leftOut, 3_000 - maxRecords);
});

test("an address where SRV was asked stays visible as what came instead", () => {
  const answer = readAnswer(message("NOERROR", [record(srv.name, "A", "192.0.2.1")]), srv);
  assert.equal(answer.outcome, "nodata");
  assert.deepEqual(
    answer.records.map(({ type }) => type),
    ["A"],
  );
});

test("reading never throws, whatever the codec hands over", () => {
  const strange: unknown[] = [
    undefined,
    null,
    0,
    -1,
    Number.NaN,
    "",
    "x".repeat(300),
    {},
    [],
    "\u0000",
  ];
  for (const name of strange)
    for (const data of strange)
      for (const type of ["A", "AAAA", "SRV", "CNAME", "SOA", "TXT", undefined]) {
        const raw = { name, type, class: "IN", ttl: data, data };
        const answer = readAnswer(message("NOERROR", [raw], [raw]), srv);
        assert.ok(answer.outcome.length > 0);
      }
});

test("names are judged before they are asked: the codec would write a label of 80 bytes", () => {
  assert.equal(isAskable("_xmpp-server._tcp.example.org"), true);
  for (const name of [
    "",
    ".",
    "a..b",
    `${"a".repeat(80)}.org`,
    `${"a.".repeat(130)}org`,
    "a b.org",
    "é.org",
  ])
    assert.equal(isAskable(name), false, name);
  assert.equal(isWireName("."), true);
  assert.equal(isWireName(`${"a".repeat(64)}.`), false);
});
