import { setMaxListeners } from "node:events";
import type { Reading, Trace } from "#contract/traces.ts";
import { isUnavailable } from "#store/availability.ts";
import type { Changes } from "#store/changes.ts";
import {
  claimDueChecks,
  type ClaimedCheck,
  deleteOldSamples,
  releaseClaims,
} from "#store/checks.ts";
import type { Database } from "#store/database.ts";
import { deleteOldIncidents } from "#store/incidents.ts";
import { findNextDue, hurryChecks, hurryOthers, pullBackChecks } from "#store/watching.ts";
import type { JudgeDates } from "./certificate-watch.ts";
import { type CheckWriter, createCheckWriter } from "./check-writer.ts";
import { concludeCheck } from "./conclusion.ts";
import { finding, type Judgement, judge } from "./health.ts";
import type { CheckMetrics } from "./metrics.ts";
import { crossingOf, type Observation, observe, type PingOutcome } from "./observation.ts";
import { createOwnWatch, type OwnWatch } from "./own-watch.ts";
import type { OwnSide } from "./own-side.ts";
import type { AskOutside } from "./outside-probe.ts";
import type { Pinger } from "./ping.ts";

/** What checks need of the resolver: see resolver/traces.ts. */
export interface CheckTracer {
  /** Traces afresh without storing; resolves with a finished trace, also when cut short by `signal`. */
  readonly run: (input: {
    domain: string;
    reading: Reading;
    fresh: true;
    /** Of a peer that is reached by agreement only whether the link works: slow lines are spared the rest. */
    isBrief: boolean;
    trigger: "check";
    requestedBy: null;
    signal: AbortSignal;
  }) => Promise<Trace>;
  /** Stores a trace that is worth keeping; storing it twice does no harm. */
  readonly save: (trace: Trace) => Promise<void>;
}

/** Checks every enabled trusted peer on its interval, each by one appliance at a time. */
export interface Checks {
  readonly start: () => Promise<void>;
  /** Ends what is under way without counting it; another appliance, or the next start, takes it up. */
  readonly stop: () => Promise<void>;
  /** Makes a peer's check due now; false when it is not watched. */
  readonly checkNow: (peerId: string) => Promise<boolean>;
  /** One round of the loop: starts what is due. Resolves with how many were started. */
  readonly startDue: () => Promise<number>;
  /** Resolves when nothing is under way and all is written. */
  readonly settled: () => Promise<void>;
}

export interface CheckDeps {
  readonly db: Database;
  readonly changes: Changes;
  readonly nodeId: string;
  readonly now: () => Date;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly tracer: CheckTracer;
  readonly ping: Pinger;
  readonly askOutside: AskOutside;
  readonly judgeDates: JudgeDates;
  readonly metrics: CheckMetrics;
  readonly onError: (error: unknown, context: string) => void;
  readonly maxAtOnce?: number;
  /** How long finished checks gather before they are written together. */
  readonly gatherMs?: number;
}

/** A trace and its ping end by themselves before this, and this before the claim: nothing runs twice. */
const DEADLINE_MS = 90_000;
const CLAIM_MS = 150_000;
/** What a tracer or ping may take to end once it was told to. */
const ABORT_MS = 3_000;
const CLAIM_AT_ONCE = 100;
const MAX_AT_ONCE = 400;
const LOOK_EVERY_MS = 5_000;
const POLL_MS = 1_000;
/** What becomes due within this time is claimed together. */
const MIN_REST_MS = 250;
const AWAY_MS = [1_000, 2_000, 5_000];
const SWEEP_EVERY_MS = 3600_000;
const DAY_MS = 86_400_000;

