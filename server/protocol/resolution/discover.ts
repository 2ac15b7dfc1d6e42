import type { DiscoverState, Input, Lifecycle, Transition } from "./discover-state.ts";
import { runningKeys, type Facts } from "./facts.ts";
import { askFor, takeIn, type Effect } from "./progress.ts";
import {
  connectToServer,
  judgeAddress,
  lookUpAddress,
  lookUpService,
  orderTargets,
} from "./steps-domain.ts";
import {
  connectToGuess,
  findService,
  giveUp,
  guessService,
  judgeItem,
  ready,
  resolveGuess,
  resolveItem,
} from "./steps-service.ts";
import {
  attemptKeys,
  leaveOut,
  newWalk,
  type Begin,
  type Outcome,
  type StepNumber,
  type Walk,
} from "./walk.ts";

/*
 * discover(domain): the 13 steps of the Wave federation documents, as a pure machine.
 *
 * Inputs bring facts (what a resolver, a socket, a link said); the steps are walked again over the
 * facts known so far, always in order. Work that a later step is likely to need is asked for early,
 * but nothing is concluded from it before the walk arrives there: the verdict is the ordered one.
 *
 * How to drive it: `handle(state, input, now)`, then carry out the effects. `start` work and answer by
 * its key; `stop` work, no answer needed; `wake` by the time given (a later `wake` replaces it);
 * `finish`: the trace is complete. Times are milliseconds on the clock of `now`.
 */

type Handler = (state: DiscoverState, input: Input, now: number) => Transition;

export function handle(state: DiscoverState, input: Input, now: number): Transition {
  return table[state.lifecycle][input.kind](state, input, now);
}

const ignore: Handler = (state) => ({ state, effects: [] });

/** Every input has its cell: what comes late, or before the beginning, is dropped. */
export const table = {
  new: {
    begin: start,
    looked_up: ignore,
    dial_progressed: ignore,
    dialled: ignore,
    disco_answered: ignore,
    judged: ignore,
    crossed: ignore,
    woke: ignore,
    cancel: cutShort,
  },
  running: {
    begin: ignore,
    looked_up: learn,
    dial_progressed: learn,
    dialled: learn,
    disco_answered: learn,
    judged: learn,
    crossed: learn,
    woke: wake,
    cancel: cutShort,
  },
  ended: {
    begin: ignore,
    looked_up: ignore,
    dial_progressed: ignore,
    dialled: ignore,
    disco_answered: ignore,
    judged: ignore,
    crossed: ignore,
    woke: ignore,
    cancel: ignore,
  },
} satisfies Record<Lifecycle, Record<Input["kind"], Handler>>;

/** The Wave documents' numbering. */
export const steps = {
  1: lookUpService,
  2: orderTargets,
  3: lookUpAddress,
  4: judgeAddress,
  5: connectToServer,
  6: findService,
  7: resolveItem,
  8: judgeItem,
  9: guessService,
  10: resolveGuess,
  11: connectToGuess,
  12: ready,
  13: giveUp,
} satisfies Record<StepNumber, (walk: Walk) => Outcome>;

export interface Walked {
  readonly walk: Walk;
  readonly visited: readonly StepNumber[];
  readonly isConcluded: boolean;
}

/** Walks the steps in order over what is known. */
export function walkSteps(begin: Begin, facts: Facts, now: number): Walked {
  const walk = newWalk(begin, facts, now);
  const visited: StepNumber[] = [];
  let step: StepNumber = 1;
  for (;;) {
    visited.push(step);
    const outcome: Outcome = steps[step](walk);
    if (outcome.kind === "wait") return { walk, visited, isConcluded: false };
    if (outcome.kind === "end") return { walk, visited, isConcluded: true };
    if (outcome.kind === "halt") {
      const { code, step: at } = outcome.because;
      leaveOut(walk, "not_reached", 1, 13, code, at);
      walk.wave = "unknown";
      return { walk, visited, isConcluded: true };
    }
    step = outcome.step;
  }
}

function start(state: DiscoverState, input: Input, now: number): Transition {
  if (input.kind !== "begin") return { state, effects: [] };
  const begun = { ...state, lifecycle: "running" as const, begin: input.begin, startedAt: now };
  return advance(begun, now, []);
}

