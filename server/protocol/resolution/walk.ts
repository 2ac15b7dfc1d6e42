import { connectTo, type Demands, type Path } from "./connect.ts";
import type { DialPlan, DialRow } from "./dial-plan.ts";
import type { ItemsView } from "./disco.ts";
import type { AgreedLink, PresentedCertificate, StepStatus } from "./evidence.ts";
import type { CrossFact, DiscoFact, Facts, LookupWork } from "./facts.ts";
import { keyOf } from "./facts.ts";
import type { Because, BecauseCode, Note, Param } from "./notes.ts";
import type { Resolution, ResolveOptions } from "./resolve.ts";

/** What a trace starts from. */
export interface Begin {
  /** As it was entered, and in canonical form. */
  readonly input: string;
  readonly domain: string;
  readonly unicode: string;
  readonly scripts: readonly string[];
  readonly isMixedScript: boolean;
  /** `wave.` before the domain; null when that is no name any more. */
  readonly guess: string | null;
  readonly reading: "strict" | "overview";
  /** The configured resolvers, the deciding one first. */
  readonly resolvers: readonly string[];
  /** Nothing kept from before is used. The connection of step 5 is this trace's own, and may serve again. */
  readonly isFresh: boolean;
  readonly policy: {
    readonly outcome: "allowed" | "self" | "blocked" | "not_trusted";
    readonly rule: string;
  };
  /** Whether a link would carry disco, or why none can: `link.none`, `link.down`, `policy.…`. */
  readonly link:
    /** `isNative`: this appliance itself, over the connection of step 5 once that has logged in. */
    | { readonly ok: true; readonly isNative: boolean }
    | { readonly ok: false; readonly code: string };
  /** Links by agreement (XEP-0361) of the name that asks: what they reach is not looked up. */
  readonly agreed: {
    readonly links: readonly AgreedLink[];
    /** Where a normal stream may take over, what DNS says of it is shown though the link works. */
    readonly showsFallBack: boolean;
    /** Nothing is asked but whether the domain is reached, if that is by agreement. */
    readonly isBrief: boolean;
  };
  readonly resolve: ResolveOptions;
  readonly limits: {
    readonly discoTries: number;
    /** For the whole trace. */
    readonly deadlineMs: number;
    /** How long the comparison of resolvers may keep a finished trace open. */
    readonly compareMs: number;
  };
}

/** What an attempt shows: a reference to facts, or a local decision. `key` is stable in the trace. */
export type AttemptDraft =
  | { readonly kind: "name"; readonly key: string }
  | { readonly kind: "policy"; readonly key: string }
  | {
      readonly kind: "agreement";
      readonly key: string;
      readonly link: AgreedLink;
      readonly fact: CrossFact | null;
    }
  | { readonly kind: "lookup"; readonly key: string; readonly work: LookupWork }
  | { readonly kind: "order"; readonly key: string; readonly resolution: Resolution }
  | {
      readonly kind: "dial";
      readonly key: string;
      readonly row: DialRow;
      readonly plan: DialPlan;
    }
  | { readonly kind: "disco"; readonly key: string; readonly fact: DiscoFact }
  | {
      readonly kind: "reuse";
      readonly key: string;
      readonly row: DialRow;
      readonly at: number;
      readonly certificate: PresentedCertificate | null;
      readonly isPending: boolean;
    }
  | {
      readonly kind: "decision";
      readonly key: string;
      readonly decision: string;
      readonly status: StepStatus;
      readonly params: Readonly<Record<string, Param>>;
    };

export interface StepDraft {
  readonly status: StepStatus;
  readonly because: Because | null;
  readonly attempts: readonly AttemptDraft[];
  readonly notes: readonly Note[];
  readonly message: Note | null;
}

export type Outcome =
  | { readonly kind: "goto"; readonly step: StepNumber }
  | { readonly kind: "wait" }
  /** Step 12 or 13 was reached. */
  | { readonly kind: "end" }
  /** The trace cannot go on for a reason that is not the peer's. */
  | { readonly kind: "halt"; readonly because: Because };

