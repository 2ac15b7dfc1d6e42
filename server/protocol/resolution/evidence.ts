// The raw record of what was done, in the shape that a trace keeps (contract/traces.ts).
import type { Owner, Param, Severity } from "./notes.ts";

export type StepStatus =
  | "pending"
  | "running"
  | "ok"
  | "warning"
  | "failed"
  | "skipped"
  | "not_reached"
  | "reused";

export interface Finding {
  code: string;
  params: Record<string, Param>;
  owner: Owner;
  severity: Severity;
}

export type DnsType = "SRV" | "A" | "AAAA" | "CNAME" | "PTR";
export type DnsOutcome =
  | "answer"
  | "nodata"
  | "nxdomain"
  | "servfail"
  | "refused"
  | "timeout"
  | "malformed"
  | "unreachable"
  | "not_asked";

export interface DnsRecord {
  name: string;
  type: string;
  ttl: number;
  /** Presentation form: `10 0 5269 xmpp.example.org.`, `192.0.2.7`, `www.example.org.` */
  data: string;
}

/** What one resolver said to one question; times on the machine's clock. */
export interface LookupReport {
  readonly resolver: string;
  /** The first configured resolver that gives an answer decides; the others are compared. */
  readonly deciding: boolean;
  readonly transport: "udp" | "tcp" | null;
  readonly outcome: DnsOutcome;
  readonly rcode: string | null;
  readonly records: DnsRecord[];
  readonly authenticData: boolean;
  readonly negativeTtl: number | null;
  readonly sizeBytes: number;
  /** Age of a kept answer; null when it was asked for now. */
  readonly ageMs: number | null;
  /** What was wrong with a malformed answer. */
  readonly reason: string | null;
  /** Records beyond the limit, not kept. */
  readonly leftOut: number;
  readonly startedAt: number;
  readonly endedAt: number;
}

export type Security = "starttls" | "direct_tls";

export interface Candidate {
  host: string;
  port: number;
  security: Security;
  origin: "srv" | "fallback" | "override";
  priority: number | null;
  weight: number | null;
  draw: { random: number; total: number } | null;
}

export type PhaseName = "tcp" | "stream" | "starttls" | "tls" | "restart" | "certificate" | "auth";

export interface TranscriptEntry {
  readonly direction: "out" | "in";
  readonly at: number;
  readonly xml: string;
}

export interface CertificateSummary {
  subject: string;
  issuer: string;
  commonName: string | null;
  names: string[];
  notBefore: string;
  notAfter: string;
  serialNumber: string;
  keyAlgorithm: string;
  keyBits: number | null;
  signatureAlgorithm: string;
  fingerprintSha256: string;
  publicKeySha256: string;
  extendedKeyUsage: string[];
  isCa: boolean;
  isSelfSigned: boolean;
  pem: string;
}

export interface PresentedCertificate {
  reference: string;
  chain: CertificateSummary[];
  trusted: boolean;
  nameMatch: string | null;
  findings: Finding[];
}

/** What one dial has seen so far, or in the end. */
export interface DialReport {
  readonly localAddress: string | null;
  readonly phases: readonly {
    readonly name: PhaseName;
    readonly status: StepStatus;
    readonly startedAt: number;
    readonly endedAt: number | null;
  }[];
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly transcript: readonly TranscriptEntry[];
  readonly features: string[];
  readonly tls: {
    version: string;
    cipher: string;
    alpn: string | null;
    servername: string;
  } | null;
  readonly certificate: PresentedCertificate | null;
  /** Null where it was not tried, or failed. `isKept`: the connection carries what is asked next. */
  readonly login: { by: "external" | "dialback"; isKept: boolean } | null;
}

/**
 * How an IQ over a link ended: the peer's answer, the peer's error, an error by which our own server
 * says that it could not deliver (`bounced`), silence, or never sent.
 */
export interface DiscoReport {
  readonly kind: "result" | "error" | "bounced" | "timeout" | "not_sent";
  readonly linkId: string | null;
  readonly condition: string | null;
  readonly text: string | null;
  /** `domain`: the item's address when it is a plain, valid domain; else null and not asked. */
  readonly items: readonly {
    readonly jid: string;
    readonly name: string | null;
    readonly node: string | null;
    readonly domain: string | null;
  }[];
  readonly itemsTotal: number;
  readonly identities: { category: string; type: string; name: string | null }[];
  readonly features: string[];
  readonly transcript: readonly TranscriptEntry[];
}

