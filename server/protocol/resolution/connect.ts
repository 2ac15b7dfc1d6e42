import { furthest, planDials, type DialPlan } from "./dial-plan.ts";
import { keyOf, noFacts, runningKeys, type DialFact, type Facts, type Work } from "./facts.ts";
import { seconds } from "./lookups.ts";
import { note, type Note } from "./notes.ts";
import { askFor, takeIn, type Effect, type Progress } from "./progress.ts";
import { resolve, type Resolution, type ResolveOptions } from "./resolve.ts";

/*
 * connect(domain): from a domain's name to a stream that may log in (RFC 6120 §3.2, RFC 2782, XEP-0368,
 * RFC 8305). `connectTo` is what it concludes from the facts known so far; `discover` calls it for each
 * name on its way, and the machine below for the one name that a link wants.
 *
 * How to drive the machine: `handle(state, input, now)`, then carry out the effects, as for `discover`.
 * At `finish` the state has its `end`; every stream but the winner's is to be closed.
 */

/** What is to be done meanwhile: gathered here, and asked for by whoever walks. */
export interface Demands {
  readonly wants: Work[];
  /** Keys of dials that are no longer wanted. */
  readonly stops: string[];
  readonly wakes: number[];
}

/** The way to one domain. Asking for `dial()` demands its dials. */
export interface Path {
  readonly resolution: Resolution;
  readonly dial: () => DialPlan;
}

/** The path to a domain as far as it is known; its lookups are demanded at once. */
export function connectTo(
  domain: string,
  facts: Facts,
  options: ResolveOptions,
  now: number,
  demands: Demands,
): Path {
  const resolution = resolve(domain, facts, options, now);
  demands.wants.push(...resolution.wants);
  if (resolution.wakeAt !== null) demands.wakes.push(resolution.wakeAt);
  let plan: DialPlan | null = null;
  return {
    resolution,
    dial() {
      if (plan !== null) return plan;
      plan = planDials(resolution, facts, now);
      demands.wants.push(...plan.wants);
      demands.stops.push(...plan.stops);
      if (plan.wakeAt !== null) demands.wakes.push(plan.wakeAt);
      return plan;
    },
  };
}

export interface ConnectBegin {
  /** In canonical form. */
  readonly domain: string;
  readonly resolve: ResolveOptions;
  readonly deadlineMs: number;
}

export type ConnectInput =
  | { readonly kind: "begin"; readonly begin: ConnectBegin }
  | Extract<Progress, { readonly kind: "looked_up" | "dial_progressed" | "dialled" }>
  | { readonly kind: "woke" }
  | { readonly kind: "cancel" };

export type ConnectEnd =
  /** `key` is that of the dial that won. */
  | { readonly kind: "connected"; readonly key: string }
  /** `isResolved`: there was an address. `why` is what step 5 of a trace would say. */
  | { readonly kind: "failed"; readonly isResolved: boolean; readonly why: Note };

export interface ConnectState {
  readonly lifecycle: "new" | "running" | "ended";
  readonly begin: ConnectBegin | null;
  readonly startedAt: number;
  readonly facts: Facts;
  readonly end: ConnectEnd | null;
}

export interface ConnectStep {
  readonly state: ConnectState;
  readonly effects: readonly Effect[];
}

export const newConnect: ConnectState = {
  lifecycle: "new",
  begin: null,
  startedAt: 0,
  facts: noFacts,
  end: null,
};

type Handler = (state: ConnectState, input: ConnectInput, now: number) => ConnectStep;

export function handle(state: ConnectState, input: ConnectInput, now: number): ConnectStep {
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
    woke: ignore,
    cancel: ignore,
  },
  running: {
    begin: ignore,
    looked_up: learn,
    dial_progressed: learn,
    dialled: learn,
    woke: advance,
    cancel: (state, _input, now) => giveUp(state, now, []),
  },
  ended: {
    begin: ignore,
    looked_up: ignore,
    dial_progressed: ignore,
    dialled: ignore,
    woke: ignore,
    cancel: ignore,
  },
} satisfies Record<ConnectState["lifecycle"], Record<ConnectInput["kind"], Handler>>;

