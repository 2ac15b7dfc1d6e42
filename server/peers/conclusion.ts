import type { CheckRecord, ClaimedCheck } from "#store/checks.ts";
import type { IncidentClosing, IncidentOpening } from "#store/incidents.ts";
import { type CertificateNews, type JudgeDates, watchCertificate } from "./certificate-watch.ts";
import { type Change, type Judgement, sampleOf, weigh } from "./health.ts";
import type { Observation } from "./observation.ts";

/** Everything that one finished check leaves behind, to be written in one transaction. */
export interface Conclusion {
  readonly record: CheckRecord;
  readonly openings: readonly IncidentOpening[];
  readonly closings: readonly IncidentClosing[];
  readonly change: Change | null;
  /** The trace is worth storing: it shows why the state changed. */
  readonly keepsTrace: boolean;
}

/** Concludes a claimed check: counts its judgement, its certificate, and says when the next is due. */
export function concludeCheck(
  claim: ClaimedCheck,
  judgement: Judgement,
  seen: Observation | null,
  at: {
    readonly startedAt: Date;
    readonly now: Date;
    readonly traceId: string | null;
    /** We may be cut off ourselves: failures are not believed yet. */
    readonly isSuspect: boolean;
    readonly judgeDates: JudgeDates;
    /** Uniform in [0, 1). */
    readonly random: number;
  },
): Conclusion {
  const { peer, health } = claim;
  const { now, startedAt } = at;
  const { failuresUntilDown } = peer;
  const { memory, change } = weigh(health, judgement, {
    failuresUntilDown,
    now: startedAt,
    isSuspect: at.isSuspect,
  });
  const certificate = seenCertificate(claim, seen, at);
  const keepsTrace = change !== null && change.isNew && at.traceId !== null;
  const traceId = keepsTrace ? at.traceId : null;
  const isGood = judgement.kind === "good";
  const events = incidentsOf(claim, change, certificate.news, { now, traceId });
  return {
    record: {
      peerId: peer.id,
      claimedUntil: health.claimedUntil ?? now,
      health: {
        ...memory,
        ...certificate.columns,
        lastCheckAt: startedAt,
        lastGoodAt: isGood ? startedAt : health.lastGoodAt,
        lastTraceId: traceId ?? health.lastTraceId,
        lastGoodTraceId: change?.to === "up" && traceId !== null ? traceId : health.lastGoodTraceId,
        nextCheckAt: nextCheckAt(claim, judgement, {
          startedAt,
          random: at.random,
          isHeld: at.isSuspect && judgement.kind === "failed",
          isConfirmed: memory.state === "down" || memory.state === "degraded",
        }),
        discoverMs: seen?.discoverMs ?? null,
        pingMs: seen?.ping.kind === "answered" ? seen.ping.roundTripMs : null,
        waveJid: seen?.jid ?? (judgement.kind === "unknown" ? health.waveJid : null),
      },
      sample: sampleOf[judgement.kind],
      sampledAt: startedAt,
    },
    ...events,
    change,
    keepsTrace,
  };
}

const CONFIRM_MS = 60_000;
const HELD_MS = 15_000;

/**
 * When to look again: at the interval, give or take a twentieth so that checks do not march in step; a
 * herd (the first checks, or those that waited for us) is spread over half an interval. Trouble that is
 * not confirmed yet is looked at sooner.
 */
function nextCheckAt(
  { peer, health }: ClaimedCheck,
  judgement: Judgement,
  at: { startedAt: Date; random: number; isHeld: boolean; isConfirmed: boolean },
): Date {
  const intervalMs = peer.checkIntervalSeconds * 1_000;
  const startedAt = at.startedAt.getTime();
  if (at.isHeld) return new Date(startedAt + Math.min(intervalMs, HELD_MS));
  if (judgement.kind !== "good" && !at.isConfirmed)
    return new Date(startedAt + Math.min(intervalMs, CONFIRM_MS));
  const latenessMs = startedAt - (health.nextCheckAt?.getTime() ?? startedAt);
  const isHerd = health.lastCheckAt === null || latenessMs > intervalMs / 2;
  const share = isHerd ? 0.5 + 0.5 * at.random : 0.95 + 0.1 * at.random;
  return new Date(startedAt + intervalMs * share);
}

type CertificateColumns = Pick<
  CheckRecord["health"],
  "certificateFingerprint" | "certificateNotBefore" | "certificateNotAfter" | "knownCertificates"
>;

function seenCertificate(
  { peer, health }: ClaimedCheck,
  seen: Observation | null,
  at: { now: Date; judgeDates: JudgeDates },
): { columns: CertificateColumns; news: CertificateNews[] } {
  const certificate = seen?.certificate ?? null;
  if (certificate === null) {
    const { certificateFingerprint, certificateNotBefore, certificateNotAfter } = health;
    const { knownCertificates } = health;
    return {
      columns: {
        certificateFingerprint,
        certificateNotBefore,
        certificateNotAfter,
        knownCertificates,
      },
      news: [],
    };
  }
  const { memory, news } = watchCertificate(
    {
      fingerprint: health.certificateFingerprint,
      notBefore: health.certificateNotBefore,
      notAfter: health.certificateNotAfter,
      known: health.knownCertificates,
    },
    certificate,
    {
      domain: peer.domain,
      now: at.now,
      lastCheckAt: health.lastCheckAt,
      judgeDates: at.judgeDates,
    },
  );
  return {
    columns: {
      certificateFingerprint: memory.fingerprint,
      certificateNotBefore: memory.notBefore,
      certificateNotAfter: memory.notAfter,
      knownCertificates: [...memory.known],
    },
    news,
  };
}

function incidentsOf(
  { peer }: ClaimedCheck,
  change: Change | null,
  news: readonly CertificateNews[],
  at: { now: Date; traceId: string | null },
): Pick<Conclusion, "openings" | "closings"> {
  const openings: IncidentOpening[] = [];
  const closings: IncidentClosing[] = [];
  const { domain: subject, id: peerId } = peer;
  const { now, traceId } = at;
  const open = (opening: Omit<IncidentOpening, "peerId" | "subject" | "traceId">) =>
    openings.push({ ...opening, peerId, subject, traceId });
  const close = (kind: IncidentClosing["kind"], when: Date) =>
    closings.push({ kind, subject, at: when });
  if (change !== null) {
    if (change.to !== "down") close("outage", now);
    if (change.to !== "degraded") close("degraded", change.to === "down" ? change.began : now);
    if (change.cause !== null && change.to !== "up") {
      const kind = change.to === "down" ? "outage" : "degraded";
      open({ kind, openedAt: change.began, closedAt: null, cause: change.cause });
    }
  }
  for (const piece of news) {
    if (piece.kind === "renewed") close("certificate_expiring", now);
    else if (piece.kind === "expiring")
      open({ kind: "certificate_expiring", openedAt: now, closedAt: null, cause: piece.cause });
    else if (peer.certificateChange !== "none") {
      // What is held on our own links waits for a person, however much it was to be expected.
      const isOver = piece.isExpected && peer.certificateChange === "notify";
      const closedAt = isOver ? now : null;
      open({ kind: "certificate_changed", openedAt: now, closedAt, cause: piece.cause });
    }
  }
  return { openings, closings };
}
