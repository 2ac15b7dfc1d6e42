import type { Terms } from "#peers/policy.ts";

/** A trusted peer's terms as they are by default, and what is different about them. */
export function termsWith(terms: Partial<Terms> = {}): Terms {
  return {
    peerId: "00000000-0000-4000-8000-000000000001",
    domain: "acme.example",
    expects: "xmpp",
    reading: "overview",
    tlsPolicy: "required",
    minTls: "TLSv1.2",
    allowsDialback: false,
    pins: [],
    authorityPem: null,
    testModeUntil: null,
    certificateChange: "notify",
    overrideHost: null,
    overridePort: null,
    ...terms,
  };
}
