import type { Attempt, Finding, PresentedCertificate, Trace } from "#contract/traces.ts";

/** What one check saw of a peer: as little as judging needs, so that the trace itself can go. */
export interface Observation {
  readonly xmpp: Trace["xmpp"];
  readonly wave: Trace["wave"];
  readonly jid: string | null;
  /** The trace was cut short, by its deadline or by our shutting down. */
  readonly isCut: boolean;
  readonly headline: Finding | null;
  readonly findings: Trace["findings"];
  /** Why discovery was not carried out, when a link of ours could not do it. */
  readonly notCarried: string | null;
  readonly evidence: Evidence;
  readonly certificate: SeenCertificate | null;
  readonly discoverMs: number | null;
  readonly ping: PingOutcome;
}

/**
 * Whether anything came back from outside: `heard` is an answer by the peer's own machines, `silence`
 * only time-outs, `neutral` neither (a resolver may answer from memory while we are cut off).
 */
export type Evidence = "heard" | "silence" | "neutral";

export interface SeenCertificate {
  readonly fingerprint: string;
  readonly subject: string;
  readonly issuer: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly isTrusted: boolean;
}

/** How a ping over a link ended. A refusal by the peer proves the path as well as an answer. */
export type PingOutcome =
  | { readonly kind: "answered"; readonly roundTripMs: number | null }
  | { readonly kind: "timeout"; readonly seconds: number }
  /** Our own XMPP server says that it could not deliver. */
  | { readonly kind: "bounced"; readonly condition: string; readonly text: string }
  /** No ping was sent: the code says why (`link.none`, `link.down`), or `unreachable`. */
  | { readonly kind: "not_sent"; readonly code: string };

/** Takes from a finished trace and the ping after it what judging needs. */
export function observe(trace: Trace, ping: PingOutcome): Observation {
  return {
    xmpp: trace.xmpp,
    wave: trace.wave,
    jid: trace.jid,
    isCut:
      trace.state === "cancelled" || trace.findings.some(({ code }) => code === "trace.deadline"),
    headline: trace.headline,
    findings: trace.findings,
    notCarried: notCarriedBecause(trace),
    evidence: ping.kind === "answered" ? "heard" : weigh(trace),
    certificate: certificateOf(trace),
    discoverMs: trace.durationMs,
    ping,
  };
}

/** The link by agreement that carried the check's ping to the domain itself, if one did. */
export function crossingOf(trace: Trace): Extract<Attempt, { kind: "agreement" }> | null {
  const attempts = trace.steps[0]?.attempts ?? [];
  const link = attempts.find(({ kind, winner }) => kind === "agreement" && winner);
  return link?.kind === "agreement" ? link : null;
}

function notCarriedBecause(trace: Trace): string | null {
  const step = trace.steps.find(({ number }) => number === 6);
  const code = step?.because?.code ?? "";
  return code.startsWith("link.") ? code : null;
}

function weigh(trace: Trace): Evidence {
  let isSilent = false;
  for (const { attempts } of trace.steps)
    for (const attempt of attempts) {
      const evidence = weighAttempt(attempt);
      if (evidence === "heard") return "heard";
      if (evidence === "silence") isSilent = true;
    }
  return isSilent ? "silence" : "neutral";
}

function weighAttempt(attempt: Attempt): Evidence {
  if (attempt.kind === "agreement" && attempt.winner) return "heard";
  if (attempt.kind === "agreement" && attempt.status === "failed")
    return /\.(timeout|unreachable|silent)$/.test(attempt.lastError?.code ?? ".silent")
      ? "silence"
      : "neutral";
  if (attempt.kind === "connect") {
    const tcp = attempt.phases.find(({ name }) => name === "tcp");
    if (tcp?.status === "ok" || attempt.bytesReceived > 0) return "heard";
    if (attempt.message?.code === "tcp.refused") return "heard";
    return tcp === undefined || tcp.status === "skipped" ? "neutral" : "silence";
  }
  if (attempt.kind === "dns" && attempt.deciding)
    return /^(timeout|unreachable|servfail)$/.test(attempt.outcome) ? "silence" : "neutral";
  if (attempt.kind === "disco" && attempt.status === "ok") return "heard";
  return "neutral";
}

/** The certificate of the connection that won, by agreement or not, the domain's own before that of its wave service. */
function certificateOf(trace: Trace): SeenCertificate | null {
  for (const { attempts } of trace.steps)
    for (const attempt of attempts) {
      const isWay = attempt.kind === "connect" || attempt.kind === "agreement";
      if (!isWay || !attempt.winner || attempt.certificate === null) continue;
      return summarize(attempt.certificate);
    }
  return null;
}

function summarize(shown: PresentedCertificate): SeenCertificate | null {
  const [leaf] = shown.chain;
  if (leaf === undefined) return null;
  return {
    fingerprint: leaf.fingerprintSha256,
    subject: leaf.subject,
    issuer: leaf.issuer,
    notBefore: new Date(leaf.notBefore),
    notAfter: new Date(leaf.notAfter),
    isTrusted: shown.trusted || shown.proof === "pin",
  };
}
