import type { Trace } from "#contract/traces.ts";
import { isUnavailable } from "#store/availability.ts";
import type { Changes } from "#store/changes.ts";
import { writeChecks } from "#store/checks.ts";
import type { Database } from "#store/database.ts";
import { closeIncidents, openIncidents } from "#store/incidents.ts";
import type { Conclusion } from "./conclusion.ts";

/** A concluded check on its way to the database, with its trace where that is worth keeping. */
export interface Finished {
  readonly conclusion: Conclusion;
  readonly trace: Trace | null;
}

/** Gathers concluded checks and writes them together; each `add` resolves once its check is written. */
export interface CheckWriter {
  readonly add: (finished: Finished) => Promise<void>;
  /** Resolves when everything added is written. */
  readonly flush: () => Promise<void>;
}

const GATHER_MS = 150;
const MAX_BATCH = 200;
const ANNOUNCE_MS = 2_000;
const RETRY_MS = 1_000;

/**
 * While the database is away, what is finished waits here (it is bounded by the checks that may run at
 * once). A check that cannot be written for another reason is dropped alone, and its claim lapses.
 */
export function createCheckWriter(deps: {
  db: Database;
  changes: Changes;
  nodeId: string;
  saveTrace: (trace: Trace) => Promise<void>;
  onOpened: (kind: string) => void;
  onError: (error: unknown) => void;
  /** Gives up on an absent database when we are shutting down. */
  isStopping: () => boolean;
  gatherMs?: number;
}): CheckWriter {
  const { db, changes, nodeId } = deps;
  const gatherMs = deps.gatherMs ?? GATHER_MS;
  let waiting: { finished: Finished; done: () => void }[] = [];
  let writing: Promise<void> | null = null;
  let announcedAt = Number.NEGATIVE_INFINITY;
  let lateAnnouncement: NodeJS.Timeout | null = null;

  async function drain(): Promise<void> {
    try {
      if (waiting.length < MAX_BATCH && !deps.isStopping()) await pause(gatherMs);
      while (waiting.length > 0) {
        const batch = waiting.slice(0, MAX_BATCH);
        waiting = waiting.slice(MAX_BATCH);
        await writeOrSplit(batch.map(({ finished }) => finished));
        for (const { done } of batch) done();
      }
    } finally {
      writing = null;
    }
  }

  async function writeOrSplit(batch: readonly Finished[]): Promise<void> {
    for (;;) {
      try {
        return await write(batch);
      } catch (error) {
        deps.onError(error);
        if (isUnavailable(error)) {
          if (deps.isStopping()) return;
          await pause(RETRY_MS);
          continue;
        }
        if (batch.length <= 1) return;
        for (const one of batch) await writeOrSplit([one]);
        return;
      }
    }
  }

  async function write(batch: readonly Finished[]): Promise<void> {
    for (const { conclusion, trace } of batch)
      if (conclusion.keepsTrace && trace !== null) await deps.saveTrace(trace);
    const opened = await db.transaction(async (tx) => {
      const written = new Set(
        await writeChecks(
          tx,
          nodeId,
          batch.map(({ conclusion }) => conclusion.record),
        ),
      );
      const counted = batch
        .map(({ conclusion }) => conclusion)
        .filter(({ record }) => written.has(record.peerId));
      const closed = await closeIncidents(
        tx,
        counted.flatMap(({ closings }) => closings),
      );
      const rows = await openIncidents(
        tx,
        counted.flatMap(({ openings }) => openings),
      );
      if (closed > 0 || rows.length > 0) await changes.emit(tx, "incidents");
      const isNews = counted.some(({ change }) => change !== null);
      if (counted.length > 0) await announce(isNews, () => changes.emit(tx, "checks"));
      return rows;
    });
    for (const { kind } of opened) deps.onOpened(kind);
  }

  /** Tells of plain results at most every two seconds, of a change of state at once. */
  async function announce(isNews: boolean, emit: () => Promise<void>): Promise<void> {
    const now = performance.now();
    if (isNews || now - announcedAt >= ANNOUNCE_MS) {
      announcedAt = now;
      if (lateAnnouncement !== null) clearTimeout(lateAnnouncement);
      lateAnnouncement = null;
      return emit();
    }
    if (lateAnnouncement !== null || deps.isStopping()) return;
    lateAnnouncement = setTimeout(() => {
      lateAnnouncement = null;
      announcedAt = performance.now();
      changes.emit(db, "checks").catch(deps.onError);
    }, ANNOUNCE_MS);
    lateAnnouncement.unref();
  }

  return {
    add: (finished) =>
      new Promise((resolve) => {
        waiting.push({ finished, done: resolve });
        writing ??= drain();
      }),
    async flush() {
      while (writing !== null) await writing;
      if (lateAnnouncement !== null) clearTimeout(lateAnnouncement);
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
