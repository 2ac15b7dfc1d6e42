import type { Attempt, ConnectPhase, Step, StepStatus, Trace } from "#contract/traces.ts";
import { branchesOf, isOutside, wasTried } from "./branches.ts";

/** A span on the axis that all rows share; `start` and `width` are shares of the axis, 0 to 1. */
export interface Bar {
  readonly id: string;
  readonly status: StepStatus;
  readonly start: number;
  readonly width: number;
  /** Reused or decided on the spot: a diamond instead of a bar. */
  readonly isInstant: boolean;
  readonly isWinner: boolean;
  readonly isRunning: boolean;
  readonly phases: readonly PhaseBar[];
}
export interface PhaseBar {
  readonly name: ConnectPhase["name"];
  readonly status: StepStatus;
  readonly start: number;
  readonly width: number;
}
/** The wait between an attempt and the next one at the same thing. */
export interface Gap {
  readonly start: number;
  readonly width: number;
}
export interface StepLane {
  readonly number: number;
  readonly bar: Bar | null;
  /** Attempts packed into as few rows as do not overlap, winners first; at most `maxRows`. */
  readonly rows: readonly (readonly Bar[])[];
  readonly gaps: readonly Gap[];
  /** Attempts that found no row. */
  readonly hidden: number;
}
export interface Timeline {
  readonly endMs: number;
  /** Milliseconds at which the axis is labelled, from 0. */
  readonly ticks: readonly number[];
  readonly lanes: readonly StepLane[];
}

export const maxRows = 4;

/**
 * Lays a trace out on one axis from its start. While it runs the axis ends at a round number, so that
 * it changes seldom; afterwards at the last thing that happened. `elapsedMs` is how long it has run;
 * `zoomEndMs` cuts the axis off earlier.
 */
export function layOut(trace: Laid, elapsedMs: number, zoomEndMs: number | null = null): Timeline {
  const startedAt = Date.parse(trace.startedAt);
  const isRunning = trace.state === "running";
  const spans = trace.steps.map((step) => stepSpan(step, startedAt, elapsedMs, isRunning));
  const attempts = trace.steps.flatMap((step) => step.attempts.filter(wasTried));
  const ends = [
    ...spans.flatMap((span) => (span === null ? [] : [span.end])),
    ...attempts.map((attempt) => endOf(attempt, elapsedMs, isRunning)),
  ];
  const last = Math.max(1, ...ends, isRunning ? elapsedMs : (trace.durationMs ?? 0));
  const endMs = zoomEndMs ?? (isRunning ? roundUp(last) : last);
  const scale = scaleTo(endMs);
  const lanes = trace.steps.map((step, index) => {
    const span = spans[index] ?? null;
    return layOutStep(step, span, scale, isRunning ? elapsedMs : last);
  });
  return { endMs, ticks: ticksFor(endMs), lanes };
}

type Laid = Pick<Trace, "steps" | "startedAt" | "state" | "durationMs">;

/**
 * Where an axis could end so that the way that was found can be read, when waiting for losers squeezes
 * it into the first third; null when there is nothing to gain, or nothing won.
 */
export function zoomFor(trace: Laid): number | null {
  if (trace.state === "running") return null;
  const ends = trace.steps
    .flatMap(({ attempts }) => attempts)
    .filter(({ winner, kind }) => winner || kind === "decision")
    .map(({ offsetMs, durationMs }) => offsetMs + (durationMs ?? 0));
  const end = Math.max(0, ...ends) * 1.08;
  return end > 0 && end < layOut(trace, 0).endMs / 3 ? end : null;
}

/** Milliseconds at which an axis of this length is labelled: at most seven, in steps of 1, 2 or 5. */
export function ticksFor(endMs: number): number[] {
  const magnitude = 10 ** Math.floor(Math.log10(Math.max(endMs, 1) / 6));
  const step = [1, 2, 5, 10]
    .map((factor) => factor * magnitude)
    .find((size) => endMs / size <= 6.0001);
  const size = Math.max(step ?? endMs, 0.1);
  const count = Math.floor(endMs / size + 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => Number((index * size).toPrecision(6)));
}

