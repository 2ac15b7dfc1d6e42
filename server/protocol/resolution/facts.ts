import type {
  Candidate,
  CrossReport,
  DialReport,
  DiscoReport,
  LookupReport,
  PresentedCertificate,
} from "./evidence.ts";
import type { Note } from "./notes.ts";

/** Something for the outside to do; the same work has the same key and is done once. */
export type Work = LookupWork | DialWork | DiscoWork | JudgeWork | CrossWork;

export interface LookupWork {
  readonly kind: "lookup";
  readonly name: string;
  readonly type: "SRV" | "A" | "AAAA";
}
/** From TCP to a stream secured by TLS whose header is to `domain`. */
export interface DialWork {
  readonly kind: "dial";
  readonly domain: string;
  readonly candidate: Candidate;
  readonly address: string;
  readonly family: 4 | 6;
}
export interface DiscoWork {
  readonly kind: "disco";
  readonly query: "items" | "info";
  readonly to: string;
  /** 1 for the first try. */
  readonly attempt: number;
}
/** Judges the chain that the dial `dialKey` was shown for another name. */
export interface JudgeWork {
  readonly kind: "judge";
  readonly dialKey: string;
  readonly reference: string;
}

/** Pings `to` across the links that were agreed on with it. */
export interface CrossWork {
  readonly kind: "cross";
  readonly to: string;
}

export function keyOf(work: Work): string {
  switch (work.kind) {
    case "lookup":
      return `${work.type} ${work.name}`;
    case "dial": {
      const { host, port, security } = work.candidate;
      return `dial ${work.domain} ${host}:${port} ${security} ${work.address}`;
    }
    case "disco":
      return `${work.query} ${work.to} ${work.attempt}`;
    case "judge":
      return `judge ${work.reference} ${work.dialKey}`;
    case "cross":
      return `cross ${work.to}`;
  }
}

interface Timed {
  readonly startedAt: number;
  readonly endedAt: number | null;
}

export interface LookupFact extends Timed {
  readonly work: LookupWork;
  /** In the order of the configured resolvers; `isDecided` before all of them have answered. */
  readonly reports: readonly LookupReport[];
  readonly isDecided: boolean;
  readonly isFinal: boolean;
}

export type DialOutcome =
  /** `notes`: what was put up with, such as the lack of TLS where a peer's terms allow it. */
  | {
      readonly kind: "connected";
      readonly notes: readonly Note[];
      /** Why the stream could not log in, where it was to. */
      readonly refusal?: Note;
    }
  | { readonly kind: "failed"; readonly note: Note }
  /** Given up by us: another connection won, or the trace ended. */
  | { readonly kind: "stopped" };

export interface DialFact extends Timed {
  readonly work: DialWork;
  readonly report: DialReport | null;
  readonly outcome: DialOutcome | null;
}

export interface DiscoFact extends Timed {
  readonly work: DiscoWork;
  readonly report: DiscoReport | null;
}

export interface JudgeFact extends Timed {
  readonly work: JudgeWork;
  readonly certificate: PresentedCertificate | null;
}

export interface CrossFact extends Timed {
  readonly work: CrossWork;
  readonly report: CrossReport | null;
}

/** Everything known so far, by the key of the work that brought it. */
export interface Facts {
  readonly lookups: Readonly<Record<string, LookupFact>>;
  readonly dials: Readonly<Record<string, DialFact>>;
  readonly discos: Readonly<Record<string, DiscoFact>>;
  readonly judgements: Readonly<Record<string, JudgeFact>>;
  readonly crossings: Readonly<Record<string, CrossFact>>;
}

export const noFacts: Facts = {
  lookups: {},
  dials: {},
  discos: {},
  judgements: {},
  crossings: {},
};

export function factOf(facts: Facts, work: Work): Timed | undefined {
  const key = keyOf(work);
  switch (work.kind) {
    case "lookup":
      return facts.lookups[key];
    case "dial":
      return facts.dials[key];
    case "disco":
      return facts.discos[key];
    case "judge":
      return facts.judgements[key];
    case "cross":
      return facts.crossings[key];
  }
}

/** Remembers that work was begun. */
export function beginWork(facts: Facts, work: Work, now: number): Facts {
  const key = keyOf(work);
  const timed = { startedAt: now, endedAt: null };
  switch (work.kind) {
    case "lookup": {
      const fact = { ...timed, work, reports: [], isDecided: false, isFinal: false };
      return { ...facts, lookups: { ...facts.lookups, [key]: fact } };
    }
    case "dial": {
      const fact = { ...timed, work, report: null, outcome: null };
      return { ...facts, dials: { ...facts.dials, [key]: fact } };
    }
    case "disco":
      return { ...facts, discos: { ...facts.discos, [key]: { ...timed, work, report: null } } };
    case "judge": {
      const fact = { ...timed, work, certificate: null };
      return { ...facts, judgements: { ...facts.judgements, [key]: fact } };
    }
    case "cross": {
      const fact = { ...timed, work, report: null };
      return { ...facts, crossings: { ...facts.crossings, [key]: fact } };
    }
  }
}

/** Keys of work that is still under way. */
export function runningKeys(facts: Facts): string[] {
  const lookups = Object.entries(facts.lookups).filter(([, fact]) => !fact.isFinal);
  const { dials, discos, judgements, crossings } = facts;
  const others = [dials, discos, judgements, crossings].flatMap((table) =>
    Object.entries<Timed>(table).filter(([, fact]) => fact.endedAt === null),
  );
  return [...lookups, ...others].map(([key]) => key);
}
