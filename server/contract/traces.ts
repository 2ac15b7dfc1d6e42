import { z } from "zod";
import { id, listQuery, page, timestamp } from "./paging.ts";

/** Which of the Wave documents' two readings of step 4 applies: see docs/resolution.md. */
export const reading = z.enum(["strict", "overview"]);
export type Reading = z.infer<typeof reading>;

export const owner = z.enum(["us", "peer", "network", "nobody"]);
export type Owner = z.infer<typeof owner>;

export const stepStatus = z.enum([
  "pending",
  "running",
  "ok",
  "warning",
  "failed",
  "skipped",
  "not_reached",
  "reused",
]);
export type StepStatus = z.infer<typeof stepStatus>;

const param = z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())]);

/** A finding: worded by `code` in web/text, never stored as a sentence. */
export const finding = z.object({
  code: z.string(),
  params: z.record(z.string(), param),
  owner,
  severity: z.enum(["info", "warning", "error"]),
});
export type Finding = z.infer<typeof finding>;

/** Why a step was not run: a code, and the step that decided it. */
export const because = z.object({
  code: z.string(),
  step: z.number().int().min(1).max(13).nullable(),
  params: z.record(z.string(), param).optional(),
});
export type Because = z.infer<typeof because>;

/** One line of an XMPP conversation, relative to the trace's start; secrets are masked at capture. */
export const transcriptLine = z.object({
  direction: z.enum(["out", "in"]),
  offsetMs: z.number(),
  xml: z.string(),
});
export type TranscriptLine = z.infer<typeof transcriptLine>;

const attemptBase = {
  /** Stable within the trace: `5.2` is the second attempt of step 5. */
  id: z.string(),
  status: stepStatus,
  /** Milliseconds since the trace's `startedAt`. */
  offsetMs: z.number(),
  durationMs: z.number().nullable(),
  /** Who did the work: `probe` this appliance's own socket, `link` your XMPP server, `appliance` a local decision. */
  source: z.enum(["probe", "link", "appliance"]),
  winner: z.boolean(),
  message: finding.nullable(),
};

export const dnsRecord = z.object({
  name: z.string(),
  type: z.string(),
  ttl: z.number().int(),
  data: z.string(),
});
export type DnsRecord = z.infer<typeof dnsRecord>;

export const dnsOutcome = z.enum([
  "answer",
  "nodata",
  "nxdomain",
  "servfail",
  "refused",
  "timeout",
  "malformed",
  "unreachable",
  "not_asked",
]);
export type DnsOutcome = z.infer<typeof dnsOutcome>;

/** How a connection to a candidate is secured: STARTTLS (`xmpp`), TLS from the first byte (`xmpps`). */
export const security = z.enum(["starttls", "direct_tls"]);
export type Security = z.infer<typeof security>;

export const candidate = z.object({
  host: z.string(),
  port: z.number().int(),
  security,
  origin: z.enum(["srv", "fallback", "override"]),
  priority: z.number().int().nullable(),
  weight: z.number().int().nullable(),
  /** RFC 2782 weighted draw: `random` in 0..`total`. */
  draw: z.object({ random: z.number(), total: z.number() }).nullable(),
});
export type Candidate = z.infer<typeof candidate>;

export const certificateSummary = z.object({
  subject: z.string(),
  issuer: z.string(),
  commonName: z.string().nullable(),
  names: z.array(z.string()),
  notBefore: timestamp,
  notAfter: timestamp,
  serialNumber: z.string(),
  keyAlgorithm: z.string(),
  keyBits: z.number().int().nullable(),
  signatureAlgorithm: z.string(),
  fingerprintSha256: z.string(),
  publicKeySha256: z.string(),
  extendedKeyUsage: z.array(z.string()),
  isCa: z.boolean(),
  isSelfSigned: z.boolean(),
  pem: z.string(),
});
export type CertificateSummary = z.infer<typeof certificateSummary>;

/** The certificate that a peer showed, and how it was judged for `reference`. */
export const presentedCertificate = z.object({
  reference: z.string(),
  chain: z.array(certificateSummary),
  trusted: z.boolean(),
  nameMatch: z.string().nullable(),
  /** What a peer's terms accept it by, whatever its path and name say; absent for strangers. */
  proof: z.enum(["pkix", "peer_ca", "pin", "test_mode"]).optional(),
  findings: z.array(finding),
});
export type PresentedCertificate = z.infer<typeof presentedCertificate>;

