import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import type {
  AuthenticationSide,
  HeldCertificate,
  KnownCertificate,
} from "#contract/peer-trust.ts";
import { incidentKinds } from "#contract/peers.ts";
import type { OwnPorts } from "#contract/links.ts";
import type { Finding, Trace } from "#contract/traces.ts";
import { at, bytea, counter, key } from "./columns.ts";

// ---- the appliance itself ----

/** One row per setting that was changed from its default: see store/settings.ts. */
export const settings = pgTable("settings", {
  key: text("key").primaryKey(),
  value: jsonb("value").notNull(),
  updatedAt: at("updated_at").notNull().defaultNow(),
});

/** A known value sealed with the master key: proves at start that the key is the right one. */
export const vaultProbe = pgTable("vault_probe", {
  id: integer("id").primaryKey(),
  sealed: bytea("sealed").notNull(),
});

/** What all appliances on this database share and nobody else knows, sealed: the key of dialback keys. */
export const secrets = pgTable("secrets", {
  name: text("name").primaryKey(),
  sealed: bytea("sealed").notNull(),
});

/** Every appliance on this database, by node id; `seenAt` is renewed while it lives. */
export const nodes = pgTable("nodes", {
  id: text("id").primaryKey(),
  startedAt: at("started_at").notNull(),
  seenAt: at("seen_at").notNull(),
  software: text("software").notNull(),
  /** The machine's own name, by which people know it. */
  host: text("host").notNull().default(""),
});

/** What only one appliance may hold: a component stream, a sweep. Expired means free. */
export const leases = pgTable("leases", {
  name: text("name").primaryKey(),
  nodeId: text("node_id").notNull(),
  expiresAt: at("expires_at").notNull(),
});

/** Questions of one appliance to another and their answers; kept for seconds: see store/node-calls.ts. */
export const nodeCalls = pgTable(
  "node_calls",
  {
    id: key(),
    toNode: text("to_node").notNull(),
    fromNode: text("from_node").notNull(),
    question: jsonb("question").$type<{ topic: string; question: unknown }>().notNull(),
    /** In an object, so that an answer of null is one. */
    answer: jsonb("answer").$type<{ value: unknown }>(),
    at: at("at").notNull(),
  },
  (table) => [index("node_calls_to").on(table.toNode)],
);

// ---- people ----

export const users = pgTable("users", {
  id: key(),
  name: text("name").notNull().unique(),
  role: text("role", { enum: ["owner", "admin", "auditor"] }).notNull(),
  passwordHash: text("password_hash").notNull(),
  createdAt: at("created_at").notNull().defaultNow(),
  disabledAt: at("disabled_at"),
});

export const sessions = pgTable("sessions", {
  id: key(),
  tokenHash: bytea("token_hash").notNull().unique(),
  userId: uuid("user_id")
    .notNull()
    .references(() => users.id, { onDelete: "cascade" }),
  createdAt: at("created_at").notNull().defaultNow(),
  lastSeenAt: at("last_seen_at").notNull().defaultNow(),
  expiresAt: at("expires_at").notNull(),
  address: text("address").notNull(),
  userAgent: text("user_agent").notNull(),
});

export const invitations = pgTable("invitations", {
  id: key(),
  tokenHash: bytea("token_hash").notNull().unique(),
  role: text("role", { enum: ["owner", "admin", "auditor"] }).notNull(),
  createdBy: text("created_by").notNull(),
  createdAt: at("created_at").notNull().defaultNow(),
  expiresAt: at("expires_at").notNull(),
  usedAt: at("used_at"),
});

export const tokens = pgTable("tokens", {
  id: key(),
  name: text("name").notNull(),
  /** Whose it is: it ends with them, sleeps while they are disabled, and may never do more than they. */
  ownerId: uuid("owner_id")
    .notNull()
    .references(() => users.id, { onDelete: "cascade" }),
  role: text("role", { enum: ["owner", "admin", "auditor"] }).notNull(),
  tokenHash: bytea("token_hash").notNull().unique(),
  createdBy: text("created_by").notNull(),
  createdAt: at("created_at").notNull().defaultNow(),
  lastUsedAt: at("last_used_at"),
  expiresAt: at("expires_at"),
});

/** Counts of failures in a window, shared by all appliances: login, setup code, invitations. */
export const throttles = pgTable("throttles", {
  key: text("key").primaryKey(),
  failures: integer("failures").notNull(),
  windowStartedAt: at("window_started_at").notNull(),
  blockedUntil: at("blocked_until"),
});

