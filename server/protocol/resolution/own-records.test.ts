import assert from "node:assert/strict";
import { test } from "node:test";
import {
  judgeRecord,
  neededRecords,
  otherTargets,
  type Advertised,
  type NeededRecord,
  type Seen,
} from "./own-records.ts";

const wanted: Advertised = {
  domain: "example.com",
  waveName: "wave.example.com",
  rule: 3,
  host: "xmpp.example.com",
  port: 5269,
  directTlsPort: null,
  addresses: ["203.0.113.48"],
  others: [],
  isDomainElsewhere: false,
};
const names = (changes: Partial<Advertised>) =>
  neededRecords({ ...wanted, ...changes }).map(({ name, rule }) => `${rule} ${name}`);
const seen = (type: Seen["type"], data: string[], changes: Partial<Seen> = {}): Seen => ({
  resolver: "192.0.2.53:53",
  isOutside: true,
  type,
  outcome: data.length > 0 ? "answer" : "nodata",
  records: data.map((text) => ({ name: "x.", type, ttl: 60, data: text })),
  ...changes,
});
const srv: NeededRecord = {
  kind: "srv",
  name: "_xmpp-server._tcp.example.com",
  owner: "example.com",
  rule: 1,
  target: { service: "_xmpp-server", host: wanted.host, port: wanted.port },
  addresses: null,
  isAdvised: false,
};
const host: NeededRecord = {
  kind: "address",
  name: "xmpp.example.com",
  owner: "xmpp.example.com",
  rule: 5,
  target: null,
  addresses: wanted.addresses,
  isAdvised: false,
};
const judge = (
  record: NeededRecord,
  told: Seen[],
  changes: Partial<NeededRecord> = {},
  own: string[] = [],
) => {
  const { status, isSplit, message } = judgeRecord({ ...record, ...changes }, told, own);
  return `${status} ${isSplit ? "split " : ""}${message?.code ?? "-"}`;
};

test("Wave resolution, rule 2: the domain is the wave service, so its own SRV record is all", () => {
  assert.deepEqual(names({ rule: 2, waveName: "example.com", host: "example.com" }), [
    "1 _xmpp-server._tcp.example.com",
    "5 example.com",
  ]);
});

test("Wave resolution, rule 3: an item below the domain needs an SRV record of its own", () => {
  assert.deepEqual(names({ waveName: "docs.example.com" }), [
    "1 _xmpp-server._tcp.example.com",
    "3 _xmpp-server._tcp.docs.example.com",
    "5 xmpp.example.com",
    "5 example.com",
    "5 docs.example.com",
  ]);
});

test("Wave resolution, rule 4: without disco the record is for the guess", () => {
  assert.ok(names({ rule: 4 }).includes("4 _xmpp-server._tcp.wave.example.com"));
});

