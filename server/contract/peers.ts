import { z } from "zod";
import { id, listQuery, page, timestamp } from "./paging.ts";
import {
  authoritySummary,
  certificateChange,
  minTls,
  pin,
  proofDemand,
  tlsPolicy,
} from "./peer-trust.ts";
import { finding, reading } from "./traces.ts";

export const healthState = z.enum(["up", "degraded", "down", "unknown"]);
export type HealthState = z.infer<typeof healthState>;

/**
 * What is known of a trusted peer's health: outbound only. `cause` explains any state but up, and also
 * failures that are not confirmed yet (`failuresInRow` of the peer's `failuresUntilDown`).
 */
export const peerHealth = z.object({
  state: healthState,
  since: timestamp,
  failuresInRow: z.number().int(),
  /** Failures, and checks that it answered badly, since the last good one. */
  badInRow: z.number().int(),
  cause: finding.nullable(),
  lastCheckAt: timestamp.nullable(),
  lastGoodAt: timestamp.nullable(),
  /** Null while the peer is disabled. */
  nextCheckAt: timestamp.nullable(),
  /** The trace of the last change of state. */
  lastTraceId: id.nullable(),
  lastGoodTraceId: id.nullable(),
  discoverMs: z.number().nullable(),
  pingMs: z.number().nullable(),
  certificateNotBefore: timestamp.nullable(),
  certificateNotAfter: timestamp.nullable(),
  certificateFingerprint: z.string().nullable(),
  waveJid: z.string().nullable(),
});
export type PeerHealth = z.infer<typeof peerHealth>;

const terms = {
  /** Applies to every name below the domain too. A block wins over trust, however specific. */
  includeSubdomains: z.boolean(),
  stance: z.enum(["trusted", "blocked"]),
  label: z.string().trim().max(80),
  note: z.string().max(4000),
  expects: z.enum(["xmpp", "wave"]),
  reading,
  /** Dialled by traces and checks instead of what DNS says (static override, RFC 6120 §3.2.3). */
  overrideHost: z.string().trim().max(255).nullable(),
  overridePort: z.number().int().min(1).max(65_535).nullable(),
  /** Enforced by traces and checks; in component mode your XMPP server secures the traffic itself. */
  tlsPolicy,
  /** These are enforced on links of our own; pins, authorities and test mode by traces and checks, too. */
  minTls,
  /** Whether dialback may prove who it is where its certificate does not; always with `tlsPolicy` never. */
  allowsDialback: z.boolean(),
  /** SHA-256 of the certificate or of its public key: with any, only what matches one is taken for its own. */
  pins: z.array(pin).max(20),
  /** PEM of the authorities that its certificates must come from; then the generic roots do not count. */
  authorityPem: z.string().max(65_536).nullable(),
  certificateChange,
  /** Until then any certificate is taken for its own; at most 90 days from now. */
  testModeUntil: timestamp.nullable(),
  /** A disabled peer counts for no rule and is not checked. */
  isEnabled: z.boolean(),
  checkIntervalSeconds: z.number().int().min(15).max(86_400),
  failuresUntilDown: z.number().int().min(1).max(20),
};

export const peer = z.object({
  id,
  domain: z.string(),
  unicode: z.string(),
  /** Unicode scripts in the name; more than one deserves a second look. */
  scripts: z.array(z.string()),
  ...terms,
  authorities: z.array(authoritySummary),
  createdAt: timestamp,
  updatedAt: timestamp,
  createdBy: z.string(),
  /** Null for a blocked peer: it is not checked. */
  health: peerHealth.nullable(),
});
export type Peer = z.infer<typeof peer>;

/** The domain, typed again. */
const consents = {
  /** Needed for `tlsPolicy` never. */
  consent: z.string().max(3071).optional(),
  /** Needed to begin or prolong test mode. */
  testModeConsent: z.string().max(3071).optional(),
};

export const peerRequest = z.object({
  domain: z.string().trim().min(1).max(3071),
  stance: terms.stance.default("trusted"),
  includeSubdomains: terms.includeSubdomains.default(false),
  label: terms.label.default(""),
  note: terms.note.default(""),
  expects: terms.expects.default("xmpp"),
  reading: terms.reading.optional(),
  overrideHost: terms.overrideHost.default(null),
  overridePort: terms.overridePort.default(null),
  tlsPolicy: terms.tlsPolicy.default("required"),
  minTls: terms.minTls.default("TLSv1.2"),
  allowsDialback: terms.allowsDialback.default(false),
  pins: terms.pins.default([]),
  authorityPem: terms.authorityPem.default(null),
  certificateChange: terms.certificateChange.default("notify"),
  testModeUntil: terms.testModeUntil.default(null),
  ...consents,
  isEnabled: terms.isEnabled.default(true),
  checkIntervalSeconds: terms.checkIntervalSeconds.default(300),
  failuresUntilDown: terms.failuresUntilDown.default(3),
});
export type PeerRequest = z.input<typeof peerRequest>;
export const peerPatch = z.object(terms).partial().extend(consents);
export type PeerPatch = z.infer<typeof peerPatch>;

/** `sort`: domain, label, state, since, nextCheck, certificate, created; `-` for descending. */
export const peerListQuery = listQuery.extend({
  stance: terms.stance.optional(),
  state: healthState.optional(),
  expects: terms.expects.optional(),
  enabled: z.stringbool().optional(),
});
export const peerPage = page(peer);