export const audit = pgTable(
  "audit",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    at: at("at").notNull().defaultNow(),
    actor: text("actor").notNull(),
    actorKind: text("actor_kind", {
      enum: ["user", "token", "setup", "appliance", "local"],
    }).notNull(),
    address: text("address"),
    action: text("action").notNull(),
    resource: text("resource").notNull(),
    resourceId: text("resource_id"),
    before: jsonb("before"),
    after: jsonb("after"),
    requestId: text("request_id"),
  },
  (table) => [index("audit_resource").on(table.resource, table.resourceId)],
);

// ---- what we serve ----

export const domains = pgTable("domains", {
  id: key(),
  /** Canonical A-label form. */
  domain: text("domain").notNull().unique(),
  label: text("label").notNull().default(""),
  /** What DNS should say (NAT's outside) and where our XMPP server listens (inside). */
  advertisedHost: text("advertised_host"),
  advertisedPort: integer("advertised_port").notNull().default(5269),
  advertisedAddresses: jsonb("advertised_addresses").$type<string[]>().notNull().default([]),
  insideHost: text("inside_host"),
  insidePort: integer("inside_port").notNull().default(5269),
  /** Pinged on every (re)attachment. */
  pingTarget: text("ping_target"),
  lastPing: jsonb("last_ping"),
  /** Since when the self-test finds every record published as it should be. */
  recordsPublishedAt: at("records_published_at"),
  createdAt: at("created_at").notNull().defaultNow(),
  updatedAt: at("updated_at").notNull().defaultNow(),
});

/**
 * How each name of ours is attached. `component`: we dial our XMPP server (XEP-0114). `s2s`: we federate the name
 * ourselves. `hosted`: somebody's XEP-0114 component connects to us under it, and we federate it.
 */
export const links = pgTable("links", {
  id: key(),
  kind: text("kind", { enum: ["component", "s2s", "hosted"] }).notNull(),
  domainId: uuid("domain_id")
    .notNull()
    .references(() => domains.id, { onDelete: "cascade" }),
  /** The name that it speaks for, e.g. wave.example.com. */
  name: text("name").notNull().unique(),
  /** `component`: where we dial. Otherwise where others dial us for the name; null: as for the domain. */
  host: text("host"),
  port: integer("port"),
  /** Not of `component`: ports where this name alone is answered; null: those that names share. */
  ownPorts: jsonb("own_ports").$type<OwnPorts>(),
  security: text("security", { enum: ["plain", "tls"] })
    .notNull()
    .default("plain"),
  /** `component` and `hosted`. */
  secretSealed: bytea("secret_sealed"),
  /** Who agreed, and when, that the secret may cross a network without TLS. */
  plainConsent: jsonb("plain_consent").$type<{ by: string; at: string }>(),
  isEnabled: boolean("is_enabled").notNull().default(true),
  createdAt: at("created_at").notNull().defaultNow(),
  updatedAt: at("updated_at").notNull().defaultNow(),
});

/** Each name that we serve, how it is attached and who handles its stanzas. */
export const localAddresses = pgTable("local_addresses", {
  name: text("name").primaryKey(),
  domainId: uuid("domain_id")
    .notNull()
    .references(() => domains.id, { onDelete: "cascade" }),
  linkId: uuid("link_id").references(() => links.id, { onDelete: "cascade" }),
  role: text("role", { enum: ["wave", "plain", "hosted"] }).notNull(),
});

/** Live rows: one per link (`remoteDomain` empty) and one per remote domain over it. */
export const connections = pgTable(
  "connections",
  {
    id: key(),
    linkId: uuid("link_id")
      .notNull()
      .references(() => links.id, { onDelete: "cascade" }),
    remoteDomain: text("remote_domain").notNull().default(""),
    nodeId: text("node_id").notNull(),
    state: text("state").notNull(),
    since: at("since").notNull(),
    /** When a link was attached last; null as long as it never was: setting up is no outage. */
    attachedAt: at("attached_at"),
    leaseUntil: at("lease_until").notNull(),
    stanzasIn: counter("stanzas_in"),
    stanzasOut: counter("stanzas_out"),
    bytesIn: counter("bytes_in"),
    bytesOut: counter("bytes_out"),
    dropped: counter("dropped"),
    lastActivityAt: at("last_activity_at"),
    lastError: jsonb("last_error").$type<Finding>(),
    attempts: integer("attempts").notNull().default(0),
    nextAttemptAt: at("next_attempt_at"),
  },
  (table) => [uniqueIndex("connections_by_link").on(table.linkId, table.remoteDomain)],
);

