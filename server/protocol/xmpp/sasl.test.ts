import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { element } from "./element.ts";
import { ns } from "./namespaces.ts";
import {
  buildExternalAuth,
  buildSaslFailure,
  parseInitialResponse,
  parseResponse,
  parseSaslFailure,
  saslConditions,
} from "./sasl.ts";
import { serialize } from "./serialize.ts";

const auth = (text: string) => element("auth", ns.sasl, { mechanism: "EXTERNAL" }, [text]);

test("RFC 4648 §4: bytes of any length come back, as Node spells them", () => {
  for (let length = 0; length < 70; length++) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 37 + length * 11) & 0xff);
    const text = encodeBase64(bytes);
    assert.equal(text, Buffer.from(bytes).toString("base64"));
    assert.deepEqual(decodeBase64(text), bytes);
  }
});

test("RFC 6120 §13.9.1: base64 has one spelling: no strange character, `=` at the end, padding bits zero", () => {
  const wrong = ["YQ", "YQ=", "YQ===", "Y===", "====", "YR==", "YWJ=", "Y=Q=", "YQ==YQ==", "YW Jj"];
  wrong.push("YWJj\n", "YWJ-", "YWJ_", "YWJ\u00e9", "=", "\u0000\u0000\u0000\u0000");
  for (const text of wrong) assert.equal(decodeBase64(text), null, JSON.stringify(text));
});

test("XEP-0178 §3 step 10: the initiating server names its domain, the receiving one does not need it", () => {
  assert.equal(
    serialize(buildExternalAuth("capulet.example")),
    `<auth xmlns="${ns.sasl}" mechanism="EXTERNAL">Y2FwdWxldC5leGFtcGxl</auth>`,
  );
  assert.deepEqual(parseInitialResponse(buildExternalAuth("bücher.example")), {
    kind: "authzid",
    authzid: "bücher.example",
  });
  assert.deepEqual(parseInitialResponse(auth("=")), { kind: "authzid", authzid: null });
});

test("RFC 6120 §6.4.2: `=` is an empty initial response, nothing at all is none", () => {
  assert.deepEqual(parseInitialResponse(auth("")), { kind: "absent" });
  assert.deepEqual(parseInitialResponse(buildExternalAuth("")), { kind: "authzid", authzid: null });
  assert.deepEqual(parseResponse(element("response", ns.sasl)), {
    kind: "authzid",
    authzid: null,
  });
});

test("what is not base64, or not UTF-8 in it, is not decoded", () => {
  for (const text of ["*", "wIA=", "/w==", "7aCA", " Y2FwdWxldC5leGFtcGxl"])
    assert.deepEqual(parseInitialResponse(auth(text)), { kind: "undecodable" }, text);
  assert.deepEqual(parseResponse(auth("wIA=")), { kind: "undecodable" });
});

test("RFC 6120 §6.5: all 11 SASL errors are built and read; an unknown one is not-authorized", () => {
  assert.equal(saslConditions.length, 11);
  for (const condition of saslConditions)
    assert.deepEqual(parseSaslFailure(buildSaslFailure(condition, "why")), {
      condition,
      text: "why",
    });
  const unknown = element("failure", ns.sasl, {}, [element("bad-luck", ns.sasl)]);
  assert.deepEqual(parseSaslFailure(unknown), { condition: "not-authorized", text: null });
});