function start(state: ConnectState, input: ConnectInput, now: number): ConnectStep {
  if (input.kind !== "begin") return { state, effects: [] };
  const begun = { ...state, lifecycle: "running" as const, begin: input.begin, startedAt: now };
  return advance(begun, input, now);
}

function learn(state: ConnectState, input: ConnectInput, now: number): ConnectStep {
  if (input.kind === "begin" || input.kind === "woke" || input.kind === "cancel")
    return { state, effects: [] };
  const facts = takeIn(state.facts, input, now);
  return facts === state.facts ? { state, effects: [] } : advance({ ...state, facts }, input, now);
}

/** Looks where the path leads by now, asks for what it wants, until nothing new is wanted. */
function advance(state: ConnectState, _input: ConnectInput, now: number): ConnectStep {
  const { begin } = state;
  if (begin === null) return { state, effects: [] };
  const effects: Effect[] = [];
  const deadline = state.startedAt + begin.deadlineMs;
  let { facts } = state;
  for (;;) {
    const demands: Demands = { wants: [], stops: [], wakes: [] };
    const path = connectTo(begin.domain, facts, begin.resolve, now, demands);
    const plan = path.resolution.state === "pending" ? null : path.dial();
    const end = endOf(path.resolution, plan);
    if (end !== null) return finish({ ...state, facts }, end, effects);
    if (now >= deadline) return giveUp({ ...state, facts }, now, effects);
    const next = askFor(facts, demands, now, effects);
    if (next === facts) {
      effects.push({ kind: "wake", at: Math.min(deadline, ...demands.wakes) });
      return { state: { ...state, facts }, effects };
    }
    facts = next;
  }
}

function endOf(resolution: Resolution, plan: DialPlan | null): ConnectEnd | null {
  const isResolved = resolution.state === "found";
  if (plan?.state === "connected" && plan.winner !== null)
    return { kind: "connected", key: keyOf(plan.winner.work) };
  if (plan?.state !== "failed") return null;
  const why = plan.failure ?? note("addr.none", { host: resolution.domain });
  return { kind: "failed", isResolved, why };
}

/** The time is up, or the caller's patience is: what is known best so far is why. */
function giveUp(state: ConnectState, now: number, effects: readonly Effect[]): ConnectStep {
  const { begin, facts } = state;
  if (begin === null) return { state, effects };
  const path = connectTo(begin.domain, facts, begin.resolve, now, {
    wants: [],
    stops: [],
    wakes: [],
  });
  const plan = path.resolution.state === "pending" ? null : path.dial();
  const why = plan === null ? null : furthest(plan.rows, path.resolution);
  const running = Object.values(facts.dials).findLast(({ endedAt }) => endedAt === null);
  const end: ConnectEnd = {
    kind: "failed",
    isResolved: path.resolution.state === "found",
    why: why ?? (running === undefined ? unresolved(state, now) : overdue(running, now)),
  };
  return finish(state, end, effects);
}

function overdue({ work, report, startedAt }: DialFact, now: number): Note {
  const { address, candidate } = work;
  const phase = report?.phases.at(-1)?.name ?? "tcp";
  const place = { address, port: candidate.port, seconds: seconds(now - startedAt) };
  return phase === "tcp" ? note("tcp.timeout", place) : note("stream.timeout", { ...place, phase });
}

function unresolved({ facts, begin, startedAt }: ConnectState, now: number): Note {
  const open = Object.values(facts.lookups).find(({ isDecided }) => !isDecided);
  const { name: question, type } = open?.work ?? { name: begin?.domain ?? "", type: "A" };
  const resolvers = Math.max(1, open?.reports.length ?? 1);
  return note("dns.timeout", { question, type, seconds: seconds(now - startedAt), resolvers });
}

function finish(state: ConnectState, end: ConnectEnd, effects: readonly Effect[]): ConnectStep {
  const stops = runningKeys(state.facts).map((key): Effect => ({ kind: "stop", key }));
  return {
    state: { ...state, lifecycle: "ended", end },
    effects: [...effects, ...stops, { kind: "finish" }],
  };
}