/** "What would happen to D?": the rule that decides, for stanzas out and in. */
export const peerDecision = z.object({
  domain: z.string(),
  isAllowed: z.boolean(),
  rule: z.enum(["self", "block", "trusted", "mode_open", "mode_trusted_only"]),
  peer: z.object({ id, domain: z.string(), includeSubdomains: z.boolean() }).nullable(),
  /** What a stanza from us gets, and what theirs get, when it is not allowed. */
  outbound: z.enum(["sent", "not-allowed"]),
  inboundIq: z.enum(["answered", "forbidden"]),
  inboundOther: z.enum(["handled", "dropped"]),
  /** How it must prove who it is on links of our own; null when it may not federate, or is ourselves. */
  proof: proofDemand.nullable(),
  /** The local address and link that would carry it, or the code that says why none can. */
  carrier: z.object({ from: z.string(), linkId: z.string() }).or(z.object({ code: z.string() })),
});
export type PeerDecision = z.infer<typeof peerDecision>;

/** One span of a peer's history, added up as the checks ran. */
export const checkSpan = z.object({
  startsAt: timestamp,
  up: z.number().int(),
  degraded: z.number().int(),
  down: z.number().int(),
  unknown: z.number().int(),
  discoverMs: z.object({ average: z.number(), max: z.number() }).nullable(),
  pingMs: z.object({ average: z.number(), max: z.number() }).nullable(),
});
export type CheckSpan = z.infer<typeof checkSpan>;

/** `GET /api/v1/checks?peer=ID&span=day&from=...`: at most 400 spans, oldest first, none made up. */
export const checkQuery = z.object({
  peer: id,
  span: z.enum(["hour", "day"]).default("day"),
  from: timestamp.optional(),
});
export const checkHistory = z.object({ items: z.array(checkSpan) });
export type CheckHistory = z.infer<typeof checkHistory>;
/** `POST /api/v1/checks`: runs one peer's check now; 202, and `checks` changes when it is done. */
export const checkRequest = z.object({ peerId: id });
export const checkAccepted = z.object({ peerId: id, acceptedAt: timestamp });
export type CheckAccepted = z.infer<typeof checkAccepted>;

export const incidentKinds = [
  "outage",
  "degraded",
  "our_side",
  "certificate_changed",
  "certificate_expiring",
  "authentication_weaker",
] as const;
export const incidentKind = z.enum(incidentKinds);
/** Acknowledged by `POST /api/v1/incidents/:id/acknowledge`; that closes `certificate_changed` too. */
export const incident = z.object({
  id,
  kind: incidentKind,
  peerId: id.nullable(),
  /** The domain, or the link's name for `our_side`. */
  subject: z.string(),
  openedAt: timestamp,
  closedAt: timestamp.nullable(),
  cause: finding,
  traceId: id.nullable(),
  acknowledgedBy: z.string().nullable(),
  acknowledgedAt: timestamp.nullable(),
});
export type Incident = z.infer<typeof incident>;
/** `sort`: opened (newest first is `-opened`, the default), subject, closed; open ones count as newest. */
export const incidentListQuery = listQuery.extend({
  state: z.enum(["open", "closed"]).optional(),
  kind: incidentKind.optional(),
  peer: id.optional(),
});
export const incidentPage = page(incident);

/**
 * One thing that wants a person, worst first; `href` is the page that deals with it. `state` is the
 * subject's, where the finding tells its cause only and need not name it.
 */
export const attention = z.object({
  finding,
  subject: z.string(),
  state: z.enum(["down", "degraded", "detached"]).nullable(),
  since: timestamp.nullable(),
  href: z.string(),
});
export type Attention = z.infer<typeof attention>;

export const overview = z.object({
  attention: z.array(attention),
  domains: z.array(
    z.object({
      id,
      domain: z.string(),
      linkName: z.string().nullable(),
      linkState: z.string().nullable(),
      since: timestamp.nullable(),
    }),
  ),
  peers: z.object({
    up: z.number().int(),
    degraded: z.number().int(),
    down: z.number().int(),
    unknown: z.number().int(),
    blocked: z.number().int(),
    strip: z.array(z.object({ id, domain: z.string(), state: healthState, since: timestamp })),
  }),
  openIncidents: z.array(incident),
  recentChanges: z.array(
    z.object({
      at: timestamp,
      actor: z.string(),
      action: z.string(),
      resource: z.string(),
      subject: z.string().nullable(),
    }),
  ),
  database: z.object({ engine: z.enum(["postgresql", "embedded"]), advise: z.boolean() }),
});
export type Overview = z.infer<typeof overview>;

/** `GET /api/v1/status`: what the public page shows; answered to anybody only when it is switched on. */
export const publicStatus = z.object({
  title: z.string(),
  at: timestamp,
  state: z.enum(["operational", "degraded", "outage", "unknown"]),
  ourSide: z.object({ state: z.enum(["up", "down"]), since: timestamp.nullable() }),
  counts: z.object({
    up: z.number().int(),
    degraded: z.number().int(),
    down: z.number().int(),
    unknown: z.number().int(),
  }),
  /** Worst first, at most 500; `counts` has all. */
  peers: z.array(
    z.object({
      domain: z.string(),
      unicode: z.string(),
      label: z.string(),
      state: healthState,
      since: timestamp,
      /** Ninety days, oldest first; null where nothing was measured. */
      days: z.array(
        z.object({
          day: z.iso.date(),
          goodShare: z.number().nullable(),
          incidents: z.number().int(),
        }),
      ),
    }),
  ),
  /** Open ones and those of the last 14 days, newest first, at most 50; outages, degradations, our side. */
  incidents: z.array(
    z.object({
      subject: z.string(),
      kind: incidentKind,
      openedAt: timestamp,
      closedAt: timestamp.nullable(),
      /** Without addresses, hosts and quoted text: its `params` hold `domain` at most. */
      cause: finding,
    }),
  ),
});
export type PublicStatus = z.infer<typeof publicStatus>;
