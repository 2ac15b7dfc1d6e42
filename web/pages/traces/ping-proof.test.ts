import assert from "node:assert/strict";
import { test } from "node:test";
import type { PingResult } from "#contract/traces.ts";
import { finding } from "../../testing/attempts.ts";
import { isUndelivered, proofOf } from "./ping-proof.ts";

const unsent = { status: "not_sent", to: null, roundTripMs: null, condition: null } as const;
const base: PingResult = {
  domain: "acmewave.com",
  at: "2026-11-20T09:14:03.000Z",
  traceId: null,
  linkId: null,
  wave: unsent,
  xmpp: unsent,
  provesBothDirections: false,
  message: null,
};

test("a ping that our own server gave back was sent, and its condition is no answer of the peer", () => {
  const xmpp = { ...unsent, to: "acmewave.com", condition: "remote-server-not-found" };
  assert.equal(isUndelivered(xmpp), true);
  assert.equal(proofOf({ ...base, xmpp }), "undelivered");
});

test("what a link by agreement carried proves that link, and nothing without an answer", () => {
  const xmpp = { ...unsent, status: "answered", to: "acmewave.com", roundTripMs: 640 } as const;
  assert.equal(proofOf({ ...base, xmpp, agreedLink: "to acme" }), "agreed");
  assert.equal(proofOf({ ...base, xmpp, agreedLink: null }), "one");
  const silent = { ...xmpp, status: "timeout", roundTripMs: null } as const;
  assert.equal(proofOf({ ...base, xmpp: silent, agreedLink: "to acme" }), "one");
});

test("a ping that a rule forbids asks for no link, one without a link does", () => {
  const message = finding("policy.blocked", { domain: "acmewave.com", rule: "block" });
  assert.equal(proofOf({ ...base, message }), "forbidden");
  assert.equal(proofOf(base), "unlinked");
});

test("an answer proves both directions, or where it says so only the way there", () => {
  const xmpp = { ...unsent, status: "answered", roundTripMs: 3 } as const;
  assert.equal(proofOf({ ...base, xmpp, provesBothDirections: true }), "both");
  assert.equal(proofOf({ ...base, xmpp }), "one");
});