function learn(state: DiscoverState, input: Input, now: number): Transition {
  if (input.kind === "begin" || input.kind === "woke" || input.kind === "cancel")
    return { state, effects: [] };
  const facts = takeIn(state.facts, input, now);
  return facts === state.facts ? { state, effects: [] } : advance({ ...state, facts }, now, []);
}

function wake(state: DiscoverState, _input: Input, now: number): Transition {
  const deadline = state.startedAt + (state.begin?.limits.deadlineMs ?? 0);
  if (now >= deadline) return finish({ ...state, cutShort: { kind: "deadline" } }, now, []);
  return advance(state, now, []);
}

function cutShort(state: DiscoverState, input: Input, now: number): Transition {
  const by = input.kind === "cancel" ? input.by : "";
  return finish({ ...state, cutShort: { kind: "cancelled", by } }, now, []);
}

/** Walks, starts what is wanted, walks again with that begun, until nothing new is wanted. */
function advance(state: DiscoverState, now: number, before: readonly Effect[]): Transition {
  const { begin } = state;
  if (begin === null) return { state, effects: before };
  let { facts } = state;
  const effects: Effect[] = [...before];
  for (;;) {
    const walked = walkSteps(begin, facts, now);
    const { wants, stops } = walked.walk;
    const next = askFor(facts, { wants: walked.isConcluded ? [] : wants, stops }, now, effects);
    if (next === facts) {
      const known = nameAttempts(noteTimes({ ...state, facts }, walked, now), walked.walk);
      return conclude(known, walked, now, effects);
    }
    facts = next;
  }
}

function noteTimes(state: DiscoverState, walked: Walked, now: number): DiscoverState {
  const reachedAt = { ...state.reachedAt };
  const leftAt = { ...state.leftAt };
  const last = walked.visited.at(-1);
  for (const step of walked.visited) {
    reachedAt[step] ??= now;
    if (step !== last || walked.isConcluded) leftAt[step] ??= now;
  }
  return { ...state, reachedAt, leftAt };
}

function nameAttempts(state: DiscoverState, walk: Walk): DiscoverState {
  let attemptIds: Record<string, string> | null = null;
  const counts = new Map<number, number>();
  for (const [step, draft] of walk.steps)
    for (const attempt of draft.attempts)
      for (const key of attemptKeys(attempt, walk.begin.resolvers)) {
        if ((attemptIds ?? state.attemptIds)[key] !== undefined) continue;
        attemptIds ??= { ...state.attemptIds };
        const count = (counts.get(step) ?? countIds(attemptIds, step)) + 1;
        counts.set(step, count);
        attemptIds[key] = `${step}.${count}`;
      }
  return attemptIds === null ? state : { ...state, attemptIds };
}

function countIds(ids: Readonly<Record<string, string>>, step: number): number {
  return Object.values(ids).filter((id) => id.startsWith(`${step}.`)).length;
}

/** Ends when the steps have ended, the watched losers are settled and the resolvers compared. */
function conclude(
  state: DiscoverState,
  walked: Walked,
  now: number,
  effects: readonly Effect[],
): Transition {
  const { begin } = state;
  if (begin === null) return { state, effects };
  const { walk } = walked;
  const deadline = state.startedAt + begin.limits.deadlineMs;
  if (!walked.isConcluded) {
    const at = Math.min(deadline, ...walk.wakes);
    return { state, effects: [...effects, { kind: "wake", at }] };
  }
  const concluded = { ...state, concludedAt: state.concludedAt ?? now };
  const compareUntil = (concluded.concludedAt ?? now) + begin.limits.compareMs;
  const isComparing = [...walk.used].some((key) => state.facts.lookups[key]?.isFinal === false);
  const isWatching = Object.values(state.facts.dials).some(({ endedAt }) => endedAt === null);
  if ((isComparing && now < compareUntil) || isWatching) {
    const times = [deadline, ...walk.wakes, ...(isComparing ? [compareUntil] : [])];
    const at = Math.min(...times.filter((time) => time > now));
    return { state: concluded, effects: [...effects, { kind: "wake", at }] };
  }
  return finish(concluded, now, effects);
}

function finish(state: DiscoverState, now: number, before: readonly Effect[]): Transition {
  const stops = runningKeys(state.facts).map((key): Effect => ({ kind: "stop", key }));
  return {
    state: { ...state, lifecycle: "ended", endedAt: now },
    effects: [...before, ...stops, { kind: "finish" }],
  };
}