const cases: [string, NeededRecord, Seen[], string, Partial<NeededRecord>?, string[]?][] = [
  ["the record is there", srv, [seen("SRV", ["10 0 5269 XMPP.example.com."])], "ok -"],
  [
    "ours is among several",
    srv,
    [seen("SRV", ["10 0 5269 other.example.com.", "20 0 5269 xmpp.example.com."])],
    "ok -",
  ],
  ["no record", srv, [seen("SRV", [])], "missing record.missing"],
  [
    "the name does not exist",
    srv,
    [seen("SRV", [], { outcome: "nxdomain" })],
    "missing record.missing",
  ],
  ["another port", srv, [seen("SRV", ["10 0 5270 xmpp.example.com."])], "wrong srv.port"],
  ["another host", srv, [seen("SRV", ["10 0 5269 old.example.com."])], "wrong record.differs"],
  ["the target `.`", srv, [seen("SRV", ["0 0 0 ."])], "wrong record.differs"],
  ["nobody outside answers", srv, [seen("SRV", [], { outcome: "timeout" })], "unknown -"],
  [
    "only inside answers",
    srv,
    [seen("SRV", ["10 0 5269 xmpp.example.com."], { isOutside: false })],
    "unknown -",
  ],
  [
    "seen inside only",
    srv,
    [seen("SRV", ["10 0 5269 xmpp.example.com."], { isOutside: false }), seen("SRV", [])],
    "missing split record.missing",
  ],
  [
    "right, but different inside",
    srv,
    [seen("SRV", [], { isOutside: false }), seen("SRV", ["10 0 5269 xmpp.example.com."])],
    "ok split dns.disagree",
  ],
  ["our address", host, [seen("A", ["203.0.113.48"]), seen("AAAA", [])], "ok -"],
  ["no address", host, [seen("A", []), seen("AAAA", [])], "missing record.missing"],
  ["somebody else's address", host, [seen("A", ["198.51.99.1"])], "wrong addr.not_mine"],
  ["a private address", host, [seen("A", ["10.0.0.7"])], "wrong policy.private_addr"],
  [
    "an advertised private address",
    host,
    [seen("A", ["10.0.0.7"])],
    "ok -",
    { addresses: ["10.0.0.7"] },
  ],
  [
    "a private address beside the one that was advertised",
    host,
    [seen("A", ["10.0.0.8"])],
    "wrong addr.not_mine",
    { addresses: ["10.0.0.7"] },
  ],
  [
    "IPv6 in another spelling",
    host,
    [seen("AAAA", ["2001:db8::7"])],
    "ok -",
    { addresses: ["2001:0DB8:0::7"] },
  ],
  [
    "nothing declared, an address of this machine",
    host,
    [seen("A", ["8.8.8.8"])],
    "ok -",
    { addresses: [] },
    ["8.8.8.8"],
  ],
  [
    "nothing declared, behind a NAT",
    host,
    [seen("A", ["8.8.8.8"])],
    "unknown -",
    { addresses: [] },
  ],
  [
    "a website on the domain's own name",
    { ...host, addresses: null },
    [seen("A", ["198.51.99.1"])],
    "ok -",
  ],
];
for (const [name, record, told, expected, changes, own] of cases) {
  test(`${name} -> ${expected}`, () => assert.equal(judge(record, told, changes, own), expected));
}

test("names that we federate beside the domain's server have records of their own, and hosts", () => {
  const others = [
    { name: "wave.example.com", host: "wave.example.com", port: 5299, directTlsPort: 5298 },
    { name: "irc.example.com", host: "xmpp.example.com", port: 5269, directTlsPort: null },
  ];
  const needed = neededRecords({ ...wanted, rule: 4, others });
  assert.deepEqual(
    needed.map(({ name, rule, target, addresses }) => [name, rule, target?.port ?? addresses]),
    [
      ["_xmpp-server._tcp.example.com", 1, 5269],
      ["_xmpp-server._tcp.wave.example.com", 4, 5299],
      ["_xmpps-server._tcp.wave.example.com", 4, 5298],
      ["_xmpp-server._tcp.irc.example.com", 0, 5269],
      ["xmpp.example.com", 5, ["203.0.113.48"]],
      ["wave.example.com", 0, []],
      ["example.com", 5, null],
    ],
  );
  assert.deepEqual(
    needed.flatMap(({ name, isAdvised }) => (isAdvised ? [name] : [])),
    ["example.com"],
    "no SRV record leads to it: the documents alone ask for its address",
  );
  const elsewhere = needed[1];
  assert(elsewhere);
  assert.equal(
    judge(elsewhere, [seen("SRV", ["10 0 5269 xmpp.example.com."])]),
    "wrong record.differs",
  );
  assert.equal(judge(elsewhere, [seen("SRV", ["10 0 5299 wave.example.com."])]), "ok -");
});

test("beside a server that keeps the domain only our names' records are asked for", () => {
  const place = { host: "wave.example.com", port: 5299, directTlsPort: null };
  const others = [
    { name: "wave.example.com", ...place },
    { name: "irc.example.com", ...place },
  ];
  assert.deepEqual(names({ rule: 4, others, isDomainElsewhere: true }), [
    "4 _xmpp-server._tcp.wave.example.com",
    "0 _xmpp-server._tcp.irc.example.com",
    "0 wave.example.com",
  ]);
});

test("further targets for failover are found in what the outside sees", () => {
  const told = [
    seen("SRV", [
      "10 0 5269 xmpp.example.com.",
      "20 0 5269 b.example.net.",
      "30 0 5269 b.example.net.",
    ]),
  ];
  assert.deepEqual(otherTargets(told, wanted), ["b.example.net"]);
});
