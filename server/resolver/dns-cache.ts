import type { LookupReport } from "#protocol/resolution/evidence.ts";
import { isNo } from "#protocol/resolution/lookups.ts";
import type { Clock } from "./clock.ts";
import type { Question } from "./dns-message.ts";

/** Answers of all resolvers to a question, kept no longer than the deciding one's TTL allows. */
export interface DnsCache {
  /** The kept reports, with their age and what is left of each TTL; null when there are none. */
  readonly get: (question: Question) => readonly LookupReport[] | null;
  readonly put: (question: Question, reports: readonly LookupReport[]) => void;
  readonly size: () => number;
}

const maxEntries = 10_000;
const maxPositiveMs = 3_600_000;
const maxNegativeMs = 300_000;

export function createDnsCache(clock: Clock): DnsCache {
  const entries = new Map<
    string,
    { reports: readonly LookupReport[]; storedAt: number; until: number }
  >();
  const keyOf = ({ name, type }: Question) => `${type} ${name.toLowerCase()}`;
  /** A few of the oldest at each turn: what nobody asks for again does not stay. */
  function sweep(now: number): void {
    let looked = 0;
    for (const [key, entry] of entries) {
      if (entry.until <= now || entries.size > maxEntries) entries.delete(key);
      looked += 1;
      if (looked >= 4) return;
    }
  }

  return {
    get(question) {
      const key = keyOf(question);
      const entry = entries.get(key);
      if (entry === undefined) return null;
      const now = clock.now();
      if (now >= entry.until) {
        entries.delete(key);
        return null;
      }
      return entry.reports.map((report) => aged(report, entry.storedAt, now));
    },
    put(question, reports) {
      const deciding = reports.find((report) => report.deciding);
      const keepMs = deciding === undefined ? 0 : lifetimeMs(deciding);
      if (keepMs <= 0) return;
      const key = keyOf(question);
      entries.delete(key);
      const storedAt = clock.now();
      entries.set(key, { reports, storedAt, until: storedAt + keepMs });
      sweep(storedAt);
    },
    size: () => entries.size,
  };
}

/** RFC 2308 §5 for a no; failures are not kept. */
function lifetimeMs(report: LookupReport): number {
  if (isNo(report.outcome)) return Math.min((report.negativeTtl ?? 0) * 1_000, maxNegativeMs);
  if (report.outcome !== "answer") return 0;
  return Math.min(...report.records.map(({ ttl }) => ttl * 1_000), maxPositiveMs);
}

function aged(report: LookupReport, storedAt: number, now: number): LookupReport {
  const ageMs = now - storedAt;
  const records = report.records.map((record) => ({
    ...record,
    ttl: Math.max(0, Math.floor(record.ttl - ageMs / 1_000)),
  }));
  return { ...report, records, ageMs, startedAt: now, endedAt: now };
}
