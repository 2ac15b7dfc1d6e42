import { findings } from "#contract/findings.ts";
import type { Reading, Trace } from "#contract/traces.ts";
import type { DiscoverState } from "#protocol/resolution/discover-state.ts";
import { viewDiscovery } from "#protocol/resolution/trace-view.ts";

/** What a trace knows of itself, beside what was found. */
export interface TraceHead {
  readonly id: string;
  readonly domain: string;
  readonly reading: Reading;
  readonly isFresh: boolean;
  readonly trigger: Trace["trigger"];
  readonly requestedBy: string | null;
  readonly startedAt: Date;
  readonly software: string;
  readonly resolvers: readonly string[];
}

/** The trace as the API gives it and the database keeps it, at `now` (milliseconds since the epoch). */
export function traceDocument(head: TraceHead, state: DiscoverState, now: number): Trace {
  const view = viewDiscovery(state, findings, now);
  if (view === null) throw new Error("a trace without a beginning");
  return storable({
    schemaVersion: 1,
    id: head.id,
    domain: head.domain,
    reading: head.reading,
    state: view.state,
    xmpp: view.xmpp,
    wave: view.wave,
    jid: view.jid,
    headline: view.headline,
    trigger: head.trigger,
    requestedBy: head.requestedBy,
    startedAt: head.startedAt.toISOString(),
    durationMs: view.durationMs === null ? null : round(view.durationMs),
    isPinned: false,
    fresh: head.isFresh,
    software: head.software,
    resolvers: [...head.resolvers],
    cancelledBy: view.cancelledBy,
    findings: view.findings,
    steps: view.steps.map((step) => ({
      ...step,
      startedAt: step.startedAt === null ? null : new Date(step.startedAt).toISOString(),
      durationMs: step.durationMs === null ? null : round(step.durationMs),
    })),
  });
}

/** What was under way when an appliance died: nobody will finish it. */
export function orphaned(trace: Trace): Trace {
  const because = { code: "trace.cancelled", step: null };
  return {
    ...trace,
    state: "cancelled",
    xmpp: trace.xmpp ?? "unknown",
    wave: trace.wave ?? "unknown",
    steps: trace.steps.map((step) => {
      if (step.status !== "running" && step.status !== "pending") return step;
      const attempts = step.attempts.map((attempt) =>
        attempt.status === "running" || attempt.status === "pending"
          ? { ...attempt, status: "not_reached" as const }
          : attempt,
      );
      return { ...step, status: "not_reached", because, attempts };
    }),
  };
}

/** PostgreSQL's jsonb holds neither NUL nor half a surrogate pair, and peers may send both. */
function storable<T>(value: T): T {
  if (typeof value === "string") return value.replaceAll("\u0000", "\ufffd").toWellFormed() as T;
  if (Array.isArray(value)) return value.map(storable) as T;
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, storable(inner)]),
  ) as T;
}

function round(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
