import type { Finding } from "#contract/traces.ts";
import type { Changes } from "#store/changes.ts";
import {
  addTraffic,
  type ConnectionEvent,
  insertEvents,
  lapseConnections,
  pruneConnections,
  renewConnections,
  type StateChange,
  takeConnections,
  writeStates,
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
  /** A claim to be `domain` was not believed: told once in a while for each cause, since anybody may claim anything. */
  readonly claimRejected: (linkId: string, domain: string, finding: Finding) => void;
  /** The link is about to be ours: what was remembered of its domains is idle until they are heard of. */
  readonly linkTaken: (linkId: string) => Promise<void>;
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
const MAX_WAITING = 20_000;
const MAX_FAILING = 5_000;
/** How much goes into one transaction. */
const BATCH = 500;
/** So many rejected claims are told in so much time, each once. */
const MAX_REJECTED = 200;
const REJECTED_MS = 10 * 60_000;

/**
 * Keeps the live rows of connections: state changes at once and in order, counters every two seconds
 * in one statement, never per stanza. While the database is away the newest states wait; counts are
 * kept and added later.
 */
export function createLedger(deps: LedgerDeps): Ledger {
  const { db, changes, nodeId, traffic, now, onError } = deps;
  /** The newest state of each connection, and what history is to be told, in order. */
  const states = new Map<string, StateChange>();
  let events: ConnectionEvent[] = [];
  /** What history last said of a link, to leave out attempts that fail like the one before. */
  const lastTold = new Map<string, string>();
  const lastState = new Map<string, string>();
  const failing = new Set<string>();
  const rejected = new Set<string>();
  let rejectedSince = 0;
  let writing: Promise<void> | null = null;
  let isStopped = false;
  let flushTimer: NodeJS.Timeout | null = null;
  let pruneTimer: NodeJS.Timeout | null = null;

  const leaseUntil = () => new Date(now().getTime() + deps.leaseMs);

  function put(change: StateChange, event: { from: string | null } | null): void {
    const { linkId, remoteDomain, state, since, lastError } = change;
    const key = `${linkId} ${remoteDomain}`;
    states.delete(key);
    states.set(key, change);
    // A database that is away for long costs history, not memory.
    const [oldest] = states.keys();
    if (states.size > MAX_WAITING && oldest !== undefined) states.delete(oldest);
    if (event === null) return writeSoon();
    const { from } = event;
    const told = { linkId, remoteDomain, nodeId, at: since, toState: state, detail: lastError };
    tell({ ...told, fromState: from });
  }

  function tell(event: ConnectionEvent): void {
    events.push(event);
    if (events.length > MAX_WAITING) events = events.slice(-MAX_WAITING / 2);
    writeSoon();
  }

  function writeSoon(): void {
    writing ??= write().finally(() => (writing = null));
  }

  /** What came while the last transaction was under way goes into the next one, together. */
  async function write(): Promise<void> {
    while (states.size + events.length > 0) {
      const someStates = [...states].slice(0, BATCH);
      const someEvents = events.slice(0, BATCH);
      try {
        await writeBatch(
          someStates.map(([, change]) => change),
          someEvents,
        );
      } catch (error) {
        onError(error);
        if (isStopped) return;
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        continue;
      }
      for (const [key, change] of someStates) if (states.get(key) === change) states.delete(key);
      const written = new Set(someEvents);
      events = events.filter((event) => !written.has(event));
    }
  }

  async function writeBatch(
    changed: readonly StateChange[],
    told: readonly ConnectionEvent[],
  ): Promise<void> {
    await db.transaction(async (tx) => {
      await writeStates(tx, changed);
      await insertEvents(tx, told, leaseUntil());
      await changes.emit(tx, "connections");
      if (changed.some(({ remoteDomain }) => remoteDomain === "")) await changes.emit(tx, "links");
    });
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

  function claimRejected(linkId: string, remoteDomain: string, finding: Finding): void {
    const at = now();
    if (at.getTime() - rejectedSince >= REJECTED_MS) {
      rejectedSince = at.getTime();
      rejected.clear();
    }
    const { code, params } = finding;
    const story = JSON.stringify([linkId, remoteDomain, code, params["reason"]]);
    if (rejected.has(story) || rejected.size >= MAX_REJECTED) return;
    rejected.add(story);
    const told = { linkId, remoteDomain, nodeId, at, fromState: null, toState: "rejected" };
    tell({ ...told, detail: finding });
  }

  /** What was told of the domains of a link. */
  function forgetDomains(linkId: string): void {
    for (const those of [lastTold, lastState, failing])
      for (const key of those.keys()) if (key.startsWith(`${linkId} `)) those.delete(key);
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
    claimRejected,
    async linkTaken(linkId) {
      forgetDomains(linkId);
      await writing;
      await takeConnections(db, { linkId, nodeId, now: now(), leaseUntil: leaseUntil() });
      await changes.emit(db, "connections");
    },
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
