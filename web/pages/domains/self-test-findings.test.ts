import assert from "node:assert/strict";
import { test } from "node:test";
import type { Finding, PresentedCertificate } from "#contract/traces.ts";
import { isAlsoGood } from "./self-test-findings.ts";

const served = { code: "cert.served_old" };
const expiring: Finding = {
  code: "cert.expiring",
  params: {},
  owner: "us",
  severity: "warning",
};
const shown = (part: Partial<PresentedCertificate>) => ({
  domain: "example.com",
  certificates: [
    {
      reference: "example.com",
      trusted: true,
      nameMatch: "san_dns",
      chain: [],
      findings: [],
      ...part,
    } as unknown as PresentedCertificate,
  ],
});

test("another certificate than ours is a fault only where the one served is not accepted", () => {
  assert.equal(isAlsoGood(served, shown({})), true);
  assert.equal(isAlsoGood(served, shown({ trusted: false })), false);
  assert.equal(isAlsoGood(served, shown({ nameMatch: null })), false);
  assert.equal(isAlsoGood(served, shown({ findings: [expiring] })), false, "a forgotten renewal");
  assert.equal(isAlsoGood(served, shown({ reference: "wave.example.com" })), false);
  assert.equal(isAlsoGood({ code: "cert.expired" }, shown({})), false);
});
