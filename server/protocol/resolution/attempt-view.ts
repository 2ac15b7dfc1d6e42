import { toFinding, type Catalogue } from "./diagnosis.ts";
import { rowNote } from "./dial-plan.ts";
import { matchWaveService } from "../wave/stanzas.ts";
import type { DiscoverState } from "./discover-state.ts";
import type {
  AgreementAttempt,
  Attempt,
  ConnectAttempt,
  DialReport,
  DiscoAttempt,
  DnsAttempt,
  Finding,
  LookupReport,
  ReuseAttempt,
  StepStatus,
  TranscriptEntry,
  TranscriptLine,
} from "./evidence.ts";
import { keyOf, type LookupFact } from "./facts.ts";
import { failureOf, isNo } from "./lookups.ts";
import { asWarning, note, type Note } from "./notes.ts";
import type { AttemptDraft, Walk } from "./walk.ts";

type Draft<K extends AttemptDraft["kind"]> = Extract<AttemptDraft, { kind: K }>;

/** What turns a draft into attempts: the ids given to keys, and the catalogue for messages. */
export interface Frame {
  readonly state: DiscoverState;
  readonly walk: Walk;
  readonly catalogue: Catalogue;
  /** When the step was reached: local decisions have no time of their own. */
  readonly reachedAt: number;
}

/** A draft's attempts in the shape that a trace keeps; times become offsets from its start. */
export function attemptsOf(draft: AttemptDraft, frame: Frame): Attempt[] {
  switch (draft.kind) {
    case "name": {
      const { input, domain, unicode, scripts } = frame.walk.begin;
      const base = { ...instant(draft.key, "ok", frame), input, ascii: domain, unicode };
      return [{ ...base, kind: "name", scripts: [...scripts] }];
    }
    case "policy": {
      const { outcome, rule } = frame.walk.begin.policy;
      const status = outcome === "allowed" ? "ok" : outcome === "blocked" ? "failed" : "warning";
      return [{ ...instant(draft.key, status, frame), kind: "policy", rule }];
    }
    case "agreement":
      return [agreementAttempt(draft, frame)];
    case "decision": {
      const base = { ...instant(draft.key, draft.status, frame), kind: "decision" as const };
      return [{ ...base, decision: draft.decision, params: { ...draft.params } }];
    }
    case "order": {
      const { plan, hosts } = draft.resolution;
      const candidates = hosts.map(({ candidate }) => candidate);
      const leftOut = plan?.kind === "candidates" ? plan.leftOut : 0;
      return [{ ...instant(draft.key, "ok", frame), kind: "order", candidates, leftOut }];
    }
    case "lookup": {
      const fact = frame.walk.facts.lookups[keyOf(draft.work)];
      return frame.walk.begin.resolvers.map((resolver) =>
        lookupAttempt(draft, fact, resolver, frame),
      );
    }
    case "dial":
      return [dialAttempt(draft, frame)];
    case "disco":
      return [discoAttempt(draft, frame)];
    case "reuse":
      return [reuseAttempt(draft, frame)];
  }
}

function base(
  key: string,
  status: StepStatus,
  frame: Frame,
  time: { readonly startedAt: number; readonly endedAt: number | null },
) {
  return {
    id: frame.state.attemptIds[key] ?? key,
    status,
    offsetMs: round(time.startedAt - frame.state.startedAt),
    durationMs: time.endedAt === null ? null : round(time.endedAt - time.startedAt),
    winner: false,
    message: null,
  };
}

function instant(key: string, status: StepStatus, frame: Frame) {
  const time = { startedAt: frame.reachedAt, endedAt: frame.reachedAt };
  return { ...base(key, status, frame, time), source: "appliance" as const };
}

/** The link that took the ping, and those that did not. */
function agreementAttempt(draft: Draft<"agreement">, frame: Frame): AgreementAttempt {
  const { link, fact } = draft;
  const time = fact ?? { startedAt: frame.reachedAt, endedAt: null };
  return {
    ...base(draft.key, agreementStatus(draft, frame.state.endedAt !== null), frame, time),
    kind: "agreement",
    source: "probe",
    winner: fact?.report?.kind === "answered" && fact.report.linkId === link.id,
    message: link.state === "up" ? null : link.lastError,
    link: { id: link.id, name: link.name },
    state: link.state,
    priority: link.priority,
    fallsBack: link.fallsBack,
    provenAt: link.provenAt,
    roundTripMs: link.roundTripMs,
    lastError: link.lastError,
    nextAttemptAt: link.nextAttemptAt,
    certificate: link.certificate,
  };
}

