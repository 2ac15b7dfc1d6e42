import type { DnsOutcome, LookupReport } from "./evidence.ts";
import type { LookupFact } from "./facts.ts";
import { note, type Note } from "./notes.ts";
import type { ServiceAnswer } from "./srv.ts";

/** The report that counts: the deciding resolver's, or the first one's when none gave an answer. */
export function decidingReport(fact: LookupFact | undefined): LookupReport | null {
  if (fact === undefined || !fact.isDecided) return null;
  return fact.reports.find((report) => report.deciding) ?? fact.reports[0] ?? null;
}

/** What a decided SRV lookup means for the plan; null while it is under way. */
export function serviceAnswer(fact: LookupFact | undefined): ServiceAnswer | null {
  const report = decidingReport(fact);
  if (report === null) return fact?.isDecided === true ? { kind: "failed" } : null;
  if (report.outcome === "answer")
    return { kind: "records", records: report.records.filter(({ type }) => type === "SRV") };
  return isNo(report.outcome) ? { kind: "none" } : { kind: "failed" };
}

/** NXDOMAIN and NODATA are answers; the rest is the lack of one. */
export function isNo(outcome: DnsOutcome): boolean {
  return outcome === "nxdomain" || outcome === "nodata";
}

/** Why a lookup gave no answer to go on with; null when it gave one, or said no. */
export function failureOf(fact: LookupFact): Note | null {
  const report = decidingReport(fact);
  const { name: question, type } = fact.work;
  if (report === null) return null;
  const { resolver } = report;
  switch (report.outcome) {
    case "servfail":
      return note("dns.servfail", { question, type, resolver, ...compareFailure(fact, report) });
    case "timeout":
      return note("dns.timeout", {
        question,
        type,
        seconds: seconds(report.endedAt - report.startedAt),
        resolvers: fact.reports.filter(({ outcome }) => outcome === "timeout").length,
      });
    case "refused":
      return note("dns.refused", { question, type, resolver });
    case "unreachable":
      return note("dns.unreachable", { question, type, resolver });
    case "malformed":
    case "not_asked":
      return note("dns.malformed", { question, type, resolver, reason: report.reason ?? "name" });
    default:
      return null;
  }
}

/** What is worth saying beside the answer: resolvers disagree, records cut, a kept "no". */
export function remarksOn(fact: LookupFact): Note[] {
  const report = decidingReport(fact);
  if (report === null) return [];
  const { name: question, type } = fact.work;
  const remarks: Note[] = [];
  if (report.ageMs !== null && report.outcome !== "answer") {
    const untilSeconds = Math.max(0, (report.negativeTtl ?? 0) - seconds(report.ageMs));
    const ageSeconds = seconds(report.ageMs);
    remarks.push(note("cache.negative", { question, type, ageSeconds, untilSeconds }));
  }
  if (report.leftOut > 0) {
    const kept = report.records.filter((record) => record.type === type).length;
    const count = kept + report.leftOut;
    remarks.push(note("dns.too_many", { question, type, count, kept }));
  }
  const other = fact.reports.find((candidate) => isDifferent(report, candidate, type));
  if (other !== undefined)
    remarks.push(
      note(
        "dns.disagree",
        {
          question,
          type,
          first: report.resolver,
          firstSays: said(report, type),
          second: other.resolver,
          secondSays: said(other, type),
          ttl: leastTtl(report, other),
        },
        // Addresses that differ by where one asks from are common, and each may be right.
        type !== "SRV" && report.outcome === "answer" && other.outcome === "answer"
          ? "info"
          : undefined,
      ),
    );
  return remarks;
}

/**
 * An SRV question to which something else came back (an address, or an alias that ends in nothing):
 * the sign of a wildcard in the zone; null when there is no such sign.
 */
export function wildcardSign(fact: LookupFact): Note | null {
  const report = decidingReport(fact);
  if (report === null || !isNo(report.outcome)) return null;
  const [first] = report.records;
  if (first === undefined) return null;
  return note("dns.wildcard", {
    question: fact.work.name,
    answeredWith: `${first.type} ${first.data}`,
  });
}

export function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}

function compareFailure(
  fact: LookupFact,
  report: LookupReport,
): { otherResolver: string | null; others: string | null } {
  const other = fact.reports.find((candidate) => candidate !== report && isSettled(candidate));
  if (other === undefined) return { otherResolver: null, others: null };
  const others = other.outcome === "answer" || isNo(other.outcome) ? "answered" : "same";
  return { otherResolver: other.resolver, others };
}

/** Only answers can disagree: a resolver that failed says nothing about the name. */
function isDifferent(report: LookupReport, other: LookupReport, type: string): boolean {
  if (other === report || !isAnswer(report) || !isAnswer(other)) return false;
  return said(report, type) !== said(other, type);
}

function isAnswer(report: LookupReport): boolean {
  return report.outcome === "answer" || isNo(report.outcome);
}

function isSettled(report: LookupReport): boolean {
  return isAnswer(report) || report.outcome === "servfail";
}

function said(report: LookupReport, type: string): string {
  if (report.outcome !== "answer") return report.outcome.toUpperCase();
  const data = report.records.filter((record) => record.type === type).map((record) => record.data);
  const sorted = data.map((text) => text.toLowerCase()).sort();
  return sorted.length > 6 ? `${sorted.slice(0, 6).join(", ")}, …` : sorted.join(", ");
}

function leastTtl(...reports: LookupReport[]): number | null {
  const ttls = reports.flatMap((report) => [
    ...report.records.map((record) => record.ttl),
    ...(report.negativeTtl === null ? [] : [report.negativeTtl]),
  ]);
  return ttls.length === 0 ? null : Math.min(...ttls);
}
