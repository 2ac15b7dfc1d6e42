import assert from "node:assert/strict";
import { test } from "node:test";
import { element } from "./element.ts";
import { parseFeatures } from "./features.ts";
import { ns } from "./namespaces.ts";
import { acknowledgedIds, buildReceipt } from "./receipt.ts";
import { buildErrorReply, buildRequest, buildResult, iqFault, payloadOf } from "./stanza.ts";
import { parseStanzaError, stanzaErrorTypes, type StanzaErrorCondition } from "./stanza-error.ts";
import { buildStreamError, parseStreamError, streamErrorConditions } from "./stream-error.ts";

test("RFC 6120 §4.9.3: all 25 stream errors are built and read", () => {
  assert.equal(streamErrorConditions.length, 25);
  for (const condition of streamErrorConditions)
    assert.deepEqual(parseStreamError(buildStreamError(condition, "why")), {
      condition,
      text: "why",
      application: null,
    });
  assert.equal(parseStreamError(element("error", ns.streams)).condition, "undefined-condition");
});

test("RFC 6120 §8.3.3: all 22 stanza errors are built with their type and read", () => {
  const conditions = Object.keys(stanzaErrorTypes) as StanzaErrorCondition[];
  assert.equal(conditions.length, 22);
  const request = buildRequest("get", { from: "a", to: "b", id: "1" }, element("x", "urn:x"));
  for (const condition of conditions) {
    const reply = buildErrorReply(request, condition, "why");
    assert(reply);
    assert.deepEqual(parseStanzaError(reply), {
      condition,
      type: stanzaErrorTypes[condition],
      text: "why",
      by: null,
    });
    assert.deepEqual({ ...reply.attributes }, { type: "error", id: "1", from: "b", to: "a" });
  }
});

test("RFC 6120 §8.3.2: a missing or unknown condition is undefined-condition, not a failure", () => {
  const broken = [
    element("iq", ns.stanza, { type: "error" }),
    element("iq", ns.stanza, { type: "error" }, [element("error", ns.stanza)]),
    element("iq", ns.stanza, { type: "error" }, [
      element("error", ns.stanza, { type: "odd", by: "x" }, [element("toString", ns.stanzaErrors)]),
    ]),
  ];
  for (const stanza of broken)
    assert.equal(parseStanzaError(stanza).condition, "undefined-condition");
});

test("RFC 6120 §8.2.3: an IQ needs a type, an id and, as a request, exactly one child", () => {
  const x = element("x", "urn:x");
  const iq = (type: string | undefined, id: string | undefined, ...children: (typeof x)[]) =>
    iqFault(element("iq", ns.stanza, { type, id }, children));
  assert.equal(iq("get", "1", x), null);
  assert.equal(iq("get", "1"), "children");
  assert.equal(iq("set", "1", x, x), "children");
  assert.equal(iq("result", "1"), null);
  assert.equal(iq("result", "1", x, x), "children");
  assert.equal(iq("result", undefined), "id");
  assert.equal(iq("", "1", x), "type");
  assert.equal(iq(undefined, "1", x), "type");
});

test("results echo the id and exchange the addresses; payloadOf finds what was asked", () => {
  const request = buildRequest("set", { from: "a", to: "b", id: "1" }, element("x", "urn:x"));
  assert.deepEqual(
    { ...buildResult(request).attributes },
    { type: "result", id: "1", from: "b", to: "a" },
  );
  assert.equal(payloadOf(request)?.name, "x");
  assert.equal(payloadOf(buildResult(request)), null);
});

test("XEP-0184 §5, WAVE §2.3: a receipt is matched by its own id or by the stanza's", () => {
  const message = element("message", ns.stanza, { from: "a", to: "b", id: "m" });
  assert.deepEqual(acknowledgedIds(buildReceipt(message)), ["m"]);
  const wave = element("message", ns.stanza, { id: "m" }, [element("received", ns.receipts)]);
  assert.deepEqual(acknowledgedIds(wave), ["m"]);
  const chat = element("message", ns.stanza, { id: "other" }, [
    element("received", ns.receipts, { id: "m" }),
  ]);
  assert.deepEqual(acknowledgedIds(chat), ["m", "other"]);
  assert.deepEqual(acknowledgedIds(message), []);
});

test("RFC 6120 §5.3.1: STARTTLS alone, or marked so, is mandatory", () => {
  const tls = element("starttls", ns.tls);
  const features = (...children: (typeof tls)[]) =>
    parseFeatures(element("features", ns.streams, {}, children));
  assert.equal(features(tls).startTls, "required");
  assert.equal(features(tls, element("x", "urn:x")).startTls, "offered");
  assert.equal(
    features(element("starttls", ns.tls, {}, [element("required", ns.tls)]), element("x", "urn:x"))
      .startTls,
    "required",
  );
  assert.equal(features().startTls, "none");
  const limits = element("limits", ns.limits, {}, [
    element("max-bytes", ns.limits, {}, ["262144"]),
  ]);
  assert.equal(features(limits).maxBytes, 262_144);
  assert.equal(
    features(element("limits", ns.limits, {}, [element("max-bytes", ns.limits, {}, ["-1"])]))
      .maxBytes,
    null,
  );
});
