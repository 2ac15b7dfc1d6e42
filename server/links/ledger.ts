import type { Finding } from "#contract/traces.ts";
import type { Changes } from "#store/changes.ts";
import {
  addTraffic,
  insertEvent,
  lapseConnections,
  pruneConnections,
  renewConnections,
  type StateChange,
  writeState,
} from "#store/connections.ts";
import type { Database } from "#store/database.ts";
import type { LinkStatus } from "./link.ts";
import type { RouteStatus } from "./s2s/route.ts";
import type { TrafficCounters } from "./traffic.ts";

export interface Ledger {
  /** A link's status changed: written at once, in order, and again until it is stored. */
  readonly linkChanged: (linkId: string, status: LinkStatus) => void;
  /** Whether a remote domain could be reached over a link; tells and stores changes only. */
  readonly reachabilityNoted: (
    linkId: string,
    domain: string,
    error: { condition: string; text: string | null } | null,
  ) => void;
  /** The state of our own route to a remote domain: written at once; attempts that fail alike make one event. */
  readonly routeChanged: (linkId: string, domain: string, status: RouteStatus) => void;
  /** The link is no longer ours. */
  readonly linkReleased: (linkId: string) => Promise<void>;
  readonly renew: (linkIds: readonly string[]) => Promise<void>;
  readonly start: () => Promise<void>;
  /** Writes what there is, once more, and lets go of all rows. */
  readonly stop: () => Promise<void>;
}

export interface LedgerDeps {
  readonly db: Database;
  readonly changes: Changes;
  readonly nodeId: string;
  readonly traffic: TrafficCounters;
  readonly now: () => Date;
  readonly onError: (error: unknown) => void;
  readonly leaseMs: number;
  readonly flushMs?: number;
}

const IDLE_MS = 10 * 60_000;
const KEEP_MS = 90 * 24 * 3600_000;
const PRUNE_MS = 3600_000;
const MAX_WAITING = 500;
const MAX_FAILING = 5_000;

/**
 * Keeps the live rows of connections: state changes at once and in order, counters every two seconds
 * in one statement, never per stanza. While the database is away the newest states wait; counts are
 * kept and added later.
 */
