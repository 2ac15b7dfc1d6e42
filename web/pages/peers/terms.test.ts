import assert from "node:assert/strict";
import { test } from "node:test";
import { isComplete, newTerms, requestOf } from "./terms.ts";

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
