import assert from "node:assert/strict";
import { test } from "node:test";
import type { RecordCard, SelfTest } from "#contract/self-tests.ts";
import type { Finding } from "#contract/traces.ts";
import { findingsOf, placeOf } from "./reach-findings.ts";

const finding = (code: string, severity: Finding["severity"] = "error"): Finding => ({
  ...{ code, params: {}, owner: "us", severity },
});
const card = (kind: RecordCard["kind"], name: string, message: Finding | null): RecordCard => ({
  ...{ id: name, kind, name, message, rule: 0, isAdvised: false },
  ...{ status: "wrong", isSplit: false },
  ...{ zoneLines: [], fields: [], dig: [], seen: [] },
});
const dial = {
  ...{ host: "fed.example.com", port: 5269, address: "192.0.2.1", message: null },
  ...{ isReached: true, durationMs: 3 },
};
type Answering = SelfTest["answering"];

/** As it is when DNS leads to us and all is well, but for what is said. */
function tested(
  answering: Partial<Answering> = {},
  rest: Partial<Pick<SelfTest, "cards" | "inside" | "unknowable" | "certificates">> = {},
): SelfTest {
  return {
    ...{ domainId: "1", domain: "example.com", name: "wave.example.com", at: "", rule: 2 },
    discovery: { state: "not_asked", jid: null, matched: null, condition: null },
    ...{ waveName: "wave.example.com", outsideResolvers: [], cards: [], forward: null },
    advertised: { host: "fed.example.com", port: 5269, addresses: [] },
    ...{ firewallPort: 5269, inside: dial, outside: dial, certificates: [], findings: [] },
    answering: { ...dial, isOurs: true, ...answering },
    unknowable: ["hairpin"],
    ...rest,
  };
}

test("who is where DNS leads: we, somebody else, who cannot be told, nobody, or no place at all", () => {
  const silent = { isReached: false, isOurs: null };
  const cases: [Partial<Answering>, ReturnType<typeof placeOf>][] = [
    [{}, "Ours"],
    [{ isOurs: false }, "Other"],
    [{ isOurs: false, isReached: false }, "Other"],
    [{ isOurs: null }, "Somebody"],
    [{ ...silent, message: finding("tcp.refused") }, "Nobody"],
    [{ ...silent, message: finding("stream.not_xmpp") }, "Broken"],
    [{ isReached: false, message: finding("stream.host_unknown") }, "Broken"],
    [{ ...silent, durationMs: null }, "Untried"],
    [{ ...silent, durationMs: null, address: null }, "Nowhere"],
  ];
  for (const [answering, place] of cases) assert.equal(placeOf(tested(answering)), place);
  const unknown = tested({ address: null }, { unknowable: ["hairpin", "outside_resolvers"] });
  assert.equal(placeOf(unknown), null, "nobody outside was heard: nothing is claimed");
});

test("what is told is of that name, its hosts, its port and its certificate, each once, and no mere notes", () => {
  const cards = [
    card("srv", "_xmpp-server._tcp.wave.example.com", finding("srv.port")),
    card("srv", "_xmpp-server._tcp.example.com", finding("record.missing")),
    card("address", "fed.example.com", finding("addr.not_mine")),
    card("address", "mail.example.com", finding("record.differs")),
  ];
  const inside = { ...dial, message: finding("setup.no_certificate") };
  const found = findingsOf(tested({}, { cards, inside }), "wave.example.com");
  assert.deepEqual(
    found.map(({ code }) => code),
    ["srv.port", "addr.not_mine", "setup.no_certificate"],
  );
  const broken = tested(
    { isReached: false, message: finding("stream.not_xmpp") },
    { inside: { ...dial, message: finding("stream.not_xmpp") } },
  );
  assert.equal(findingsOf(broken, "wave.example.com").length, 1);
  assert.deepEqual(
    findingsOf(
      tested({}, { inside: { ...dial, message: finding("x", "info") } }),
      "wave.example.com",
    ),
    [],
  );
});