export const connectPhase = z.object({
  name: z.enum(["tcp", "stream", "starttls", "tls", "restart", "certificate", "auth"]),
  status: stepStatus,
  offsetMs: z.number(),
  durationMs: z.number().nullable(),
});
export type ConnectPhase = z.infer<typeof connectPhase>;

export const attempt = z.discriminatedUnion("kind", [
  z.object({
    ...attemptBase,
    kind: z.literal("name"),
    input: z.string(),
    ascii: z.string(),
    unicode: z.string(),
    scripts: z.array(z.string()),
  }),
  z.object({
    ...attemptBase,
    kind: z.literal("policy"),
    rule: z.string(),
  }),
  z.object({
    ...attemptBase,
    kind: z.literal("dns"),
    question: z.object({ name: z.string(), type: z.string() }),
    resolver: z.string(),
    /** The first configured resolver decides; the others are compared. */
    deciding: z.boolean(),
    transport: z.enum(["udp", "tcp"]).nullable(),
    outcome: dnsOutcome,
    rcode: z.string().nullable(),
    records: z.array(dnsRecord),
    authenticData: z.boolean(),
    /** RFC 2308: seconds for which "no" may be kept. */
    negativeTtl: z.number().int().nullable(),
    sizeBytes: z.number().int(),
    /** Age of a kept answer (status `reused`); null when it was asked for now. */
    ageMs: z.number().nullable(),
    /** What was wrong with a malformed answer. */
    reason: z.string().nullable(),
    /** Records beyond the limit, not kept. */
    leftOut: z.number().int(),
  }),
  z.object({
    ...attemptBase,
    kind: z.literal("order"),
    candidates: z.array(candidate),
    /** Candidates beyond the limit, not tried. */
    leftOut: z.number().int(),
  }),
  z.object({
    ...attemptBase,
    kind: z.literal("connect"),
    candidate,
    address: z.string(),
    family: z.union([z.literal(4), z.literal(6)]),
    localAddress: z.string().nullable(),
    phases: z.array(connectPhase),
    bytesSent: z.number().int(),
    bytesReceived: z.number().int(),
    transcript: z.array(transcriptLine),
    features: z.array(z.string()),
    tls: z
      .object({
        version: z.string(),
        cipher: z.string(),
        alpn: z.string().nullable(),
        servername: z.string(),
      })
      .nullable(),
    certificate: presentedCertificate.nullable(),
    /**
     * How the connection logged in, where this appliance federates the name itself; null when it did not. Older
     * traces lack it. `isKept`: what was asked next went over it.
     */
    login: z
      .object({ by: z.enum(["external", "dialback"]), isKept: z.boolean() })
      .nullable()
      .optional(),
  }),
  z.object({
    ...attemptBase,
    kind: z.literal("disco"),
    query: z.enum(["items", "info"]),
    to: z.string(),
    linkId: z.string().nullable(),
    condition: z.string().nullable(),
    items: z.array(
      z.object({ jid: z.string(), name: z.string().nullable(), node: z.string().nullable() }),
    ),
    /** Items that the answer had beyond those kept. */
    itemsLeftOut: z.number().int(),
    identities: z.array(
      z.object({ category: z.string(), type: z.string(), name: z.string().nullable() }),
    ),
    features: z.array(z.string()),
    matched: z.enum(["identity", "feature", "both"]).nullable(),
    transcript: z.array(transcriptLine),
  }),
  z.object({
    ...attemptBase,
    kind: z.literal("reuse"),
    /** `address:port` of the connection. */
    description: z.string(),
    ageMs: z.number(),
    /** The connection's certificate, judged for the name that it is used for now. */
    certificate: presentedCertificate.nullable(),
  }),
  /** One link by agreement (XEP-0361) that reaches the name, in the order in which they are preferred. */
  z.object({
    ...attemptBase,
    kind: z.literal("agreement"),
    link: z.object({ id: z.string(), name: z.string() }),
    /** `idle`: works once somebody opens a connection; `held_elsewhere`: by another appliance. */
    state: z.enum(["up", "connecting", "idle", "failing", "held_elsewhere"]),
    priority: z.number().int(),
    /** A normal stream takes over while no link works. */
    fallsBack: z.boolean(),
    /** When the peer last answered a ping across it, and how long that took. */
    provenAt: timestamp.nullable(),
    roundTripMs: z.number().nullable(),
    lastError: finding.nullable(),
    nextAttemptAt: timestamp.nullable(),
    /** What the peer showed on the connection there is; null: nothing, or it is pinned by the agreement. */
    certificate: presentedCertificate.nullable().default(null),
  }),
  z.object({
    ...attemptBase,
    kind: z.literal("decision"),
    decision: z.string(),
    params: z.record(z.string(), param),
  }),
]);
export type Attempt = z.infer<typeof attempt>;
export type AttemptOf<K extends Attempt["kind"]> = Extract<Attempt, { kind: K }>;

