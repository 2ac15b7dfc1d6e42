import type { CatalogueRow } from "#protocol/resolution/diagnosis.ts";
import type { NoteCode, NoteParams } from "#protocol/resolution/notes.ts";

/** Codes that come with a certificate's judgement, with the parameters that their sentences need. */
interface CertificateParams {
  "cert.expired": "domain" | "subject" | "date" | "days";
  "cert.not_yet": "domain" | "subject" | "date" | "now";
  "cert.name": "domain" | "names" | "total";
  "cert.self_signed": "domain" | "subject" | "fingerprint";
  "cert.chain": "domain" | "subject" | "cn" | "aia";
  "cert.untrusted": "domain" | "subject" | "root" | "fingerprint";
  "cert.other_ca": "domain" | "subject" | "issuer" | "authorities";
  "cert.pin": "domain" | "subject" | "fingerprint" | "key" | "pins";
  "cert.test_mode": "domain" | "until" | "fingerprint";
  "cert.weak": "domain" | "subject" | "reason" | "algorithm" | "bits" | "signature";
  "cert.invalid": "domain" | "subject" | "reason" | "detail";
  "cert.expiring": "domain" | "subject" | "date" | "days" | "hours" | "percent" | "level";
  "cert.no_client_eku": "subject" | "uses";
}

/** Codes of findings that a trace, a check or a self-test can have. */
export type FindingCode = NoteCode | keyof CertificateParams;

type ParamName<C extends FindingCode> = C extends NoteCode
  ? keyof NoteParams[C]
  : C extends keyof CertificateParams
    ? CertificateParams[C]
    : never;
interface Row<C extends FindingCode> extends CatalogueRow {
  readonly params: readonly (ParamName<C> & string)[];
  readonly dependsOn: readonly FindingCode[];
}

const noName = [
  "dns.nxdomain",
  "dns.servfail",
  "dns.timeout",
  "dns.refused",
  "dns.unreachable",
  "dns.malformed",
  "srv.dot",
  "addr.none",
] as const;
const noConnection = [
  ...noName,
  "policy.private_addr",
  "policy.odd_port",
  "tcp.refused",
  "tcp.timeout",
  "tcp.unreachable",
  "stream.not_xmpp",
  "stream.host_unknown",
  "stream.policy",
  "stream.invalid",
  "stream.closed",
  "stream.timeout",
  "tls.not_offered",
  "tls.handshake",
  "limit.remote",
] as const;
const badCertificate = [
  "cert.expired",
  "cert.not_yet",
  "cert.name",
  "cert.self_signed",
  "cert.chain",
  "cert.untrusted",
  "cert.other_ca",
  "cert.pin",
  "cert.invalid",
] as const;

const noLogin = [
  "auth.no_sasl",
  "auth.external_rejected",
  "auth.dialback_failed",
  "auth.peer_unproven",
] as const;

/**
 * Every finding by its stable code: whose it is, how grave, and of which others it is a symptom. `params`
 * names what its sentence in web/text may use. Steps may lower the severity of a loser.
 */