export function createLedger(deps: LedgerDeps): Ledger {
  const { db, changes, nodeId, traffic, now, onError } = deps;
  const waiting: { change: StateChange; event: { from: string | null } | null }[] = [];
  /** What history last said of a link, to leave out attempts that fail like the one before. */
  const lastTold = new Map<string, string>();
  const lastState = new Map<string, string>();
  const failing = new Set<string>();
  let writing: Promise<void> | null = null;
  let isStopped = false;
  let flushTimer: NodeJS.Timeout | null = null;
  let pruneTimer: NodeJS.Timeout | null = null;

  const leaseUntil = () => new Date(now().getTime() + deps.leaseMs);

  function put(change: StateChange, event: { from: string | null } | null): void {
    waiting.push({ change, event });
    // A database that is away for long costs history, not memory.
    if (waiting.length > MAX_WAITING) waiting.shift();
    writing ??= write().finally(() => (writing = null));
  }

  async function write(): Promise<void> {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      const { change, event } = next;
      try {
        await db.transaction(async (tx) => {
          if (!(await writeState(tx, change))) return;
          if (event !== null)
            await insertEvent(tx, {
              linkId: change.linkId,
              remoteDomain: change.remoteDomain,
              nodeId,
              at: change.since,
              fromState: event.from,
              toState: change.state,
              detail: change.lastError,
            });
          await changes.emit(tx, "connections");
          if (change.remoteDomain === "") await changes.emit(tx, "links");
        });
        if (waiting[0] === next) waiting.shift();
      } catch (error) {
        onError(error);
        if (isStopped) return;
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      }
    }
  }

  function linkChanged(linkId: string, status: LinkStatus): void {
    const { state, since, lastError, attempts, nextAttemptAt } = status;
    const from = lastState.get(linkId) ?? null;
    lastState.set(linkId, state);
    const story = `${state} ${state === "waiting" ? (lastError?.code ?? "") : ""}`;
    const isNews = state !== "connecting" && lastTold.get(linkId) !== story;
    if (isNews) lastTold.set(linkId, story);
    put(
      {
        linkId,
        remoteDomain: "",
        nodeId,
        state,
        since,
        leaseUntil: leaseUntil(),
        lastError,
        attempts,
        nextAttemptAt,
      },
      isNews ? { from } : null,
    );
  }

  function reachabilityNoted(
    linkId: string,
    domain: string,
    error: { condition: string; text: string | null } | null,
  ): void {
    const key = `${linkId} ${domain}`;
    if (failing.has(key) === (error !== null)) return;
    if (error === null) failing.delete(key);
    else if (failing.size < MAX_FAILING) failing.add(key);
    else return;
    const finding: Finding | null =
      error === null
        ? null
        : {
            code: "link.bounced",
            params: { domain, condition: error.condition, text: error.text },
            owner: "peer",
            severity: "error",
          };
    put(
      {
        linkId,
        remoteDomain: domain,
        nodeId,
        state: error === null ? "active" : "failing",
        since: now(),
        leaseUntil: leaseUntil(),
        lastError: finding,
        attempts: 0,
        nextAttemptAt: null,
      },
      { from: error === null ? "failing" : null },
    );
  }

  function routeChanged(linkId: string, domain: string, status: RouteStatus): void {
    const key = `${linkId} ${domain}`;
    const state = status.state === "open" ? "active" : status.state;
    const from = lastState.get(key) ?? null;
    const story = `${state} ${status.lastError?.code ?? ""}`;
    const isNews = state !== "connecting" && lastTold.get(key) !== story;
    if (state === "idle") {
      lastState.delete(key);
      lastTold.delete(key);
    } else {
      lastState.set(key, state);
      if (isNews) lastTold.set(key, story);
    }
    put(
      {
        linkId,
        remoteDomain: domain,
        nodeId,
        state,
        since: status.since,
        leaseUntil: leaseUntil(),
        lastError: state === "active" ? null : status.lastError,
        attempts: status.attempts,
        nextAttemptAt: status.nextAttemptAt,
      },
      isNews ? { from } : null,
    );
  }

  async function flush(): Promise<void> {
    const counts = traffic.take();
    if (counts.length === 0) return;
    try {
      await addTraffic(db, counts, { nodeId, now: now(), leaseUntil: leaseUntil() });
      await changes.emit(db, "connections");
    } catch (error) {
      traffic.giveBack(counts);
      throw error;
    }
  }

  function scheduleFlush(): void {
    flushTimer = setTimeout(() => {
      flush()
        .catch(onError)
        .finally(() => {
          if (!isStopped) scheduleFlush();
        });
    }, deps.flushMs ?? 2_000);
  }

  return {
    linkChanged,
    routeChanged,
    reachabilityNoted,
    async linkReleased(linkId) {
      lastTold.delete(linkId);
      lastState.delete(linkId);
      await writing;
      await lapseConnections(db, { nodeId, now: now(), linkId });
      await changes.emit(db, "connections");
    },
    async renew(linkIds) {
      const idleSince = new Date(now().getTime() - IDLE_MS);
      await renewConnections(db, {
        nodeId,
        linkIds,
        now: now(),
        leaseUntil: leaseUntil(),
        idleSince,
      });
    },
    async start() {
      await lapseConnections(db, { nodeId, now: now() });
      scheduleFlush();
      const prune = () =>
        void pruneConnections(db, new Date(now().getTime() - KEEP_MS))
          .then(traffic.readmit)
          .catch(onError);
      pruneTimer = setInterval(prune, PRUNE_MS);
      pruneTimer.unref();
    },
    async stop() {
      isStopped = true;
      if (flushTimer !== null) clearTimeout(flushTimer);
      if (pruneTimer !== null) clearInterval(pruneTimer);
      await writing;
      await flush().catch(onError);
      await lapseConnections(db, { nodeId, now: now() }).catch(onError);
    },
  };
}
