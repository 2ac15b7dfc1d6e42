import assert from "node:assert/strict";
import { test } from "node:test";
import type { CertificateSummary } from "#contract/traces.ts";
import { createShownCertificates } from "./shown-certificates.ts";
import type { Judged, PeerTrust } from "./trust.ts";

const der = (...bytes: number[]) => new Uint8Array(bytes);

test("streams that were shown the same certificates keep them once, in the order of each chain", () => {
  const shown = createShownCertificates();
  const first = shown.chain([der(1), der(9)]);
  const second = shown.chain([der(2), der(9)]);
  const again = shown.chain([der(1), der(9)]);
  assert.deepEqual(
    [first, second, again].map((chain) => chain.map(([byte]) => byte)),
    [
      [1, 9],
      [2, 9],
      [1, 9],
    ],
  );
  assert.equal(again[0], first[0]);
  assert.equal(second[1], first[1]);
  assert.notEqual(second[0], first[0]);
});

test("judgements differ by domain and time, and share what they tell of a certificate", async () => {
  const summary = (fingerprintSha256: string) => ({ fingerprintSha256 }) as CertificateSummary;
  const trust: PeerTrust = {
    termsFor: () => assert.fail("not asked"),
    admit: () => assert.fail("not asked"),
    judge: async ({ domain }) =>
      ({
        isAuthentic: domain === "a.example",
        presented: { reference: domain, chain: [summary("leaf"), summary("root")] },
      }) as unknown as Judged,
  };
  const sharing = createShownCertificates().trust(trust);
  const ask = (domain: string) => sharing.judge({ domain, chain: [], direction: "in" });
  const [one, other] = await Promise.all([ask("a.example"), ask("b.example")]);
  assert.deepEqual([one.isAuthentic, other.isAuthentic], [true, false]);
  assert.equal(other.presented.reference, "b.example");
  assert.equal(one.presented.chain[0], other.presented.chain[0]);
  assert.notEqual(one.presented.chain[0], one.presented.chain[1]);
});