export const findings = {
  "name.invalid": row("us", "error", ["input", "label", "reason", "suggestion"]),
  "name.ip_literal": row("us", "error", ["input"]),
  "name.mixed_script": row("us", "warning", ["domain", "unicode", "scripts"]),
  "policy.self": row("us", "info", ["domain"]),
  "policy.blocked": row("us", "error", ["domain", "rule"]),
  "policy.not_trusted": row("us", "warning", ["domain", "rule"]),
  "policy.private_addr": row("peer", "error", ["host", "address", "kind"]),
  "policy.odd_port": row("peer", "error", ["host", "port"]),
  "cache.negative": row("nobody", "info", ["question", "type", "ageSeconds", "untilSeconds"]),
  "dns.nxdomain": row("peer", "error", ["question", "type", "resolver"]),
  "dns.nodata": row("nobody", "info", ["question", "domain", "port"]),
  "dns.servfail": row("peer", "error", ["question", "type", "resolver", "otherResolver", "others"]),
  "dns.timeout": row("network", "error", ["question", "type", "seconds", "resolvers"]),
  "dns.refused": row("us", "error", ["question", "type", "resolver"]),
  "dns.unreachable": row("us", "error", ["question", "type", "resolver"]),
  "dns.malformed": row("peer", "error", ["question", "type", "resolver", "reason"]),
  "dns.disagree": row("peer", "warning", [
    "question",
    "type",
    "first",
    "firstSays",
    "second",
    "secondSays",
    "ttl",
  ]),
  "dns.wildcard": row("peer", "warning", ["question", "answeredWith"]),
  "dns.too_many": row("peer", "warning", ["question", "type", "count", "kept"]),
  "srv.dot": row("peer", "error", ["domain"]),
  "srv.cname": row("peer", "warning", ["host", "canonical"]),
  "srv.ip": row("peer", "error", ["host", "domain"]),
  "srv.target": row("peer", "error", ["host", "domain"]),
  "srv.port": row("us", "error", ["domain", "port", "expected"]),
  "record.missing": row("us", "error", ["name", "type"]),
  "record.differs": row("us", "error", ["name", "type", "found", "expected"]),
  "addr.none": row("peer", "error", ["host"]),
  "addr.v6_dead": row("peer", "warning", ["address", "other", "seconds"]),
  "addr.not_mine": row("us", "error", ["host", "addresses", "expected"]),
  "tcp.refused": row("peer", "error", ["address", "port"]),
  "tcp.timeout": row("peer", "error", ["address", "port", "seconds"]),
  "tcp.unreachable": row("network", "error", ["address", "port", "errno"]),
  "stream.not_xmpp": row("peer", "error", ["address", "port", "firstBytes"]),
  "stream.host_unknown": row("peer", "error", ["host", "domain"]),
  "stream.policy": row("peer", "error", ["host", "condition", "text"]),
  "stream.certificate_wanted": row("nobody", "info", ["host", "condition", "text"]),
  "stream.invalid": row("peer", "error", ["host", "condition"]),
  "stream.closed": row("peer", "error", ["address", "port", "phase"]),
  "stream.timeout": row("peer", "error", ["address", "port", "seconds", "phase"]),
  "tls.not_offered": row("peer", "error", ["domain", "host"]),
  "tls.handshake": row("peer", "error", ["address", "port", "alert", "servername"]),
  "cert.expired": row("peer", "error", ["domain", "subject", "date", "days"]),
  "cert.not_yet": row("peer", "error", ["domain", "subject", "date", "now"]),
  "cert.name": row("peer", "error", ["domain", "names", "total"]),
  "cert.self_signed": row("peer", "error", ["domain", "subject", "fingerprint"]),
  "cert.chain": row("peer", "error", ["domain", "subject", "cn", "aia"]),
  "cert.untrusted": row("peer", "error", ["domain", "subject", "root", "fingerprint"]),
  "cert.other_ca": row("peer", "error", ["domain", "subject", "issuer", "authorities"]),
  "cert.pin": row("peer", "error", ["domain", "subject", "fingerprint", "key", "pins"]),
  "cert.test_mode": row("us", "warning", ["domain", "until", "fingerprint"]),
  "cert.weak": row("peer", "warning", [
    "domain",
    "subject",
    "reason",
    "algorithm",
    "bits",
    "signature",
  ]),
  "cert.invalid": row("peer", "error", ["domain", "subject", "reason", "detail"]),
  "cert.expiring": row("peer", "warning", [
    "domain",
    "subject",
    "date",
    "days",
    "hours",
    "percent",
    "level",
  ]),
  "cert.no_client_eku": row("us", "info", ["subject", "uses"]),
  "cert.served_old": row("us", "error", ["domain", "stored", "served", "place"]),
  "cert.served_other": row("nobody", "info", ["domain", "stored", "served", "place"]),
  "auth.no_sasl": row("us", "error", ["domain", "from", "certificate"]),
  "auth.external_rejected": row("us", "error", ["domain", "from", "condition", "text"]),
  "auth.dialback_failed": row("us", "error", ["domain", "from", "reason"]),
  "auth.peer_unproven": row("peer", "error", ["domain"], badCertificate),
  "limit.remote": row("peer", "error", ["domain", "condition", "text"]),
  "disco.timeout": row("peer", "warning", ["domain", "tries", "seconds"], noConnection),
  "disco.no_items": row("nobody", "info", ["domain", "condition"]),
  "disco.no_wave": row("peer", "warning", ["domain", "answered", "asked"]),
  "disco.too_many": row("peer", "info", ["domain", "count", "asked", "leftOut"]),
  "guess.used": row("peer", "info", ["domain", "jid"]),
  "guess.failed": row(
    "peer",
    "warning",
    ["domain", "jid", "condition"],
    [
      ...noConnection,
      ...badCertificate,
      ...noLogin,
      "link.bounced",
      "disco.timeout",
      "disco.no_wave",
      "link.down",
    ],
  ),
  "agreed.used": row("nobody", "info", ["domain", "link"]),
  "agreed.second": row("network", "warning", ["domain", "link", "better"]),
  "agreed.down": row("network", "error", ["domain", "link"]),
  "agreed.silent": row("network", "error", ["domain", "link", "seconds"]),
  "agreed.fallen_back": row("network", "warning", ["domain", "link"]),
  "agreed.no_fallback": row("peer", "warning", ["domain", "link"]),
  "agreed.waits": row("peer", "warning", ["domain", "link"]),
  "agreed.elsewhere": row("us", "warning", ["domain", "link"]),
  "link.none": row("us", "warning", ["domain"]),
  "link.down": row("us", "warning", ["domain"]),
  "link.bounced": row(
    "us",
    "error",
    ["domain", "condition", "text"],
    [...noConnection, ...badCertificate, ...noLogin],
  ),
  "link.only": row("us", "warning", ["domain"]),
  "ping.timeout": row(
    "network",
    "error",
    ["domain", "seconds"],
    [...noConnection, ...noLogin, "link.bounced"],
  ),
  "trace.deadline": row("nobody", "warning", ["seconds"], [...noConnection, "disco.timeout"]),
  internal: row("us", "error", ["reference"]),
} as const satisfies { readonly [C in FindingCode]: Row<C> };

function row<const P extends string, const D extends FindingCode = never>(
  owner: CatalogueRow["owner"],
  severity: CatalogueRow["severity"],
  params: readonly P[],
  dependsOn: readonly D[] = [],
) {
  return { owner, severity, params, dependsOn };
}