export const connectionEvents = pgTable(
  "connection_events",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    linkId: uuid("link_id")
      .notNull()
      .references(() => links.id, { onDelete: "cascade" }),
    remoteDomain: text("remote_domain").notNull().default(""),
    nodeId: text("node_id").notNull(),
    at: at("at").notNull(),
    fromState: text("from_state"),
    toState: text("to_state").notNull(),
    detail: jsonb("detail").$type<Finding>(),
  },
  (table) => [index("connection_events_by_link").on(table.linkId, table.remoteDomain, table.at)],
);

// ---- peers, their health ----

export const peers = pgTable(
  "peers",
  {
    id: key(),
    domain: text("domain").notNull().unique(),
    /** U-labels: shown and searched, never compared. */
    unicode: text("unicode").notNull().default(""),
    includeSubdomains: boolean("include_subdomains").notNull().default(false),
    stance: text("stance", { enum: ["trusted", "blocked"] }).notNull(),
    label: text("label").notNull().default(""),
    note: text("note").notNull().default(""),
    expects: text("expects", { enum: ["xmpp", "wave"] })
      .notNull()
      .default("xmpp"),
    reading: text("reading", { enum: ["strict", "overview"] })
      .notNull()
      .default("overview"),
    overrideHost: text("override_host"),
    overridePort: integer("override_port"),
    tlsPolicy: text("tls_policy", { enum: ["required", "preferred", "never"] })
      .notNull()
      .default("required"),
    minTls: text("min_tls", { enum: ["TLSv1.2", "TLSv1.3"] })
      .notNull()
      .default("TLSv1.2"),
    /** Whether dialback may stand for a certificate; with `tlsPolicy` never it always may. */
    allowsDialback: boolean("allows_dialback").notNull().default(false),
    /** SHA-256 of a certificate or of its SubjectPublicKeyInfo, `AA:BB:...`: with any, no other key counts. */
    pins: jsonb("pins").$type<string[]>().notNull().default([]),
    /** PEM: with any, paths of this peer end in these and in no other roots. */
    authorityPem: text("authority_pem"),
    /** Until then any certificate is taken for this peer's. */
    testModeUntil: at("test_mode_until"),
    certificateChange: text("certificate_change", { enum: ["none", "notify", "hold"] })
      .notNull()
      .default("notify"),
    isEnabled: boolean("is_enabled").notNull().default(true),
    checkIntervalSeconds: integer("check_interval_seconds").notNull().default(300),
    failuresUntilDown: integer("failures_until_down").notNull().default(3),
    createdAt: at("created_at").notNull().defaultNow(),
    updatedAt: at("updated_at").notNull().defaultNow(),
    createdBy: text("created_by").notNull(),
  },
  (table) => [index("peers_by_stance").on(table.stance)],
);

/** How a trusted peer's domain, or one below it, has proved to be itself on links of our own: docs/certificates.md. */
export const authentications = pgTable(
  "authentications",
  {
    domain: text("domain").primaryKey(),
    peerId: uuid("peer_id")
      .notNull()
      .references(() => peers.id, { onDelete: "cascade" }),
    inbound: jsonb("inbound").$type<AuthenticationSide>(),
    outbound: jsonb("outbound").$type<AuthenticationSide>(),
    certificates: jsonb("certificates").$type<KnownCertificate[]>().notNull().default([]),
    held: jsonb("held").$type<HeldCertificate>(),
  },
  (table) => [index("authentications_by_peer").on(table.peerId)],
);

