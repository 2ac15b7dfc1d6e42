import assert from "node:assert/strict";
import { test } from "node:test";
import type { Finding, PresentedCertificate } from "#contract/traces.ts";
import type { Domain } from "#protocol/xmpp/address.ts";
import type { ReceivingState } from "#protocol/xmpp/receiving-state.ts";
import { createIncomingProof } from "./incoming-proof.ts";
import { s2sLimits } from "./limits.ts";

const expired: Finding = {
  code: "cert.expired",
  params: { domain: "peer.example" },
  owner: "peer",
  severity: "error",
};
const presented: PresentedCertificate = {
  reference: "peer.example",
  chain: [],
  trusted: false,
  nameMatch: null,
  findings: [expired],
};

test("XEP-0178 §3 step 7: who shows a certificate that does not count, where dialback does not either, is told why, and so are we", async () => {
  const told: unknown[] = [];
  const names = { from: "peer.example" as Domain, to: "us.example" as Domain };
  const proof = createIncomingProof(
    {
      limits: s2sLimits,
      trust: {
        termsFor: () => ({ tls: "required", minTls: "TLSv1.2", dialback: false, override: null }),
        judge: async () => ({
          isAuthentic: false,
          by: null,
          presented,
          finding: expired,
          validUntil: null,
        }),
        admit: () => assert.fail("there is nothing to admit"),
      },
      isServed: (name) => name === "us.example",
      refusal: () => null,
      tls: () => assert.fail("TLS is there"),
      verify: () => assert.fail("no key is shown"),
      onRejected: (...said) => told.push(said),
    },
    {
      state: () => ({ names, isSecured: true }) as unknown as ReceivingState,
      address: "192.0.2.1",
      tlsVersion: () => "TLSv1.3",
    },
  );
  proof.secured([new Uint8Array(1)], null);
  const answer = await proof.greet({
    kind: "greet",
    ...names,
    header: {
      to: "us.example",
      from: "peer.example",
      id: null,
      version: "1.0",
      lang: null,
      contentNamespace: "jabber:server",
      prefixes: {},
    },
    isSecured: true,
    isRestartAfterSasl: false,
  });
  assert.deepEqual(answer, {
    kind: "refused",
    condition: "not-authorized",
    text: "Certificate not accepted: cert.expired.",
    from: "us.example",
  });
  assert.deepEqual(told, [["us.example", "peer.example", expired]]);
});
