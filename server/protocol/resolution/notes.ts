/**
 * What can be said of a resolution, by code, with the parameters that its sentence needs. Severity,
 * owner and causes of each stand in the catalogue (contract/findings.ts); words in web/text.
 */
export interface NoteParams {
  "name.invalid": { input: string; label: string; reason: string; suggestion: string | null };
  "name.ip_literal": { input: string };
  "name.mixed_script": { domain: string; unicode: string; scripts: string[] };
  "policy.self": { domain: string };
  "policy.blocked": { domain: string; rule: string };
  "policy.not_trusted": { domain: string; rule: string };
  "policy.private_addr": { host: string; address: string; kind: string };
  "policy.odd_port": { host: string; port: number };
  "cache.negative": { question: string; type: string; ageSeconds: number; untilSeconds: number };
  "dns.nxdomain": { question: string; type: string; resolver: string };
  "dns.nodata": { question: string; domain: string; port: number };
  "dns.servfail": {
    question: string;
    type: string;
    resolver: string;
    otherResolver: string | null;
    /** `same`, `answered`, or null when no other was asked. */
    others: string | null;
  };
  "dns.timeout": { question: string; type: string; seconds: number; resolvers: number };
  "dns.refused": { question: string; type: string; resolver: string };
  "dns.unreachable": { question: string; type: string; resolver: string };
  "dns.malformed": { question: string; type: string; resolver: string; reason: string };
  "dns.disagree": {
    question: string;
    type: string;
    first: string;
    firstSays: string;
    second: string;
    secondSays: string;
    ttl: number | null;
  };
  "dns.wildcard": { question: string; answeredWith: string };
  "dns.too_many": { question: string; type: string; count: number; kept: number };
  "srv.dot": { domain: string };
  "srv.cname": { host: string; canonical: string };
  "srv.ip": { host: string; domain: string };
  "srv.target": { host: string; domain: string };
  "cert.served_old": { domain: string; stored: string; served: string; place: string };
  "cert.served_other": { domain: string; stored: string; served: string; place: string };
  "srv.port": { domain: string; port: number; expected: number };
  "record.missing": { name: string; type: string };
  "record.differs": { name: string; type: string; found: string[]; expected: string };
  "addr.none": { host: string };
  "addr.v6_dead": { address: string; other: string; seconds: number };
  "addr.not_mine": { host: string; addresses: string[]; expected: string[] };
  "tcp.refused": { address: string; port: number };
  "tcp.timeout": { address: string; port: number; seconds: number };
  "tcp.unreachable": { address: string; port: number; errno: string };
  "stream.not_xmpp": { address: string; port: number; firstBytes: string };
  "stream.host_unknown": { host: string; domain: string };
  "stream.policy": { host: string; condition: string; text: string };
  "stream.certificate_wanted": { host: string; condition: string; text: string };
  "stream.invalid": { host: string; condition: string };
  "stream.closed": { address: string; port: number; phase: string };
  "stream.timeout": { address: string; port: number; seconds: number; phase: string };
  "tls.not_offered": { domain: string; host: string };
  "tls.handshake": { address: string; port: number; alert: string; servername: string };
  "auth.no_sasl": { domain: string; from: string; certificate: string };
  "auth.external_rejected": { domain: string; from: string; condition: string; text: string };
  "auth.dialback_failed": { domain: string; from: string; reason: string };
  "auth.peer_unproven": { domain: string };
  "limit.remote": { domain: string; condition: string; text: string };
  "disco.timeout": { domain: string; tries: number; seconds: number };
  "disco.no_items": { domain: string; condition: string | null };
  "disco.no_wave": { domain: string; answered: number; asked: number };
  "disco.too_many": { domain: string; count: number; asked: number; leftOut: string[] };
  "guess.used": { domain: string; jid: string };
  "guess.failed": { domain: string; jid: string; condition: string };
  "agreed.used": { domain: string; link: string };
  /** {better}: the link that goes before it, and does not work. */
  "agreed.second": { domain: string; link: string; better: string };
  "agreed.down": { domain: string; link: string };
  "agreed.silent": { domain: string; link: string; seconds: number };
  "agreed.fallen_back": { domain: string; link: string };
  "agreed.no_fallback": { domain: string; link: string };
  "agreed.waits": { domain: string; link: string };
  "agreed.elsewhere": { domain: string; link: string };
  "link.none": { domain: string };
  "link.down": { domain: string };
  "link.bounced": { domain: string; condition: string; text: string };
  "link.only": { domain: string };
  "ping.timeout": { domain: string; seconds: number };
  "trace.deadline": { seconds: number };
  internal: { reference: string };
}

export type NoteCode = keyof NoteParams;
export type Severity = "info" | "warning" | "error";
export type Owner = "us" | "peer" | "network" | "nobody";
export type Param = string | number | boolean | null | string[];

/** A finding by its code; `severity` and `owner` only where they differ from the catalogue's. */
export interface Note {
  readonly code: string;
  readonly params: Readonly<Record<string, Param>>;
  readonly severity?: Severity;
  readonly owner?: Owner;
}

/** A note whose parameters are those that its code promises. */
export function note<C extends NoteCode>(
  code: C,
  params: NoteParams[C],
  severity?: Severity,
): Note {
  return severity === undefined ? { code, params } : { code, params, severity };
}

/** The same note said of a loser: it did not decide, so it is a warning at most. */
export function asWarning(said: Note): Note {
  return { ...said, severity: said.severity === "info" ? "info" : "warning" };
}

/** Why a step was not run, by code. */
export type BecauseCode =
  /** SRV records answered, so the domain's own address does not count (RFC 6120 §3.2.1). */
  | "srv.answered"
  /** There is no SRV record to order. */
  | "srv.none"
  /** A configured host and port wins over DNS. */
  | "override.used"
  /** The wave service is the domain itself. */
  | "wave.same_host"
  /** The wave service was found before. */
  | "wave.found"
  /** Service discovery named no wave service, so there is nothing to look up. */
  | "wave.not_listed"
  /** The trace ended at step 12. */
  | "trace.ready"
  /** The trace ended at step 13. */
  | "trace.failed"
  /** It was only asked whether the domain is reached, and by agreement it is. */
  | "agreed.brief"
  | "trace.cancelled"
  | "trace.deadline"
  | NoteCode;

export interface Because {
  readonly code: BecauseCode;
  readonly step: number | null;
}