/** One row per trusted peer: what is known of its health now, and when it is looked at next. */
export const peerHealth = pgTable(
  "peer_health",
  {
    peerId: uuid("peer_id")
      .primaryKey()
      .references(() => peers.id, { onDelete: "cascade" }),
    state: text("state", { enum: ["up", "degraded", "down", "unknown"] })
      .notNull()
      .default("unknown"),
    /** The last state that was not `unknown`: what an unknown spell returns to without a new trace. */
    knownState: text("known_state", { enum: ["up", "degraded", "down"] }),
    since: at("since").notNull().defaultNow(),
    failuresInRow: integer("failures_in_row").notNull().default(0),
    /** Checks in a row that failed or were impaired, and when the first of them ran. */
    badInRow: integer("bad_in_row").notNull().default(0),
    badSince: at("bad_since"),
    cause: jsonb("cause").$type<Finding>(),
    lastCheckAt: at("last_check_at"),
    lastGoodAt: at("last_good_at"),
    lastTraceId: uuid("last_trace_id"),
    lastGoodTraceId: uuid("last_good_trace_id"),
    /** Null while the peer is disabled. */
    nextCheckAt: at("next_check_at").defaultNow(),
    claimedBy: text("claimed_by"),
    claimedUntil: at("claimed_until"),
    discoverMs: doublePrecision("discover_ms"),
    pingMs: doublePrecision("ping_ms"),
    certificateFingerprint: text("certificate_fingerprint"),
    certificateNotBefore: at("certificate_not_before"),
    certificateNotAfter: at("certificate_not_after"),
    /** Fingerprints seen before: a cluster that shows several in turn does not change its certificate. */
    knownCertificates: jsonb("known_certificates").$type<string[]>().notNull().default([]),
    waveJid: text("wave_jid"),
  },
  (table) => [index("peer_health_due").on(table.nextCheckAt)],
);

/** Samples, added up as they are written: per peer and hour (kept 14 days) and day (kept 400). */
export const checkSamples = pgTable(
  "check_samples",
  {
    peerId: uuid("peer_id")
      .notNull()
      .references(() => peers.id, { onDelete: "cascade" }),
    span: text("span", { enum: ["hour", "day"] }).notNull(),
    startsAt: at("starts_at").notNull(),
    up: integer("up").notNull().default(0),
    degraded: integer("degraded").notNull().default(0),
    down: integer("down").notNull().default(0),
    unknown: integer("unknown").notNull().default(0),
    discoverMsSum: doublePrecision("discover_ms_sum").notNull().default(0),
    discoverMsMax: doublePrecision("discover_ms_max").notNull().default(0),
    discoverCount: integer("discover_count").notNull().default(0),
    pingMsSum: doublePrecision("ping_ms_sum").notNull().default(0),
    pingMsMax: doublePrecision("ping_ms_max").notNull().default(0),
    pingCount: integer("ping_count").notNull().default(0),
  },
  (table) => [
    primaryKey({ columns: [table.peerId, table.span, table.startsAt] }),
    index("check_samples_by_age").on(table.span, table.startsAt),
  ],
);

export const incidents = pgTable(
  "incidents",
  {
    id: key(),
    kind: text("kind", { enum: incidentKinds }).notNull(),
    peerId: uuid("peer_id").references(() => peers.id, { onDelete: "set null" }),
    /** The domain or own resource that it is about; kept when the peer is deleted. */
    subject: text("subject").notNull(),
    openedAt: at("opened_at").notNull().defaultNow(),
    closedAt: at("closed_at"),
    cause: jsonb("cause").$type<Finding>().notNull(),
    traceId: uuid("trace_id"),
    acknowledgedBy: text("acknowledged_by"),
    acknowledgedAt: at("acknowledged_at"),
  },
  (table) => [
    index("incidents_open").on(table.closedAt),
    index("incidents_by_peer").on(table.peerId),
    index("incidents_by_opening").on(table.openedAt),
    // However many checks and appliances notice the same thing, it is open once.
    uniqueIndex("incidents_one_open")
      .on(table.kind, table.subject)
      .where(sql`closed_at is null`),
  ],
);

// ---- traces ----

export const traces = pgTable(
  "traces",
  {
    id: uuid("id").primaryKey(),
    domain: text("domain").notNull(),
    reading: text("reading", { enum: ["strict", "overview"] }).notNull(),
    state: text("state", { enum: ["running", "done", "cancelled"] }).notNull(),
    xmpp: text("xmpp", { enum: ["reachable", "warning", "unreachable", "unknown"] }),
    wave: text("wave", { enum: ["found", "guessed", "none", "unknown"] }),
    jid: text("jid"),
    headline: jsonb("headline").$type<Finding>(),
    trigger: text("trigger", { enum: ["person", "check", "ping", "self_test"] }).notNull(),
    requestedBy: text("requested_by"),
    startedAt: at("started_at").notNull(),
    durationMs: doublePrecision("duration_ms"),
    isPinned: boolean("is_pinned").notNull().default(false),
    nodeId: text("node_id").notNull(),
    /** The whole trace as GET /api/v1/traces/:id gives it. */
    document: jsonb("document").$type<Trace>().notNull(),
  },
  (table) => [
    index("traces_by_start").on(table.startedAt),
    index("traces_by_domain").on(table.domain, table.startedAt),
  ],
);