export const step = z.object({
  number: z.number().int().min(1).max(13),
  status: stepStatus,
  because: because.optional(),
  attempts: z.array(attempt),
  message: finding.nullable(),
  startedAt: timestamp.nullable(),
  durationMs: z.number().nullable(),
});
export type Step = z.infer<typeof step>;

export const traceState = z.enum(["running", "done", "cancelled"]);
export const xmppVerdict = z.enum(["reachable", "warning", "unreachable", "unknown"]);
export type XmppVerdict = z.infer<typeof xmppVerdict>;
export const waveVerdict = z.enum(["found", "guessed", "none", "unknown"]);
export type WaveVerdict = z.infer<typeof waveVerdict>;

const traceHead = {
  id,
  domain: z.string(),
  reading,
  state: traceState,
  xmpp: xmppVerdict.nullable(),
  wave: waveVerdict.nullable(),
  /** The wave service's address, once chosen. */
  jid: z.string().nullable(),
  /** The one finding to read first: the root cause, never its symptoms. */
  headline: finding.nullable(),
  trigger: z.enum(["person", "check", "ping", "self_test"]),
  requestedBy: z.string().nullable(),
  startedAt: timestamp,
  durationMs: z.number().nullable(),
  isPinned: z.boolean(),
};

export const traceSummary = z.object(traceHead);
export type TraceSummary = z.infer<typeof traceSummary>;

export const trace = z.object({
  ...traceHead,
  schemaVersion: z.literal(1),
  fresh: z.boolean(),
  software: z.string(),
  resolvers: z.array(z.string()),
  cancelledBy: z.string().nullable(),
  /** All findings, causes before symptoms. */
  findings: z.array(finding.extend({ step: z.number().int().min(1).max(13) })),
  steps: z.array(step).length(13),
});
export type Trace = z.infer<typeof trace>;

export const traceRequest = z.object({
  domain: z.string().trim().min(1).max(3071),
  reading: reading.optional(),
  fresh: z.boolean().optional(),
});
export type TraceRequest = z.infer<typeof traceRequest>;

export const traceListQuery = listQuery.extend({
  domain: z.string().optional(),
  state: traceState.optional(),
  xmpp: xmppVerdict.optional(),
  wave: waveVerdict.optional(),
  pinned: z.stringbool().optional(),
  trigger: z.enum(["person", "check", "ping", "self_test"]).optional(),
});
export const tracePage = page(traceSummary);

export const tracePatch = z.object({ isPinned: z.boolean() });

/** A ping: how the domain answered a Wave ping (receipt) and an XEP-0199 ping. */
export const pingRequest = z.object({ domain: z.string().trim().min(1).max(3071) });
export const pingLeg = z.object({
  status: z.enum(["answered", "refused", "timeout", "not_sent"]),
  to: z.string().nullable(),
  roundTripMs: z.number().nullable(),
  /** Stanza error condition when refused; a refusal by the pinged domain still proves the path. */
  condition: z.string().nullable(),
});
export const pingResult = z.object({
  domain: z.string(),
  at: timestamp,
  traceId: id.nullable(),
  linkId: z.string().nullable(),
  wave: pingLeg,
  xmpp: pingLeg,
  /** A pong came back over one-way server-to-server streams, so each side could dial the other. */
  provesBothDirections: z.boolean(),
  /** The link by agreement (XEP-0361) that carried it, by its name; null: none. */
  agreedLink: z.string().nullable().optional(),
  message: finding.nullable(),
});
export type PingResult = z.infer<typeof pingResult>;