/** A link by agreement (XEP-0361) with whoever has `domains`, as it stands. */
export interface AgreedLink {
  readonly id: string;
  readonly name: string;
  /** Names of the other side that are reached by it. */
  readonly domains: readonly string[];
  /** Of several the lowest that works is used. */
  readonly priority: number;
  /** Stanzas take a normal stream while no link works. */
  readonly fallsBack: boolean;
  readonly state: AgreedState;
  /** When the peer last answered a ping that went across, and how long that took. */
  readonly provenAt: string | null;
  readonly roundTripMs: number | null;
  readonly lastError: Finding | null;
  readonly nextAttemptAt: string | null;
  /** What the peer showed on the connection there is; null: nothing, or it is pinned by the agreement. */
  readonly certificate: PresentedCertificate | null;
}
/** `idle`: works once somebody opens a connection; `held_elsewhere`: another appliance has it. */
export type AgreedState = "up" | "connecting" | "idle" | "failing" | "held_elsewhere";

/** How a ping across the links of one pair of domains ended. */
export interface CrossReport {
  readonly kind:
    | "answered"
    | "failed"
    /** Only the other side may open a connection, and has none open. */
    | "waits"
    /** This appliance does not hold the links, so it cannot look. */
    | "elsewhere";
  /** The link that took the ping; null: none did. */
  readonly linkId: string | null;
  readonly roundTripMs: number | null;
  /** What stanzas take now. */
  readonly carriedBy: "link" | "stream" | "none";
  /** Why it failed; null: the link looks sound, and nothing came back in `seconds`. */
  readonly finding: Finding | null;
  readonly seconds: number;
  /** The links as they stand after it. */
  readonly links: readonly AgreedLink[];
}

interface AttemptBase {
  id: string;
  status: StepStatus;
  offsetMs: number;
  durationMs: number | null;
  source: "probe" | "link" | "appliance";
  winner: boolean;
  message: Finding | null;
}

export type TranscriptLine = { direction: "out" | "in"; offsetMs: number; xml: string };

export type NameAttempt = AttemptBase & {
  kind: "name";
  input: string;
  ascii: string;
  unicode: string;
  scripts: string[];
};
export type PolicyAttempt = AttemptBase & { kind: "policy"; rule: string };
export type DnsAttempt = AttemptBase & {
  kind: "dns";
  question: { name: string; type: string };
  resolver: string;
  deciding: boolean;
  transport: "udp" | "tcp" | null;
  outcome: DnsOutcome;
  rcode: string | null;
  records: DnsRecord[];
  authenticData: boolean;
  negativeTtl: number | null;
  sizeBytes: number;
  ageMs: number | null;
  reason: string | null;
  leftOut: number;
};
export type OrderAttempt = AttemptBase & {
  kind: "order";
  candidates: Candidate[];
  leftOut: number;
};
export type ConnectAttempt = AttemptBase & {
  kind: "connect";
  candidate: Candidate;
  address: string;
  family: 4 | 6;
  localAddress: string | null;
  phases: { name: PhaseName; status: StepStatus; offsetMs: number; durationMs: number | null }[];
  bytesSent: number;
  bytesReceived: number;
  transcript: TranscriptLine[];
  features: string[];
  tls: DialReport["tls"];
  certificate: PresentedCertificate | null;
  login: DialReport["login"];
};
export type DiscoAttempt = AttemptBase & {
  kind: "disco";
  query: "items" | "info";
  to: string;
  linkId: string | null;
  condition: string | null;
  items: { jid: string; name: string | null; node: string | null }[];
  itemsLeftOut: number;
  identities: { category: string; type: string; name: string | null }[];
  features: string[];
  matched: "identity" | "feature" | "both" | null;
  transcript: TranscriptLine[];
};
export type ReuseAttempt = AttemptBase & {
  kind: "reuse";
  description: string;
  ageMs: number;
  certificate: PresentedCertificate | null;
};
export type DecisionAttempt = AttemptBase & {
  kind: "decision";
  decision: string;
  params: Record<string, Param>;
};

export type AgreementAttempt = AttemptBase & {
  kind: "agreement";
  link: { id: string; name: string };
  state: AgreedState;
  priority: number;
  fallsBack: boolean;
  provenAt: string | null;
  roundTripMs: number | null;
  lastError: Finding | null;
  nextAttemptAt: string | null;
  certificate: PresentedCertificate | null;
};

export type Attempt =
  | AgreementAttempt
  | NameAttempt
  | PolicyAttempt
  | DnsAttempt
  | OrderAttempt
  | ConnectAttempt
  | DiscoAttempt
  | ReuseAttempt
  | DecisionAttempt;
