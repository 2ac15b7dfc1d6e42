import type {
  CrossReport,
  DialReport,
  DiscoReport,
  LookupReport,
  PresentedCertificate,
} from "./evidence.ts";
import { beginWork, factOf, keyOf, type DialOutcome, type Facts, type Work } from "./facts.ts";

/** What the outside reports of work under way, by the work's key: the inputs of both machines. */
export type Progress =
  | {
      readonly kind: "looked_up";
      readonly key: string;
      readonly reports: readonly LookupReport[];
      readonly isDecided: boolean;
      readonly isFinal: boolean;
    }
  | { readonly kind: "dial_progressed"; readonly key: string; readonly report: DialReport }
  | {
      readonly kind: "dialled";
      readonly key: string;
      readonly report: DialReport;
      readonly outcome: DialOutcome;
    }
  | { readonly kind: "disco_answered"; readonly key: string; readonly report: DiscoReport }
  | {
      readonly kind: "judged";
      readonly key: string;
      readonly certificate: PresentedCertificate | null;
    }
  | { readonly kind: "crossed"; readonly key: string; readonly report: CrossReport };

/** What both machines ask of the outside; a later `wake` replaces an earlier one. */
export type Effect =
  | { readonly kind: "start"; readonly key: string; readonly work: Work }
  | { readonly kind: "stop"; readonly key: string }
  | { readonly kind: "wake"; readonly at: number }
  | { readonly kind: "finish" };

/** Adds what was reported to the facts; unknown and finished work is left as it is. */
export function takeIn(facts: Facts, input: Progress, now: number): Facts {
  switch (input.kind) {
    case "looked_up": {
      const fact = facts.lookups[input.key];
      if (fact === undefined || fact.isFinal) return facts;
      const { reports, isFinal } = input;
      const isDecided = fact.isDecided || input.isDecided || isFinal;
      const endedAt = isDecided ? (fact.endedAt ?? now) : null;
      const next = { ...fact, reports, isDecided, isFinal, endedAt };
      return { ...facts, lookups: { ...facts.lookups, [input.key]: next } };
    }
    case "dial_progressed":
    case "dialled": {
      const fact = facts.dials[input.key];
      if (fact === undefined || fact.endedAt !== null) return facts;
      const end = input.kind === "dialled" ? { outcome: input.outcome, endedAt: now } : {};
      const next = { ...fact, report: input.report, ...end };
      return { ...facts, dials: { ...facts.dials, [input.key]: next } };
    }
    case "disco_answered": {
      const fact = facts.discos[input.key];
      if (fact === undefined || fact.endedAt !== null) return facts;
      const next = { ...fact, report: input.report, endedAt: now };
      return { ...facts, discos: { ...facts.discos, [input.key]: next } };
    }
    case "judged": {
      const fact = facts.judgements[input.key];
      if (fact === undefined || fact.endedAt !== null) return facts;
      const next = { ...fact, certificate: input.certificate, endedAt: now };
      return { ...facts, judgements: { ...facts.judgements, [input.key]: next } };
    }
    case "crossed": {
      const fact = facts.crossings[input.key];
      if (fact === undefined || fact.endedAt !== null) return facts;
      const next = { ...fact, report: input.report, endedAt: now };
      return { ...facts, crossings: { ...facts.crossings, [input.key]: next } };
    }
  }
}

/**
 * Starts what is wanted and was not begun, and stops the dials named in `stops`: adds to `effects` and
 * answers the facts with that noted; the same facts when there was nothing to do.
 */
export function askFor(
  facts: Facts,
  asked: { readonly wants: readonly Work[]; readonly stops: readonly string[] },
  now: number,
  effects: Effect[],
): Facts {
  let known = facts;
  for (const work of asked.wants) {
    if (factOf(known, work) !== undefined) continue;
    effects.push({ kind: "start", key: keyOf(work), work });
    known = beginWork(known, work, now);
  }
  for (const key of asked.stops) {
    const fact = known.dials[key];
    if (fact === undefined || fact.endedAt !== null) continue;
    effects.push({ kind: "stop", key });
    const stopped = { ...fact, outcome: { kind: "stopped" as const }, endedAt: now };
    known = { ...known, dials: { ...known.dials, [key]: stopped } };
  }
  return known;
}