export function createChecks(deps: CheckDeps): Checks {
  const { db, changes, nodeId, now, metrics } = deps;
  const maxAtOnce = deps.maxAtOnce ?? MAX_AT_ONCE;
  const stopping = new AbortController();
  const underWay = new Set<Promise<void>>();
  const ownWatch: OwnWatch = createOwnWatch({
    db,
    changes,
    nodeId,
    now,
    askOutside: deps.askOutside,
    onHeard: lookSoon,
  });
  const writer: CheckWriter = createCheckWriter({
    db,
    changes,
    nodeId,
    saveTrace: deps.tracer.save,
    onOpened: metrics.opened,
    onError: (error) => deps.onError(error, "checks: writing"),
    isStopping: () => stopping.signal.aborted,
    ...(deps.gatherMs === undefined ? {} : { gatherMs: deps.gatherMs }),
  });
  setMaxListeners(0, stopping.signal);
  let side: OwnSide = { kind: "waiting" };
  let lookedAt = Number.NEGATIVE_INFINITY;
  let sweptAt = Number.NEGATIVE_INFINITY;
  let turnedAt = Infinity;
  let hurriedOthersAt = Number.NEGATIVE_INFINITY;
  let awayFor = 0;
  let loop: Promise<void> | null = null;
  let isWoken = false;
  let endRest: () => void = () => undefined;
  let unsubscribe: (() => void) | null = null;

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      let restMs = POLL_MS;
      try {
        restMs = await round();
        if (awayFor > 0) metrics.paused(false);
        awayFor = 0;
      } catch (error) {
        // Told once: an absent database says the same every second.
        if (awayFor === 0 || !isUnavailable(error)) deps.onError(error, "checks: claiming");
        restMs = AWAY_MS[Math.min(awayFor, AWAY_MS.length - 1)] ?? POLL_MS;
        awayFor += 1;
        metrics.paused(true);
      }
      await rest(restMs);
    }
  }

  /** One turn: our own side, what is due, the hourly sweep; returns how long to rest. */
  async function round(): Promise<number> {
    // At the first turn, too: the clock may have been put back while nobody was there.
    if (now().getTime() < turnedAt) {
      await pullBackChecks(db, now(), CLAIM_MS);
      sweptAt = Math.min(sweptAt, now().getTime());
    }
    turnedAt = now().getTime();
    const started = await startDue();
    if (now().getTime() - sweptAt >= SWEEP_EVERY_MS) {
      sweptAt = now().getTime();
      await sweep();
    }
    if (side.kind !== "able" || underWay.size >= maxAtOnce) return POLL_MS;
    if (started >= CLAIM_AT_ONCE) return 0;
    const next = await findNextDue(db, now());
    const untilNext = next === null ? POLL_MS : next.getTime() - now().getTime();
    return Math.min(POLL_MS, Math.max(untilNext, MIN_REST_MS));
  }

  async function rest(ms: number): Promise<void> {
    if (ms > 0 && !isWoken)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        endRest = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    isWoken = false;
  }

  function lookSoon(): void {
    lookedAt = Number.NEGATIVE_INFINITY;
    wake();
  }

  function wake(): void {
    isWoken = true;
    endRest();
  }

  async function startDue(): Promise<number> {
    if (now().getTime() - lookedAt >= LOOK_EVERY_MS) {
      side = await ownWatch.look();
      lookedAt = now().getTime();
    }
    if (side.kind !== "able" || stopping.signal.aborted) return 0;
    const limit = Math.min(maxAtOnce - underWay.size, CLAIM_AT_ONCE);
    if (limit <= 0) return 0;
    const startedAt = now();
    const claims = await claimDueChecks(db, {
      nodeId,
      now: startedAt,
      until: new Date(startedAt.getTime() + CLAIM_MS),
      limit,
    });
    for (const claim of claims) {
      const latenessMs = startedAt.getTime() - (claim.health.nextCheckAt?.getTime() ?? 0);
      metrics.started(latenessMs / 1_000, underWay.size + 1);
      const work = check(claim, startedAt).finally(() => {
        underWay.delete(work);
        metrics.ended(underWay.size);
        if (underWay.size === maxAtOnce - 1) wake();
      });
      underWay.add(work);
    }
    return claims.length;
  }

  async function check(claim: ClaimedCheck, startedAt: Date): Promise<void> {
    const begun = performance.now();
    const { seen, trace, judgement: own } = await look(claim);
    if (stopping.signal.aborted) return;
    const evidence = seen?.evidence ?? "neutral";
    const wasHeard = claim.health.failuresInRow === 0;
    const heard = ownWatch.hear({ peerId: claim.peer.id, evidence, wasHeard });
    const judgement: Judgement =
      heard.isCutOff && own.kind !== "good" ? { kind: "unknown", cause: ownWatch.cause() } : own;
    if (heard.isNews) lookSoon();
    const isHeld = heard.isSuspect && judgement.kind === "failed";
    if (isHeld) askOthers(claim.peer.id);
    const conclusion = concludeCheck(claim, judgement, seen, {
      startedAt,
      now: now(),
      traceId: trace?.id ?? null,
      isSuspect: heard.isSuspect,
      judgeDates: deps.judgeDates,
      random: deps.random(),
    });
    metrics.finished(conclusion.record.sample, (performance.now() - begun) / 1_000);
    await writer.add({ conclusion, trace: conclusion.keepsTrace ? trace : null });
  }

  async function look({ peer }: ClaimedCheck): Promise<Looked> {
    const { domain, reading, expects } = peer;
    try {
      return await within(DEADLINE_MS, stopping.signal, async (signal) => {
        const input = { domain, reading, trigger: "check", requestedBy: null, signal } as const;
        const isBrief = expects === "xmpp";
        const trace = await deps.tracer.run({ ...input, fresh: true, isBrief });
        const ping = await pingAfter(trace, expects, signal);
        const seen = observe(trace, ping);
        return { seen, trace, judgement: judge(domain, expects, seen) };
      });
    } catch (error) {
      if (!stopping.signal.aborted) deps.onError(error, `checks: ${domain}`);
      const cause = finding("health.unexplained", "us", { domain });
      return { seen: null, trace: null, judgement: { kind: "unknown", cause } };
    }
  }

  async function pingAfter(
    trace: Trace,
    expects: "xmpp" | "wave",
    signal: AbortSignal,
  ): Promise<PingOutcome> {
    // The ping that the trace sent across a link by agreement is the same again.
    const crossed = expects === "xmpp" ? crossingOf(trace) : null;
    if (crossed !== null) return { kind: "answered", roundTripMs: crossed.roundTripMs };
    // Nobody is there to answer, and our XMPP server would only be sent to try as well.
    const isThere = trace.xmpp === "reachable" || trace.xmpp === "warning" || trace.jid !== null;
    if (!isThere) return { kind: "not_sent", code: "unreachable" };
    if (side.kind !== "able" || !side.hasLink) return { kind: "not_sent", code: "link.none" };
    return deps.ping({ domain: trace.domain, jid: trace.jid, expects }, signal);
  }

  /** Before a failure is believed that may be ours: others are looked at, at most every 20 s. */
  function askOthers(peerId: string): void {
    if (now().getTime() - hurriedOthersAt < 20_000) return;
    hurriedOthersAt = now().getTime();
    hurryOthers(db, { exceptIds: [peerId], count: 10, now: now() })
      .then(() => wake())
      .catch((error: unknown) => deps.onError(error, "checks: asking others"));
  }

  async function sweep(): Promise<void> {
    const at = now().getTime();
    await deleteOldSamples(db, {
      hour: new Date(at - 14 * DAY_MS),
      day: new Date(at - 400 * DAY_MS),
    });
    await deleteOldIncidents(db, new Date(at - 400 * DAY_MS));
  }

  return {
    startDue,
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay);
      await writer.flush();
    },
    async start() {
      // What this appliance had begun before it was killed is nobody's now.
      await releaseClaims(db, nodeId);
      unsubscribe = changes.on((resource) => {
        if (/^(\*|links|connections)(\/|$)/.test(resource)) lookedAt = Number.NEGATIVE_INFINITY;
        if (/^(\*|peers|links)(\/|$)/.test(resource)) wake();
      });
      loop = run();
    },
    async stop() {
      stopping.abort();
      unsubscribe?.();
      wake();
      await loop;
      await Promise.all(underWay);
      await writer.flush();
      await releaseClaims(db, nodeId).catch((error: unknown) =>
        deps.onError(error, "checks: stopping"),
      );
    },
    async checkNow(peerId) {
      const isWatched = await hurryChecks(db, [peerId], now());
      wake();
      return isWatched;
    },
  };
}

interface Looked {
  readonly seen: Observation | null;
  readonly trace: Trace | null;
  readonly judgement: Judgement;
}

/** Aborts `work` after its time or when `outer` does, and rejects soon after if it goes on all the same. */
async function within<T>(
  ms: number,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const inner = new AbortController();
  const overdue = Promise.withResolvers<never>();
  let lastCall: NodeJS.Timeout | null = null;
  const abort = () => {
    inner.abort();
    const error = new Error("the check did not end in time");
    lastCall ??= setTimeout(() => overdue.reject(error), ABORT_MS);
  };
  const timer = setTimeout(abort, ms);
  outer.addEventListener("abort", abort, { once: true });
  if (outer.aborted) abort();
  try {
    return await Promise.race([work(inner.signal), overdue.promise]);
  } finally {
    clearTimeout(timer);
    if (lastCall !== null) clearTimeout(lastCall);
    outer.removeEventListener("abort", abort);
  }
}
