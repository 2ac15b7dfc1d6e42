import type { Trace } from "#contract/traces.ts";
import type { Changes } from "#store/changes.ts";
import type { Database } from "#store/database.ts";
import { deleteOldTraces, findUnfinished, upsertTrace } from "#store/traces.ts";
import type { Clock } from "./clock.ts";
import { orphaned } from "./trace-document.ts";
import type { TraceSettings } from "./trace-settings.ts";

/** Writes traces as they go on, and clears away what is too old or was left behind. */
export interface TraceStore {
  readonly save: (trace: Trace) => Promise<void>;
  /** Soon, the latest only; a failure is not tried again, the next step's end comes anyway. */
  readonly saveSoon: (id: string, trace: () => Trace) => void;
  /** The finished trace; while the database is away it is kept here and tried again. */
  readonly saveFinal: (trace: Trace) => Promise<void>;
  /** A finished trace that could not be written yet. */
  readonly unsaved: (id: string) => Trace | null;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const soonMs = 1_000;
const retryMs = [1_000, 5_000, 15_000, 60_000, 300_000];
const firstSweepMs = 60_000;
const sweepEveryMs = 3_600_000;
const closeEveryMs = 60_000;
const sweepLimit = 1_000;
/** Longer than any trace runs: what is older was left behind by an appliance that is gone. */
const abandonedAfterMs = 600_000;
const maxUnsaved = 200;
const dayMs = 86_400_000;

export function createTraceStore(deps: {
  readonly db: Database;
  readonly changes: Changes;
  readonly nodeId: string;
  readonly clock: Clock;
  readonly settings: TraceSettings;
  readonly onError: (error: unknown, context?: string) => void;
}): TraceStore {
  const { db, changes, nodeId, clock } = deps;
  const soon = new Map<string, NodeJS.Timeout>();
  const kept = new Map<string, Trace>();
  const retries = new Set<NodeJS.Timeout>();
  const writing = new Set<Promise<void>>();
  let timer: NodeJS.Timeout | null = null;
  let closing: NodeJS.Timeout | null = null;

  async function save(trace: Trace): Promise<void> {
    const write = db.transaction(async (tx) => {
      await upsertTrace(tx, trace, nodeId);
      await changes.emit(tx, `traces/${trace.id}`);
      await changes.emit(tx, "traces");
    });
    writing.add(write);
    try {
      await write;
    } finally {
      writing.delete(write);
    }
  }

  function tryAgain(trace: Trace, attempt: number): void {
    const delayMs = retryMs[attempt];
    if (delayMs === undefined || kept.size > maxUnsaved) {
      kept.delete(trace.id);
      return;
    }
    const retry = setTimeout(() => {
      retries.delete(retry);
      save(trace).then(
        () => kept.delete(trace.id),
        () => tryAgain(trace, attempt + 1),
      );
    }, delayMs);
    retry.unref();
    retries.add(retry);
  }

  async function sweep(): Promise<void> {
    const now = clock.now();
    const before = new Date(now - deps.settings.current().traceRetentionDays * dayMs);
    while ((await deleteOldTraces(db, before, sweepLimit)) === sweepLimit);
  }

  function sweepOn(): void {
    sweep()
      .catch((error: unknown) => deps.onError(error, "traces: sweeping"))
      .finally(() => {
        if (timer === null) return;
        timer = setTimeout(sweepOn, sweepEveryMs);
        timer.unref();
      });
  }

  /** An appliance begins without running traces of its own: those that it finds, it died in. */
  async function closeAbandoned(node: string, now: number): Promise<void> {
    const before = new Date(now - abandonedAfterMs);
    for (const { trace, nodeId: owner } of await findUnfinished(db, { nodeId: node, before }))
      await db.transaction(async (tx) => {
        await upsertTrace(tx, orphaned(trace), owner);
        await changes.emit(tx, `traces/${trace.id}`);
      });
  }

  return {
    save,
    saveSoon(id, trace) {
      const waiting = soon.get(id);
      if (waiting !== undefined) clearTimeout(waiting);
      const later = setTimeout(() => {
        soon.delete(id);
        save(trace()).catch((error: unknown) => deps.onError(error, "trace: saving a step"));
      }, soonMs);
      later.unref();
      soon.set(id, later);
    },
    async saveFinal(trace) {
      clearTimeout(soon.get(trace.id));
      soon.delete(trace.id);
      try {
        await save(trace);
      } catch (error) {
        deps.onError(error, "trace: saving");
        kept.set(trace.id, trace);
        tryAgain(trace, 0);
      }
      changes.emitLocal(`traces/${trace.id}`);
    },
    unsaved: (id) => kept.get(id) ?? null,
    async start() {
      await closeAbandoned(nodeId, clock.now());
      // Not at once: there is more urgent work at a start.
      timer = setTimeout(sweepOn, firstSweepMs);
      timer.unref();
      // Another appliance may never start again; people should not watch its traces run for an hour.
      closing = setInterval(() => {
        closeAbandoned("", clock.now()).catch((error: unknown) =>
          deps.onError(error, "traces: closing what was left behind"),
        );
      }, closeEveryMs);
      closing.unref();
    },
    async stop() {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      if (closing !== null) clearInterval(closing);
      for (const later of [...soon.values(), ...retries]) clearTimeout(later);
      await Promise.allSettled(writing);
    },
  };
}
