import assert from "node:assert/strict";
import { test } from "node:test";
import { EMBEDDED_PEERS, listAttention, type Situation } from "./attention.ts";
import type { Finding } from "#contract/traces.ts";

const finding = (
  code: string,
  owner: Finding["owner"],
  params: Finding["params"],
  severity: Finding["severity"] = "error",
): Finding => ({ code, params, owner, severity });

const calm: Situation = {
  domains: [{ id: "d1", domain: "example.com" }],
  links: [
    {
      name: "wave.example.com",
      domainId: "d1",
      isEnabled: true,
      state: "attached",
      since: null,
      lastError: null,
    },
  ],
  incidents: [],
  certificates: [],
  uncertified: [],
  mode: "open",
  trusted: 3,
  peers: 3,
  engine: "embedded",
  overdue: null,
};
const codes = (more: Partial<Situation>) =>
  listAttention({ ...calm, ...more }).map((item) => item.finding.code);
const incident = (code: string, more: object = {}): Situation["incidents"][number] => ({
  kind: "outage",
  peerId: "p1",
  subject: "acme.com",
  openedAt: "2026-11-21T03:12:00.000Z",
  cause: finding(code, "peer", {}),
  acknowledgedAt: null,
  ...more,
});

test("when all is well nothing is said", () => {
  assert.deepEqual(codes({}), []);
  assert.deepEqual(codes({ overdue: { domain: "a", seconds: 60, intervalSeconds: 60 } }), []);
  assert.deepEqual(codes({ links: [{ ...calm.links[0], isEnabled: false } as never] }), []);
});

test("errors before warnings before remarks, newest first, taken notice of last", () => {
  const items = listAttention({
    ...calm,
    incidents: [
      incident("noticed", { acknowledgedAt: "2026-11-21T04:00:00.000Z" }),
      incident("old"),
      incident("new", { openedAt: "2026-11-21T05:00:00.000Z" }),
      incident("mild", { cause: finding("mild", "peer", {}, "info") }),
    ],
    certificates: [
      { id: "c1", label: "mine", cause: finding("cert.expiring", "us", {}, "warning") },
    ],
  });
  assert.deepEqual(
    items.map((item) => [item.finding.code, item.href]),
    [
      ["new", "/peers/p1"],
      ["old", "/peers/p1"],
      ["cert.expiring", "/certificates/c1"],
      ["mild", "/peers/p1"],
      ["noticed", "/peers/p1"],
    ],
  );
});

test("each line says whose state it is, where its finding gives the cause only", () => {
  const link = { ...calm.links[0], state: "waiting" };
  const refused = finding("link.refused", "us", {});
  const stateOf = (more: Partial<Situation>) =>
    listAttention({ ...calm, ...more }).map(({ subject, state }) => [subject, state]);
  assert.deepEqual(stateOf({ incidents: [incident("tcp.refused")] }), [["acme.com", "down"]]);
  assert.deepEqual(stateOf({ incidents: [incident("disco.error", { kind: "degraded" })] }), [
    ["acme.com", "degraded"],
  ]);
  assert.deepEqual(
    stateOf({ incidents: [incident("cert.changed", { kind: "certificate_changed" })] }),
    [["acme.com", null]],
  );
  assert.deepEqual(stateOf({ links: [{ ...link, lastError: refused } as never] }), [
    ["wave.example.com", "detached"],
  ]);
  assert.deepEqual(stateOf({ links: [link as never] }), [["wave.example.com", null]]);
});

test("a link that is down is told once: as it is now, not again as an incident", () => {
  const link = { ...calm.links[0], state: "waiting", lastError: finding("link.refused", "us", {}) };
  const ours = incident("link.closed", {
    kind: "our_side",
    peerId: null,
    subject: "wave.example.com",
  });
  const cut = incident("our_side.network", { kind: "our_side", peerId: null, subject: "n0000001" });
  assert.deepEqual(codes({ links: [link as never], incidents: [ours] }), ["link.refused"]);
  assert.deepEqual(codes({ incidents: [cut] }), ["our_side.network"]);
});

test("a name that we federate without a certificate is told, unless it is switched off", () => {
  const uncertified = ["wave.example.com"];
  const [item] = listAttention({ ...calm, uncertified });
  assert.deepEqual(
    [item?.finding.code, item?.finding.severity, item?.finding.params, item?.href],
    ["setup.no_certificate", "error", { domain: "wave.example.com" }, "/certificates"],
  );
  assert.deepEqual(
    codes({ uncertified, links: [{ ...calm.links[0], isEnabled: false } as never] }),
    [],
  );
});

test("the appliance itself: nobody trusted, a database too small, checks that come late", () => {
  assert.deepEqual(codes({ mode: "trusted_only", trusted: 0 }), ["policy.nobody_trusted"]);
  assert.deepEqual(codes({ peers: EMBEDDED_PEERS }), ["database.embedded_large"]);
  assert.deepEqual(codes({ peers: EMBEDDED_PEERS, engine: "postgresql" }), []);
  const overdue = { domain: "acme.com", seconds: 200, intervalSeconds: 60 };
  assert.deepEqual(codes({ overdue }), ["check.late"]);
});

test("one cause is told once, with the names that it keeps away: a port that is taken is one fault", () => {
  const taken = finding("hosted.port_in_use", "us", { host: "127.0.0.1", port: 5347 });
  const link = (name: string, domainId: string, lastError: Finding | null, since: string) => ({
    ...{ name, domainId, lastError, since, isEnabled: true, state: "waiting" },
  });
  const items = listAttention({
    ...calm,
    links: [
      link("b.example.com", "d1", taken, "2026-11-21T03:12:01.000Z"),
      link("a.example.com", "d1", taken, "2026-11-21T03:12:00.000Z"),
      link("c.example.com", "d1", null, "2026-11-21T03:12:02.000Z"),
      link("d.example.com", "d1", null, "2026-11-21T03:12:03.000Z"),
    ],
  });
  assert.deepEqual(
    items.map(({ finding: { code }, subject, href, since }) => [code, subject, href, since]),
    [
      ["link.down", "d.example.com", "/domains/d1", "2026-11-21T03:12:03.000Z"],
      ["link.down", "c.example.com", "/domains/d1", "2026-11-21T03:12:02.000Z"],
      [
        "hosted.port_in_use",
        "a.example.com, b.example.com",
        "/domains/d1",
        "2026-11-21T03:12:00.000Z",
      ],
    ],
  );
  const many = Array.from({ length: 8 }, (_, place) =>
    link(`n${place}.example`, `d${place}`, taken, "2026-11-21T03:12:00.000Z"),
  );
  assert.deepEqual(
    listAttention({ ...calm, links: many }).map(({ subject, href }) => [subject, href]),
    [["n0.example, n1.example, n2.example, n3.example, n4.example +3", "/domains"]],
  );
});
