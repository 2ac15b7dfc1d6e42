import assert from "node:assert/strict";
import { test } from "node:test";
import { dayOf, endOfDay, isComplete, newTerms, requestOf } from "./terms.ts";

const named = { ...newTerms, domain: " acmewave.com " };

test("empty fields are sent as what they mean", () => {
  const request = requestOf(named);
  assert.equal(request.domain, "acmewave.com");
  assert.equal(request.overrideHost, null);
  assert.equal(request.overridePort, null);
  assert.ok(!("reading" in request) && !("consent" in request));
});

test("no TLS needs the domain typed again, once", () => {
  const never = { ...named, tlsPolicy: "never" as const };
  assert.equal(isComplete(never, null), false);
  assert.equal(isComplete({ ...never, consent: "other.com" }, null), false);
  assert.equal(isComplete({ ...never, consent: "AcmeWave.com" }, null), true);
  assert.equal(isComplete(never, never), true);
  assert.equal(requestOf({ ...never, consent: "acmewave.com" }).consent, "acmewave.com");
});

test("a port is a port", () => {
  for (const overridePort of ["0", "65536", "five", "-1", "52.69"])
    assert.equal(isComplete({ ...named, overridePort }, null), false, overridePort);
  assert.equal(isComplete({ ...named, overridePort: "5269" }, null), true);
  assert.equal(isComplete({ ...newTerms }, null), false);
});

test("what is chosen about certificates is sent; what is only typed holds the form back", () => {
  const terms = {
    ...named,
    pins: ["AA"],
    authorityPem: " ",
    minTls: "TLSv1.3" as const,
    certificateChange: "hold" as const,
    allowsDialback: true,
  };
  const request = requestOf(terms);
  assert.deepEqual(
    [request.pins, request.authorityPem, request.minTls, request.certificateChange],
    [["AA"], null, "TLSv1.3", "hold"],
  );
  assert.ok(!("pinDraft" in request));
  assert.equal(isComplete({ ...terms, pinDraft: "not a pin" }, null), false);
});

test("test mode needs the domain typed again when it begins or lasts longer, not when it ends", () => {
  const testModeUntil = "2026-12-01T12:00:00.000Z";
  const begun = { ...named, testModeUntil };
  assert.equal(isComplete(begun, null), false);
  assert.equal(isComplete({ ...begun, testModeConsent: "ACMEWAVE.com" }, null), true);
  assert.equal(isComplete(begun, begun), true);
  assert.equal(isComplete({ ...begun, testModeUntil: "2026-12-02T12:00:00.000Z" }, begun), false);
  assert.equal(isComplete({ ...begun, testModeUntil: "2026-11-30T12:00:00.000Z" }, begun), true);
  assert.equal(requestOf({ ...begun, testModeUntil: "" }).testModeUntil, null);
});

test("a day ends at its end, and never beyond what test mode may last", () => {
  const now = new Date("2026-11-21T08:00:00").getTime();
  const end = endOfDay("2026-11-30", now);
  assert.equal(dayOf(end), "2026-11-30");
  assert.equal(new Date(end).getHours(), 23);
  const last = Date.parse(endOfDay("2027-11-30", now)) - now;
  assert.ok(last < 90 * 86_400_000 && last > 89 * 86_400_000);
  assert.equal(endOfDay("", now), "");
});
