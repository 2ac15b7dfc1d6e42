import assert from "node:assert/strict";
import { test } from "node:test";
import type { Agreement, CertificateTerms, Opening, Side } from "./agreement.ts";
import { type AcceptingLink, type PlaceClash, placeClash } from "./places.ts";

interface Terms {
  readonly security?: Agreement["security"];
  /** Of their side. */
  readonly opens?: Partial<Opening> | null;
  readonly certificate?: CertificateTerms;
  readonly theirs?: string;
  readonly ours?: string;
  readonly port?: number | null;
  readonly listenAddress?: string | null;
}

const tls = { security: "mutual_tls" } as const;
const plain = { security: "plain" } as const;
const from = (...addresses: string[]) => ({ knownBy: "address", addresses }) as const;
const fromPort = (address: string, port: number) =>
  ({ knownBy: "address_and_port", addresses: [address], port }) as const;
const byName = (hostName: string) => ({ knownBy: "reverse_dns", hostName }) as const;
const anybody = { knownBy: "implicit" } as const;
const byCertificate = { knownBy: "certificate" } as const;
const pins = (...those: string[]): CertificateTerms => ({ by: "pins", pins: those });

function link(terms: Terms): AcceptingLink {
  const { security = "plain", opens = anybody, port = 5271, listenAddress = null } = terms;
  const side = (domain: string, more: Partial<Side>): Side => ({
    ...{ domains: [domain], listens: null, opens: null, certificate: null },
    ...more,
  });
  const names: CertificateTerms = { by: "names", pins: [] };
  const certificate = security === "plain" ? null : (terms.certificate ?? names);
  const base: Opening = { knownBy: "certificate", addresses: [], port: null, hostName: null };
  return {
    listenAddress,
    agreement: {
      ...{ version: "0.3", security, compression: "none", connections: "shared" },
      ...{ onInvalid: "close", maxStanzaBytes: 65_536, keepaliveSeconds: null },
      ...{ idleSeconds: null, language: null },
      sides: [
        side(terms.ours ?? "ship.example", {
          listens: port === null ? null : { host: "192.0.2.1", port },
        }),
        side(terms.theirs ?? "shore.example", {
          opens: opens === null ? null : { ...base, ...opens },
          certificate,
        }),
      ],
    },
  };
}

const cases: readonly (readonly [string, Terms, Terms, PlaceClash | null])[] = [
  ["other ports", { ...tls, port: 5271 }, { ...tls, port: 5272 }, null],
  ["one listens nowhere", tls, { ...tls, port: null }, null],
  ["one expects nobody", tls, { ...tls, opens: null }, null],
  ["other addresses", { listenAddress: "192.0.2.1" }, { listenAddress: "192.0.2.2" }, null],
  ["all addresses and one", {}, { listenAddress: "192.0.2.2" }, "x2x.place_taken"],
  ["all, said in two ways", {}, { listenAddress: "::" }, "x2x.place_taken"],
  [
    "all of IPv4 and one",
    { listenAddress: "0.0.0.0" },
    { listenAddress: "192.0.2.2" },
    "x2x.place_taken",
  ],
  [
    "all of IPv4 and one of IPv6",
    { listenAddress: "0.0.0.0" },
    { listenAddress: "2001:db8::1" },
    null,
  ],
  [
    "TLS and none, though from elsewhere",
    { ...tls, opens: from("192.0.2.1") },
    { ...plain, opens: from("192.0.2.2") },
    "x2x.place_security",
  ],
  ["anybody twice", { opens: anybody }, { opens: anybody }, "x2x.place_peer"],
  ["one address", { opens: from("192.0.2.1") }, { opens: from("192.0.2.2") }, null],
  [
    "one address in common",
    { opens: from("192.0.2.1", "192.0.2.3") },
    { opens: from("192.0.2.2", "192.0.2.3") },
    "x2x.place_peer",
  ],
  ["an address and anybody", { opens: from("192.0.2.1") }, { opens: anybody }, null],
  [
    "two ports of one address",
    { opens: fromPort("192.0.2.1", 4000) },
    { opens: fromPort("192.0.2.1", 4001) },
    null,
  ],
  [
    "one port of one address",
    { opens: fromPort("192.0.2.1", 4000) },
    { opens: fromPort("192.0.2.1", 4000) },
    "x2x.place_peer",
  ],
  [
    "a port of an address and the address",
    { opens: fromPort("192.0.2.1", 4000) },
    { opens: from("192.0.2.1") },
    null,
  ],
  ["two names", { opens: byName("a.example") }, { opens: byName("b.example") }, null],
  ["one name", { opens: byName("a.example") }, { opens: byName("a.example") }, "x2x.place_peer"],
  ["a name and anybody", { opens: byName("a.example") }, { opens: anybody }, "x2x.place_peer"],
  [
    "other domains of ours do not help without TLS",
    { opens: anybody, ours: "ship.example" },
    { opens: anybody, ours: "boat.example", theirs: "hq.example" },
    "x2x.place_peer",
  ],
  [
    "certificates of two peers",
    { ...tls, opens: byCertificate, theirs: "shore.example" },
    { ...tls, opens: byCertificate, theirs: "hq.example" },
    null,
  ],
  [
    "one peer's certificate",
    { ...tls, opens: byCertificate },
    { ...tls, opens: byCertificate },
    "x2x.place_peer",
  ],
  [
    "one peer's certificate, from two addresses",
    { ...tls, opens: { ...byCertificate, addresses: ["192.0.2.1"] } },
    { ...tls, opens: { ...byCertificate, addresses: ["192.0.2.2"] } },
    null,
  ],
  [
    "one peer's certificate, for two of our names: SNI",
    { ...tls, ours: "ship.example" },
    { ...tls, ours: "boat.example" },
    null,
  ],
  [
    "two pins of one peer",
    { ...tls, certificate: pins("aa") },
    { ...tls, certificate: pins("bb") },
    null,
  ],
  [
    "one pin of two peers",
    { ...tls, certificate: pins("aa", "bb") },
    { ...tls, certificate: pins("bb"), theirs: "hq.example" },
    "x2x.place_peer",
  ],
  [
    "a pin that may be valid for the name",
    { ...tls, certificate: pins("aa") },
    tls,
    "x2x.place_peer",
  ],
  [
    "a pin, and a name of somebody else",
    { ...tls, certificate: pins("aa") },
    { ...tls, theirs: "hq.example" },
    null,
  ],
];

test("XEP-0361 §4.2: two links share a listening place only if what a connection shows tells them apart", () => {
  for (const [what, one, other, expected] of cases)
    for (const [left, right] of [
      [one, other],
      [other, one],
    ] as const)
      assert.equal(placeClash(link(left), link(right)), expected, what);
});