export type StepNumber = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13;

/** One pass over the 13 steps with the facts known so far; rebuilt after every input. */
export interface Walk extends Demands {
  readonly begin: Begin;
  readonly facts: Facts;
  readonly now: number;
  readonly steps: Map<number, StepDraft>;
  /** Lookups whose answers a step used: they are compared before the trace ends. */
  readonly used: Set<string>;
  readonly paths: Map<string, Path>;
  items: ItemsView | null;
  jid: string | null;
  wave: "found" | "guessed" | "none" | "unknown" | null;
  /** Whether the peer's XMPP server was reached: by our probe, else by an answer over the link. */
  xmpp: "reached" | "failed" | null;
  /** Reached, but no stanza gets there: our own server could not deliver, or our login was refused. */
  isShut: boolean;
}

export function newWalk(begin: Begin, facts: Facts, now: number): Walk {
  return {
    begin,
    facts,
    now,
    steps: new Map(),
    wants: [],
    stops: [],
    wakes: [],
    used: new Set(),
    paths: new Map(),
    items: null,
    jid: null,
    wave: null,
    xmpp: null,
    isShut: false,
  };
}

/** The path to a domain; asking for it wants its lookups, asking for `dial()` wants its dials. */
export function pathTo(walk: Walk, domain: string): Path {
  const known = walk.paths.get(domain);
  if (known !== undefined) return known;
  const { begin, facts, now } = walk;
  // An override is for the domain itself, not for names found on the way.
  const options = domain === begin.domain ? begin.resolve : { ...begin.resolve, override: null };
  const path = connectTo(domain, facts, options, now, walk);
  walk.paths.set(domain, path);
  return path;
}

export function put(
  walk: Walk,
  step: StepNumber,
  status: StepStatus,
  attempts: readonly AttemptDraft[],
  notes: readonly Note[] = [],
  message: Note | null = notes[0] ?? null,
): void {
  walk.steps.set(step, { status, because: null, attempts, notes, message });
}

/** Marks steps as passed over (`skipped`) or out of reach (`not_reached`), and because of what. */
export function leaveOut(
  walk: Walk,
  status: "skipped" | "not_reached",
  from: number,
  to: number,
  code: string,
  step: number | null,
): void {
  for (let number = from; number <= to; number += 1) {
    if (walk.steps.has(number)) continue;
    const because = { code: code as BecauseCode, step };
    walk.steps.set(number, { status, because, attempts: [], notes: [], message: null });
  }
}

export function goto(step: StepNumber): Outcome {
  return { kind: "goto", step };
}

export const wait: Outcome = { kind: "wait" };

export function lookupDrafts(
  walk: Walk,
  step: number,
  works: readonly LookupWork[],
): AttemptDraft[] {
  return works.map((work) => {
    walk.used.add(keyOf(work));
    return { kind: "lookup", key: `${step} ${keyOf(work)}`, work };
  });
}

export function dialDrafts(step: number, plan: DialPlan): AttemptDraft[] {
  return plan.rows.map((row) => ({ kind: "dial", key: `${step} ${keyOf(row.work)}`, row, plan }));
}

export function discoDrafts(step: number, facts: readonly DiscoFact[]): AttemptDraft[] {
  return facts.map((fact) => ({ kind: "disco", key: `${step} ${keyOf(fact.work)}`, fact }));
}

export function decision(
  step: number,
  name: string,
  status: StepStatus = "ok",
  params: Readonly<Record<string, Param>> = {},
): AttemptDraft {
  return { kind: "decision", key: `${step} decision ${name}`, decision: name, status, params };
}

/** What the certificate's judgement found, as notes. */
export function certificateNotes(certificate: PresentedCertificate | null | undefined): Note[] {
  return certificate?.findings ?? [];
}

/** The keys of a draft's attempts: one, except for a lookup, which is one per resolver. */
export function attemptKeys(draft: AttemptDraft, resolvers: readonly string[]): string[] {
  if (draft.kind !== "lookup") return [draft.key];
  return resolvers.map((resolver) => `${draft.key} @${resolver}`);
}
