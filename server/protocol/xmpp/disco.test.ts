import assert from "node:assert/strict";
import { test } from "node:test";
import { matchWaveService } from "../wave/stanzas.ts";
import { buildDiscoInfo, buildDiscoItems, parseDiscoInfo, parseDiscoItems } from "./disco.ts";
import { element } from "./element.ts";
import { ns } from "./namespaces.ts";

test("XEP-0030: what is built is what is parsed", () => {
  const info = {
    identities: [{ category: "collaboration", type: "google-wave", name: "Wave" }],
    features: [ns.wave, ns.ping],
  };
  assert.deepEqual(parseDiscoInfo(buildDiscoInfo(info)), info);
  const items = [{ jid: "wave.acmewave.com", name: null, node: "n" }];
  assert.deepEqual(parseDiscoItems(buildDiscoItems(items), 20), { items, leftOut: 0 });
});

test("XEP-0030 §8: of 10 000 items those within the cap are kept, the others counted", () => {
  const items = Array.from({ length: 10_000 }, (_, index) => ({
    jid: `item${index}.acmewave.com`,
    name: null,
    node: null,
  }));
  const parsed = parseDiscoItems(buildDiscoItems(items), 100);
  assert.equal(parsed?.items.length, 100);
  assert.equal(parsed?.items[0]?.jid, "item0.acmewave.com");
  assert.equal(parsed?.leftOut, 9900);
});

test("an answer of another kind, incomplete items and endless lists are survived", () => {
  assert.equal(parseDiscoInfo(null), null);
  assert.equal(parseDiscoInfo(element("query", ns.discoItems)), null);
  assert.equal(parseDiscoItems(element("items", ns.discoItems), 5), null);
  const odd = element("query", ns.discoItems, {}, [
    element("item", ns.discoItems),
    element("item", ns.discoItems, { jid: "" }),
    element("item", ns.discoItems, { jid: "x".repeat(4000) }),
    element("item", ns.discoItems, { jid: "a.b", name: "n".repeat(5000) }),
    "text",
  ]);
  const parsed = parseDiscoItems(odd, 5);
  assert.equal(parsed?.leftOut, 3);
  assert.equal(parsed?.items[0]?.name?.length, 1000);
  const many = element(
    "query",
    ns.discoInfo,
    {},
    Array.from({ length: 5000 }, (_, index) =>
      element("feature", ns.discoInfo, { var: `f${index}` }),
    ),
  );
  assert.equal(parseDiscoInfo(many)?.features.length, 500);
});

test("WAVE §1.5: identity google-wave or apache-wave or the feature marks a Wave service", () => {
  const match = (type: string, ...features: string[]) =>
    matchWaveService({ identities: [{ category: "collaboration", type }], features });
  assert.equal(match("google-wave"), "identity");
  assert.equal(match("apache-wave", ns.wave), "both");
  assert.equal(match("other", ns.wave), "feature");
  assert.equal(match("other"), null);
  assert.equal(
    matchWaveService({
      identities: [{ category: "conference", type: "google-wave" }],
      features: [],
    }),
    null,
  );
});
