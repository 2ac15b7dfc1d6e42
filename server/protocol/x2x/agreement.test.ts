import assert from "node:assert/strict";
import { test } from "node:test";
import { primitives } from "../../primitives.ts";
import { type Agreement, agreementFaults, fingerprintOf, flip, type Side } from "./agreement.ts";

const ship: Side = {
  domains: ["ship.example", "wave.ship.example"],
  listens: null,
  opens: { knownBy: "certificate", addresses: [], port: null, hostName: null },
  certificate: { by: "names", pins: [] },
};
const shore: Side = {
  domains: ["shore.example"],
  listens: { host: "x2x.shore.example", port: 5271 },
  opens: null,
  certificate: { by: "names", pins: [] },
};
const agreed: Agreement = {
  version: "0.3",
  security: "mutual_tls",
  compression: "none",
  connections: "shared",
  onInvalid: "close",
  maxStanzaBytes: 65_536,
  keepaliveSeconds: null,
  idleSeconds: 600,
  language: null,
  sides: [ship, shore],
};

test("XEP-0361 §2: both halves of an agreement have one fingerprint, any other agreement has another", () => {
  const fingerprint = fingerprintOf(agreed, primitives);
  assert.match(fingerprint, /^\d{5}(?: \d{5}){5}$/);
  assert.equal(fingerprintOf(flip(agreed), primitives), fingerprint);
  assert.deepEqual(flip(flip(agreed)), agreed);
  const reordered = JSON.parse(
    JSON.stringify(Object.fromEntries(Object.entries(agreed).toReversed())),
  ) as Agreement;
  assert.equal(fingerprintOf(reordered, primitives), fingerprint);
  const others: Agreement[] = [
    { ...agreed, version: "0.0.1" },
    { ...agreed, compression: "deflate" },
    { ...agreed, connections: "own" },
    { ...agreed, onInvalid: "bounce" },
    { ...agreed, maxStanzaBytes: 65_537 },
    { ...agreed, keepaliveSeconds: 60 },
    { ...agreed, idleSeconds: null },
    { ...agreed, language: "en" },
    { ...agreed, sides: [{ ...ship, domains: ["ship.example"] }, shore] },
    { ...agreed, sides: [ship, { ...shore, listens: { host: "x2x.shore.example", port: 5272 } }] },
    // Whose domains are whose is part of it.
    {
      ...agreed,
      sides: [
        { ...ship, domains: shore.domains },
        { ...shore, domains: ship.domains },
      ],
    },
  ];
  const all = [fingerprint, ...others.map((other) => fingerprintOf(other, primitives))];
  assert.equal(new Set(all).size, others.length + 1);
});

test("a half that is older than compression means none, and keeps its fingerprint", () => {
  const { compression: _, ...older } = agreed;
  const fingerprint = fingerprintOf(older as Agreement, primitives);
  assert.equal(fingerprint, fingerprintOf(agreed, primitives));
  // As the appliance before wrote it.
  assert.equal(fingerprint, "26703 82347 86726 37412 01148 32653");
});

test("XEP-0361 §4.2, §4.3: an agreement that cannot work says which field is why", () => {
  assert.deepEqual(agreementFaults(agreed), []);
  const opens = { knownBy: "address", addresses: [], port: null, hostName: null } as const;
  const plain = { ...agreed, security: "plain" } as const;
  const cases: [Agreement, string, string][] = [
    [{ ...agreed, sides: [{ ...ship, opens: null }, shore] }, "x2x.nobody_opens", "sides"],
    [
      { ...agreed, connections: "own", sides: [ship, { ...shore, opens: null }] },
      "x2x.needs_both",
      "connections",
    ],
    [
      { ...agreed, sides: [ship, { ...shore, listens: null }] },
      "x2x.nobody_listens",
      "sides.1.listens",
    ],
    [{ ...agreed, sides: [{ ...ship, domains: [] }, shore] }, "x2x.no_domains", "sides.0.domains"],
    [
      { ...agreed, sides: [ship, { ...shore, domains: ["ship.example"] }] },
      "x2x.same_domain",
      "sides.1.domains",
    ],
    [
      { ...agreed, sides: [ship, { ...shore, certificate: null }] },
      "x2x.needs_certificate",
      "sides.1.certificate",
    ],
    [
      { ...agreed, sides: [ship, { ...shore, certificate: { by: "pins", pins: [] } }] },
      "x2x.needs_pin",
      "sides.1.certificate.pins",
    ],
    [plain, "x2x.needs_tls", "sides.0.opens.knownBy"],
    [
      { ...plain, sides: [{ ...ship, opens }, shore] },
      "x2x.needs_address",
      "sides.0.opens.addresses",
    ],
    [
      {
        ...plain,
        sides: [
          { ...ship, opens: { ...opens, knownBy: "address_and_port", addresses: ["10.0.0.1"] } },
          shore,
        ],
      },
      "x2x.needs_port",
      "sides.0.opens.port",
    ],
    [
      { ...plain, sides: [{ ...ship, opens: { ...opens, knownBy: "reverse_dns" } }, shore] },
      "x2x.needs_host_name",
      "sides.0.opens.hostName",
    ],
  ];
  for (const [agreement, code, field] of cases) {
    assert.deepEqual(agreementFaults(agreement), [{ code, field }]);
    const other = field.replace(/^sides\.([01])/, (_, side: string) => `sides.${1 - Number(side)}`);
    const flipped = agreementFaults(flip(agreement));
    if (code !== "x2x.same_domain") assert.deepEqual(flipped, [{ code, field: other }]);
  }
});
