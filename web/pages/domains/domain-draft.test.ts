import assert from "node:assert/strict";
import { test } from "node:test";
import { type DomainTerms, draftOf, isPort, termsOf, withSuggestion } from "./domain-draft.ts";

const terms: DomainTerms = {
  label: "Head office",
  pingTarget: null,
  advertisedHost: "xmpp.example.com",
  advertisedPort: 31_423,
  advertisedAddresses: ["192.0.2.1", "2001:db8::1"],
  insideHost: null,
  insidePort: 5269,
};

test("what is shown and sent back unchanged changes nothing", () => {
  assert.deepEqual(termsOf(draftOf(terms)).terms, terms);
});

test("an emptied field means none, not an empty name", () => {
  const draft = { ...draftOf(terms), advertisedHost: "  ", advertisedAddresses: "" };
  assert.deepEqual(termsOf(draft).terms, {
    ...terms,
    advertisedHost: null,
    advertisedAddresses: [],
  });
});

test("a word that is no address is named", () => {
  const draft = { ...draftOf(terms), advertisedAddresses: "192.0.2.1, xmpp.example.com" };
  assert.deepEqual(termsOf(draft), { terms: null, badAddress: "xmpp.example.com" });
  const outside = { ...draft, advertisedAddresses: "192.0.2.256" };
  assert.equal(termsOf(outside).badAddress, "192.0.2.256");
});

for (const port of ["", "0", "65536", "x", "1.5"])
  test(`"${port}" is no port`, () => {
    assert.equal(isPort(port), false);
    assert.equal(termsOf({ ...draftOf(terms), insidePort: port }).terms, null);
  });

test("a cleaned value takes the place of the name that was refused, and of no other", () => {
  const draft = { ...draftOf(terms), pingTarget: " https://acmewave.com/ " };
  const mended = withSuggestion(draft, "https://acmewave.com/", "acmewave.com");
  assert.equal(mended.pingTarget, "acmewave.com");
  assert.equal(mended.advertisedHost, "xmpp.example.com");
});