function agreementStatus({ link, fact }: Draft<"agreement">, isOver: boolean): StepStatus {
  const report = fact?.report ?? null;
  if (report === null) return isOver ? "not_reached" : "running";
  if (report.kind === "answered") {
    if (report.linkId === link.id) return "ok";
    return link.state === "failing" ? "warning" : "skipped";
  }
  if (report.kind !== "failed") return "not_reached";
  return report.carriedBy === "stream" ? "warning" : "failed";
}

function finding(said: Note | null, frame: Frame): Finding | null {
  return said === null ? null : toFinding(said, frame.catalogue);
}

function lookupAttempt(
  draft: Draft<"lookup">,
  fact: LookupFact | undefined,
  resolver: string,
  frame: Frame,
): DnsAttempt {
  const report = fact?.reports.find((candidate) => candidate.resolver === resolver);
  const question = { name: draft.work.name, type: draft.work.type };
  const key = `${draft.key} @${resolver}`;
  const shared = { kind: "dns", source: "probe", question, resolver } as const;
  if (report === undefined) {
    const isOver = fact?.isFinal === true || frame.state.endedAt !== null;
    const time = { startedAt: fact?.startedAt ?? frame.reachedAt, endedAt: null };
    return { ...base(key, isOver ? "not_reached" : "running", frame, time), ...shared, ...unheard };
  }
  return {
    ...base(key, lookupStatus(report), frame, report),
    ...shared,
    winner: report.deciding && report.outcome === "answer",
    message: finding(lookupNote(draft, fact, report), frame),
    deciding: report.deciding,
    transport: report.transport,
    outcome: report.outcome,
    rcode: report.rcode,
    records: report.records,
    authenticData: report.authenticData,
    negativeTtl: report.negativeTtl,
    sizeBytes: report.sizeBytes,
    ageMs: report.ageMs === null ? null : round(report.ageMs),
    reason: report.reason,
    leftOut: report.leftOut,
  };
}

const unheard = {
  deciding: false,
  transport: null,
  outcome: "not_asked",
  rcode: null,
  records: [],
  authenticData: false,
  negativeTtl: null,
  sizeBytes: 0,
  ageMs: null,
  reason: null,
  leftOut: 0,
} satisfies Partial<DnsAttempt>;

function lookupStatus(report: LookupReport): StepStatus {
  const isAnswer = report.outcome === "answer" || isNo(report.outcome);
  if (!isAnswer) return report.deciding ? "failed" : "warning";
  return report.ageMs === null ? "ok" : "reused";
}

function lookupNote(
  draft: Draft<"lookup">,
  fact: LookupFact | undefined,
  report: LookupReport,
): Note | null {
  if (fact === undefined) return null;
  const { name: question, type } = draft.work;
  if (report.outcome === "nxdomain" && type !== "SRV")
    return asWarning(note("dns.nxdomain", { question, type, resolver: report.resolver }));
  const own = failureOf({ ...fact, isDecided: true, reports: [report] });
  return own === null || report.deciding ? own : asWarning(own);
}

function dialAttempt(draft: Draft<"dial">, frame: Frame): ConnectAttempt {
  const { row, plan } = draft;
  const { endpoint, fact } = row;
  const report = fact?.report ?? null;
  const isOver = frame.state.endedAt !== null;
  const time = fact ?? { startedAt: frame.reachedAt, endedAt: null };
  const said = rowNote(row, plan.winner);
  const reached = fact?.outcome?.kind === "connected" ? fact.outcome : null;
  const suffered = reached?.refusal ?? reached?.notes[0];
  const winnerNote = suffered ?? report?.certificate?.findings[0] ?? null;
  const { startedAt } = frame.state;
  return {
    ...base(draft.key, dialStatus(draft, isOver), frame, time),
    kind: "connect",
    source: "probe",
    winner: row.isWinner,
    message: finding(row.isWinner ? winnerNote : lower(said, draft), frame),
    candidate: endpoint.candidate,
    address: endpoint.address,
    family: endpoint.family,
    localAddress: report?.localAddress ?? null,
    phases: (report?.phases ?? []).map((phase) => ({
      name: phase.name,
      status: phase.status,
      offsetMs: round(phase.startedAt - startedAt),
      durationMs: phase.endedAt === null ? null : round(phase.endedAt - phase.startedAt),
    })),
    bytesSent: report?.bytesSent ?? 0,
    bytesReceived: report?.bytesReceived ?? 0,
    transcript: transcriptOf(report, startedAt),
    features: report?.features ?? [],
    tls: report?.tls ?? null,
    certificate: report?.certificate ?? null,
    login: report?.login ?? null,
  };
}

