/** Findings of checks, incidents and the overview, beside those of traces: code, and what its words may use. */
export const healthFindings = {
  /** Watched since moments ago. */
  "health.not_checked": ["domain"],
  /** Wave is expected of it, and the trace found none and said no more. */
  "health.no_wave": ["domain"],
  /** A check ended without a finding: a fault of ours. */
  "health.unexplained": ["domain"],
  /** Another certificate than any before; `isExpected`: a renewal in the last part of the lifetime. */
  "cert.changed": ["domain", "before", "after", "issuer", "until", "isExpected"],
  /** Another certificate than any before: streams on which it is shown wait for an admin. */
  "cert.held": ["domain", "direction", "before", "after", "issuer", "until"],
  /** It authenticated better before; `fingerprint`: what it showed now, if anything. */
  "trust.weaker": ["domain", "direction", "strongest", "since", "fingerprint"],
  /** The database is away, and what is in memory does not say that this may stand. */
  "trust.undecided": ["domain"],
  /** As many names below one peer as are remembered. */
  "trust.too_many": ["domain", "peer", "limit"],
  /** Nothing came from outside, whomever we asked. */
  "our_side.network": ["node"],
  "check.late": ["domain", "seconds", "intervalSeconds"],
  "setup.no_domain": [],
  "setup.no_link": ["domain"],
  /** We federate it ourselves, with nothing to prove that we may. */
  "setup.no_certificate": ["domain"],
  "policy.nobody_trusted": [],
  "database.embedded_large": ["peers"],
} as const satisfies Record<string, readonly string[]>;

export type HealthFindingCode = keyof typeof healthFindings;
