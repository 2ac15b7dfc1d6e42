import assert from "node:assert/strict";
import { test } from "node:test";
import {
  agreementOf,
  badgesOf,
  draftOf,
  faultsOf,
  mayWait,
  newDraft,
  ownField,
  requestOf,
  stepOf,
  type X2xDraft,
} from "./draft.ts";

const whole: X2xDraft = {
  ...newDraft,
  name: "to shore",
  ours: { ...newDraft.ours, domains: "ship.example wave.ship.example", host: "192.0.2.1" },
  theirs: { ...newDraft.theirs, domains: "shore.example\n", host: "x2x.shore.example" },
};

test("a new draft lacks its name, both sides' domains and where they listen, and nothing else", () => {
  assert.deepEqual(faultsOf(newDraft), {
    name: "missing",
    "sides.0.domains": "missing",
    "sides.1.domains": "missing",
    "sides.0.listens.host": "missing",
    "sides.1.listens.host": "missing",
  });
  assert.deepEqual(faultsOf(whole), {});
});

test("XEP-0361 §2: what was typed becomes an agreement, and that the same draft again", () => {
  const request = requestOf({ ...whole, idleSeconds: "600", listenAddress: "192.0.2.1" });
  assert.deepEqual(request.agreement.sides[0].domains, ["ship.example", "wave.ship.example"]);
  assert.deepEqual(request.agreement.sides[1].listens, { host: "x2x.shore.example", port: 5271 });
  assert.equal(request.agreement.idleSeconds, 600);
  assert.equal(request.consent, undefined);
  const own = { priority: 10, fallsBack: false, bindAddress: null, listenAddress: "192.0.2.1" };
  const again = draftOf({ name: request.name, agreement: request.agreement, ...own });
  assert.deepEqual(requestOf(again), request);
  const packed = requestOf({ ...whole, compression: "deflate" });
  assert.equal(packed.agreement.compression, "deflate");
  assert.equal(draftOf({ ...packed, ...own }).compression, "deflate");
});

test("whoever does not open is known by nothing, and whoever is not opened to listens nowhere", () => {
  const { sides } = agreementOf({ ...whole, opener: "us" });
  assert.notEqual(sides[0].opens, null);
  assert.equal(sides[0].listens, null);
  assert.equal(sides[1].opens, null);
  const faults = faultsOf({ ...whole, opener: "us", ours: { ...whole.ours, host: "" } });
  assert.deepEqual(faults, {});
});

test("XEP-0361 §4.2: each way to be known asks for what it needs, and for nothing of another way", () => {
  const known = (part: Partial<X2xDraft["theirs"]>) =>
    faultsOf({ ...whole, theirs: { ...whole.theirs, ...part } });
  assert.deepEqual(known({ knownBy: "address_and_port" }), {
    "sides.1.opens.addresses": "needs_address",
    "sides.1.opens.port": "bad_port",
  });
  assert.deepEqual(known({ knownBy: "address", addresses: "shore" }), {
    "sides.1.opens.addresses": "bad_address",
  });
  assert.deepEqual(known({ knownBy: "reverse_dns" }), { "sides.1.opens.hostName": "missing" });
  assert.deepEqual(known({ certificateBy: "pins", pins: "AB:CD" }), {
    "sides.1.certificate.pins": "bad_pin",
  });
  assert.deepEqual(known({ certificateBy: "pins", pins: `${"AB:".repeat(31)}AB` }), {});
  const stale = agreementOf({
    ...whole,
    theirs: { ...whole.theirs, knownBy: "certificate", sourcePort: "4000", hostName: "x.example" },
  });
  assert.equal(stale.sides[1].opens?.port, null);
  assert.equal(stale.sides[1].opens?.hostName, null);
});

test("XEP-0361 §4.2.1: plain, or known by nothing, needs the name typed again, on the step that asks for it", () => {
  const plain: X2xDraft = {
    ...whole,
    security: "plain",
    ours: { ...whole.ours, knownBy: "address", addresses: "192.0.2.1" },
    theirs: { ...whole.theirs, knownBy: "address", addresses: "192.0.2.2" },
  };
  assert.deepEqual(faultsOf(plain), { consent: "consent" });
  assert.equal(stepOf("consent", plain), "security");
  assert.deepEqual(faultsOf({ ...plain, consent: "to shore" }), {});
  assert.equal(requestOf({ ...plain, consent: " to shore " }).consent, "to shore");
  const open: X2xDraft = { ...whole, theirs: { ...whole.theirs, knownBy: "implicit" } };
  assert.deepEqual(faultsOf(open), { consent: "consent" });
  assert.equal(stepOf("consent", open), "identity");
  const byCertificate = { ...plain, ours: { ...plain.ours, knownBy: "certificate" as const } };
  assert.equal(faultsOf(byCertificate)["sides.0.opens.knownBy"], "needs_tls");
});

test("every fault stands on a step: fields of the appliance's answer too", () => {
  const answers = {
    "agreement.sides.0.domains.2": "who",
    "agreement.sides": "direction",
    "agreement.sides.1.listens": "direction",
    "agreement.sides.1.certificate.pins.0": "security",
    "agreement.sides.0.opens.addresses.1": "identity",
    "agreement.maxStanzaBytes": "habits",
    listenAddress: "direction",
  } as const;
  for (const [field, step] of Object.entries(answers))
    assert.equal(stepOf(ownField(field), whole), step, field);
  assert.equal(ownField("agreement.sides.0.domains.2"), "sides.0.domains");
});

test("XEP-0361 §4.3: stanzas of who may not open wait after an idle close", () => {
  const oneWay = agreementOf({ ...whole, opener: "us", idleSeconds: "60" });
  assert.deepEqual(mayWait(oneWay), { ours: false, theirs: true });
  assert.deepEqual(mayWait({ ...oneWay, idleSeconds: null }), { ours: false, theirs: false });
});

test("XEP-0361 §4.4: badges name what weakens a link, and several links to one peer", () => {
  const agreement = agreementOf(whole);
  const link = { id: "1", agreement };
  assert.deepEqual(badgesOf(link, [link]), []);
  const other = { id: "2", agreement: { ...agreement, security: "plain" as const } };
  assert.deepEqual(badgesOf(other, [link, other]), ["plain", "several"]);
  const elsewhere = agreementOf({ ...whole, theirs: { ...whole.theirs, domains: "isle.example" } });
  assert.deepEqual(badgesOf(link, [link, { id: "3", agreement: elsewhere }]), []);
});