function dialStatus({ row, plan }: Draft<"dial">, isOver: boolean): StepStatus {
  const { endpoint, fact, isWinner } = row;
  if (endpoint.refusal !== null) return "skipped";
  if (fact === undefined) return plan.winner !== null || isOver ? "not_reached" : "pending";
  if (fact.outcome === null) return isOver ? "not_reached" : "running";
  if (fact.outcome.kind === "failed") return plan.winner === null ? "failed" : "warning";
  if (fact.outcome.kind === "stopped")
    return rowNote(row, plan.winner) === null ? "skipped" : "warning";
  if (fact.outcome.refusal !== undefined) return "failed";
  const isMarred =
    fact.outcome.notes.some(isMarring) ||
    (fact.report?.certificate?.findings.some(isMarring) ?? false);
  return isWinner && isMarred ? "warning" : "ok";
}

function isMarring({ severity }: { readonly severity?: Finding["severity"] }): boolean {
  return severity !== "info";
}

function lower(said: Note | null, { plan }: Draft<"dial">): Note | null {
  return said === null || plan.winner === null ? said : asWarning(said);
}

function discoAttempt(draft: Draft<"disco">, frame: Frame): DiscoAttempt {
  const { fact } = draft;
  const { report, work } = fact;
  const kept = (report?.items ?? []).map(({ jid, name, node }) => ({ jid, name, node }));
  const matched =
    report?.kind === "result" && work.query === "info" ? matchWaveService(report) : null;
  const isOver = frame.state.endedAt !== null;
  const status = report === null ? (isOver ? "not_reached" : "running") : "ok";
  return {
    ...base(
      draft.key,
      report === null || report.kind === "result" ? status : "warning",
      frame,
      fact,
    ),
    kind: "disco",
    source: frame.walk.begin.link.ok && frame.walk.begin.link.isNative ? "probe" : "link",
    winner: matched !== null && frame.walk.jid === work.to,
    query: work.query,
    to: work.to,
    linkId: report?.linkId ?? null,
    condition:
      report === null || report.kind === "result" ? null : (report.condition ?? report.kind),
    items: kept,
    itemsLeftOut: Math.max(0, (report?.itemsTotal ?? 0) - kept.length),
    identities: report?.identities ?? [],
    features: report?.features ?? [],
    matched,
    transcript: transcriptOf(report, frame.state.startedAt),
  };
}

function reuseAttempt(draft: Draft<"reuse">, frame: Frame): ReuseAttempt {
  const { endpoint, fact } = draft.row;
  const time = { startedAt: draft.at, endedAt: draft.isPending ? null : draft.at };
  const port = endpoint.candidate.port;
  const host = endpoint.family === 6 ? `[${endpoint.address}]` : endpoint.address;
  const worst = draft.certificate?.findings.find(isMarring) ?? null;
  return {
    ...base(draft.key, draft.isPending ? "running" : "reused", frame, time),
    kind: "reuse",
    source: "probe",
    winner: true,
    message: worst,
    description: `${host}:${port}`,
    ageMs: round(draft.at - (fact?.endedAt ?? draft.at)),
    certificate: draft.certificate,
  };
}

function transcriptOf(
  report: DialReport | { readonly transcript: readonly TranscriptEntry[] } | null,
  startedAt: number,
): TranscriptLine[] {
  return (report?.transcript ?? []).map(({ direction, at, xml }) => ({
    direction,
    offsetMs: round(at - startedAt),
    xml,
  }));
}

/** Microseconds are enough. */
function round(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
