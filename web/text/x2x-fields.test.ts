import assert from "node:assert/strict";
import { test } from "node:test";
import { x2xTexts } from "./findings/x2x.ts";
import { x2xTermsText } from "./x2x-terms.ts";

/*
 * server/links/x2x/x2x-mismatch.test.ts has both sides hold another agreement in each field, and what they say then; here each
 * of those findings is worded with the fields that it can be, as the wizard calls them.
 */
const fieldsOf: Readonly<Record<string, readonly (keyof typeof x2xTermsText)[]>> = {
  "x2x.version": ["version"],
  "x2x.lost": ["version"],
  "x2x.tls_here": ["security"],
  "x2x.plain_there": ["security"],
  "x2x.deflate_here": ["compression"],
  "x2x.deflate_missing": ["compression"],
  "x2x.shared_there": ["connections"],
  "x2x.too_large": ["maxStanzaBytes"],
  "x2x.peer_error": ["ourDomains", "theirDomains", "maxStanzaBytes", "security"],
  "x2x.from_not_agreed": ["theirDomains"],
  "x2x.to_not_agreed": ["ourDomains"],
  "x2x.refused": ["host", "port", "theyListen", "opener"],
  "x2x.unresolved": ["host", "theyListen"],
  "x2x.nobody_came": ["opener", "weListen"],
  "x2x.source_address": ["sourceAddresses"],
  "x2x.source_port": ["sourcePort"],
  "x2x.reverse_dns": ["hostName"],
  "x2x.collision": ["theyKnown"],
  "x2x.certificate_pin": ["theirPins"],
  "x2x.turned_away": [
    ...(["weKnown", "sourceAddresses", "sourcePort", "security"] as const),
    ...(["ourCertificateBy", "ourPins", "compression"] as const),
  ],
  "x2x.tls_failed": ["sourceAddresses", "sourcePort", "security"],
  "x2x.source_failed": ["sourcePort", "bindAddress"],
  "x2x.listen_failed": ["listenAddress"],
};

for (const [code, fields] of Object.entries(fieldsOf))
  test(`XEP-0361 §2: ${code} names the field in which both sides differ`, () => {
    const text = x2xTexts[code] ?? assert.fail(code);
    const all = [text.headline, text.meaning, ...text.fixes].join(" ");
    for (const field of fields) assert.ok(all.includes(`“${x2xTermsText[field]}”`), field);
  });