/** The next of 1, 2, 5 times a power of ten, from half a second. */
export function roundUp(ms: number): number {
  const magnitude = 10 ** Math.floor(Math.log10(Math.max(ms, 500)));
  return (
    [1, 2, 5, 10].map((factor) => factor * magnitude).find((end) => end >= Math.max(ms, 500)) ?? ms
  );
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** A step's own time where it is known: lookups that were begun early lie before its bar, below it. */
function stepSpan(
  step: Step,
  startedAt: number,
  elapsedMs: number,
  isRunning: boolean,
): Span | null {
  const begun = step.attempts.filter(wasTried);
  const own = step.startedAt === null ? null : Math.max(0, Date.parse(step.startedAt) - startedAt);
  if (own !== null && step.durationMs !== null) return { start: own, end: own + step.durationMs };
  if (begun.length === 0 && own === null) return null;
  const start = own ?? Math.max(0, Math.min(...begun.map(({ offsetMs }) => offsetMs)));
  if (isRunning && step.status === "running") return { start, end: Math.max(start, elapsedMs) };
  return { start, end: Math.max(start, ...begun.map((one) => endOf(one, elapsedMs, isRunning))) };
}

function endOf(attempt: Attempt, elapsedMs: number, isRunning: boolean): number {
  if (attempt.durationMs !== null) return attempt.offsetMs + attempt.durationMs;
  return isRunning && attempt.status === "running"
    ? Math.max(elapsedMs, attempt.offsetMs)
    : attempt.offsetMs;
}

type Scale = (span: Span) => { start: number; width: number };

function scaleTo(endMs: number): Scale {
  const clamp = (share: number) => Math.min(1, Math.max(0, share));
  return ({ start, end }) => {
    const from = clamp(start / endMs);
    return { start: from, width: clamp(end / endMs) - from };
  };
}

function layOutStep(step: Step, span: Span | null, scale: Scale, nowMs: number): StepLane {
  const { number } = step;
  if (span === null) return { number, bar: null, rows: [], gaps: [], hidden: 0 };
  const outside = step.attempts.filter((one) => isOutside(one) && wasTried(one));
  const bar: Bar = {
    id: String(number),
    status: step.status,
    ...scale(span),
    isInstant: step.status === "reused" || (outside.length === 0 && span.end - span.start < 1),
    isWinner: false,
    isRunning: step.status === "running",
    phases: [],
  };
  const bars = outside
    .toSorted((a, b) => Number(b.winner) - Number(a.winner) || a.offsetMs - b.offsetMs)
    .map((attempt) => attemptBar(attempt, scale, nowMs));
  const { rows, hidden } = pack(bars);
  return { number, bar, rows, gaps: gapsOf(step, scale, nowMs), hidden };
}

/** The bar of one attempt, with the phases of a connection inside it. */
export function attemptBar(attempt: Attempt, scale: Scale, nowMs: number): Bar {
  const phases = attempt.kind === "connect" ? attempt.phases : [];
  const end =
    attempt.durationMs === null
      ? Math.max(nowMs, attempt.offsetMs)
      : attempt.offsetMs + attempt.durationMs;
  return {
    id: attempt.id,
    status: attempt.status,
    ...scale({ start: attempt.offsetMs, end }),
    isInstant: attempt.kind === "reuse",
    isWinner: attempt.winner,
    isRunning: attempt.status === "running",
    phases: phases.map((phase) => ({
      name: phase.name,
      status: phase.status,
      ...scale({
        start: phase.offsetMs,
        end: phase.durationMs === null ? nowMs : phase.offsetMs + phase.durationMs,
      }),
    })),
  };
}

function pack(bars: readonly Bar[]): { rows: Bar[][]; hidden: number } {
  const rows: Bar[][] = [];
  let hidden = 0;
  for (const bar of bars) {
    const row = rows.find((taken) => taken.every((other) => !overlaps(bar, other)));
    if (row !== undefined) row.push(bar);
    else if (rows.length < maxRows) rows.push([bar]);
    else hidden += 1;
  }
  return { rows, hidden };
}

// Bars have a least width on the screen; half a percent keeps neighbours apart.
function overlaps(a: Bar, b: Bar): boolean {
  const space = 0.005;
  return a.start < b.start + b.width + space && b.start < a.start + a.width + space;
}

/** Repeated questions: the silence between one try and the next. */
function gapsOf(step: Step, scale: Scale, nowMs: number): Gap[] {
  return branchesOf(step).flatMap(({ kind, attempts }) => {
    if (kind !== "service") return [];
    const tries = attempts.filter(wasTried).toSorted((a, b) => a.offsetMs - b.offsetMs);
    return tries.flatMap((attempt, index) => {
      const next = tries[index + 1];
      if (next === undefined) return [];
      const start = attempt.durationMs === null ? nowMs : attempt.offsetMs + attempt.durationMs;
      const gap = scale({ start, end: next.offsetMs });
      return gap.width > 0 ? [gap] : [];
    });
  });
}

/** The scale of a timeline, to lay out a single attempt on it. */
export function scaleOf(timeline: Pick<Timeline, "endMs">): Scale {
  return scaleTo(timeline.endMs);
}
