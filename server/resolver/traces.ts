import { randomUUID } from "node:crypto";
import type { ProblemCode } from "#contract/problems.ts";
import type { Reading, Trace } from "#contract/traces.ts";
import type { DiscoverState } from "#protocol/resolution/discover-state.ts";
import { fail, ok, type Result } from "#protocol/result.ts";
import { type DomainName, parseDomain } from "#protocol/xmpp/address.ts";
import type { Changes } from "#store/changes.ts";
import type { Database } from "#store/database.ts";
import { findTrace, isTracePinned } from "#store/traces.ts";
import { type Discovery, type DiscoveryDeps, startDiscovery } from "./discover.ts";
import type { Logins } from "./login.ts";
import { traceDocument, type TraceHead } from "./trace-document.ts";
import { createTraceLimits, type TraceLimits } from "./trace-limits.ts";
import type { TraceMetrics } from "./trace-metrics.ts";
import { planTrace, type TracePolicy } from "./trace-plan.ts";
import type { TraceSettings } from "./trace-settings.ts";
import { createTraceStore } from "./trace-store.ts";

export interface TraceRequest {
  readonly domain: string;
  /** Default: the peer's, else the setting. */
  readonly reading?: Reading | undefined;
  readonly fresh?: boolean | undefined;
  /** Of a domain that is reached by agreement only that is looked at, and no services. */
  readonly isBrief?: boolean | undefined;
  readonly trigger: Trace["trigger"];
  readonly requestedBy: string | null;
}

/** Why a trace does not begin. */
export type TraceProblem = { readonly code: ProblemCode } & Record<string, unknown>;

export interface TraceRunner {
  /** Begins a trace, or joins the one of the same target that is under way. */
  readonly begin: (
    request: TraceRequest,
  ) => Promise<Result<{ readonly id: string; readonly isNew: boolean }, TraceProblem>>;
  /** Live while it runs here, else as stored; null when there is none. */
  readonly find: (id: string) => Promise<Trace | null>;
  /** The finished trace; null when there is none of that id. */
  readonly wait: (id: string) => Promise<Trace | null>;
  /** Ends it and keeps what there is; false when it is not under way. */
  readonly cancel: (id: string, by: string) => Promise<boolean>;
  /** Traces without storing; cut short by `signal`. The domain must be a valid name. */
  readonly run: (request: TraceRequest & { readonly signal?: AbortSignal }) => Promise<Trace>;
  readonly save: (trace: Trace) => Promise<void>;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface TraceDeps extends Omit<DiscoveryDeps, "onFault"> {
  readonly db: Database;
  readonly changes: Changes;
  readonly policy: TracePolicy;
  readonly logins: Logins;
  readonly nodeId: string;
  readonly software: string;
  readonly settings: TraceSettings;
  readonly metrics: TraceMetrics;
  readonly onError: (error: unknown, context?: string) => void;
  readonly limits?: TraceLimits;
  readonly maxRunning?: number;
}

interface Running {
  readonly head: TraceHead;
  readonly target: string;
  readonly discovery: Discovery;
  /** Null when a bug keeps it from being shown. */
  readonly done: Promise<Trace | null>;
}

/** Browsers are told of a running trace at most this often. */
const tellEveryMs = 100;

export function createTraceRunner(deps: TraceDeps): TraceRunner {
  const { clock, changes, db, metrics, settings } = deps;
  const limits = deps.limits ?? createTraceLimits();
  const maxRunning = deps.maxRunning ?? 200;
  const store = createTraceStore(deps);
  const running = new Map<string, Running>();
  let isStopping = false;
  let unsubscribe: (() => void) | null = null;

  const onFault = (error: unknown): string => {
    const reference = randomUUID();
    deps.onError(error, `trace fault ${reference}`);
    return reference;
  };

  function launch(
    name: DomainName,
    request: TraceRequest,
    isLive: boolean,
    onChange: (head: TraceHead, state: DiscoverState) => void,
  ): { head: TraceHead; discovery: Discovery } {
    const wish = {
      input: request.domain,
      reading: request.reading,
      isFresh: request.fresh === true,
      isBrief: request.isBrief === true,
      trigger: request.trigger,
    };
    const resolvers = deps.dns.servers;
    const plan = planTrace(name, wish, { ...deps, settings: settings.current(), resolvers });
    const head: TraceHead = {
      id: randomUUID(),
      domain: plan.begin.domain,
      reading: plan.begin.reading,
      isFresh: plan.begin.isFresh,
      trigger: request.trigger,
      requestedBy: request.requestedBy,
      startedAt: new Date(clock.now()),
      software: deps.software,
      resolvers,
    };
    const discovery = startDiscovery(
      { ...deps, onFault },
      { ...plan, isLive, onChange: (state) => onChange(head, state) },
    );
    return { head, discovery };
  }

  async function begin(
    request: TraceRequest,
  ): Promise<Result<{ id: string; isNew: boolean }, TraceProblem>> {
    const name = parseDomain(request.domain, deps.primitives);
    if (!name.ok) return fail(name.problem);
    const reading = request.reading ?? deps.policy.terms(name.value.ascii)?.reading ?? null;
    const target = `${name.value.ascii} ${reading} ${request.fresh === true}`;
    await settings.read();
    const joined = [...running.values()].find(
      (entry) => entry.target === target && entry.discovery.state().lifecycle !== "ended",
    );
    if (joined !== undefined) return ok({ id: joined.head.id, isNew: false });
    if (isStopping || running.size >= maxRunning)
      return fail({ code: "trace.busy", retryAfterSeconds: 5 });
    const waitSeconds = limits.take(name.value.ascii, clock.now());
    if (waitSeconds !== null)
      return fail({
        code: "trace.rate_limited",
        domain: name.value.ascii,
        retryAfterSeconds: waitSeconds,
      });
    const entry = follow(name.value, request, target);
    try {
      await store.save(documentOf(entry.head, entry.discovery.state()));
    } catch (error) {
      entry.discovery.cancel("appliance");
      throw error;
    }
    return ok({ id: entry.head.id, isNew: true });
  }

  /** Keeps a trace visible while it runs: live by events, in the database at the ends of its steps. */
  function follow(name: DomainName, request: TraceRequest, target: string): Running {
    let tell: NodeJS.Timeout | null = null;
    let stepsLeft = 0;
    const { head, discovery } = launch(name, request, true, ({ id }, state) => {
      tell ??= setTimeout(() => {
        tell = null;
        changes.emitLocal(`traces/${id}`);
      }, tellEveryMs);
      const left = Object.keys(state.leftAt).length;
      if (left === stepsLeft || state.lifecycle === "ended") return;
      stepsLeft = left;
      store.saveSoon(id, () => documentOf(head, state));
    });
    metrics.started();
    const done = discovery.done.then(async (state) => {
      if (tell !== null) clearTimeout(tell);
      try {
        const trace = documentOf(head, state);
        metrics.ended(trace);
        await store.saveFinal(trace);
        return trace;
      } catch (error) {
        deps.onError(error, `trace ${head.id}: showing it`);
        return null;
      } finally {
        running.delete(head.id);
      }
    });
    const entry = { head, target, discovery, done };
    running.set(head.id, entry);
    return entry;
  }

  function documentOf(head: TraceHead, state: DiscoverState): Trace {
    return traceDocument(head, state, clock.now());
  }

  async function find(id: string): Promise<Trace | null> {
    const entry = running.get(id);
    const unwritten =
      entry === undefined ? store.unsaved(id) : documentOf(entry.head, entry.discovery.state());
    if (unwritten === null) return findTrace(db, id);
    return { ...unwritten, isPinned: await isTracePinned(db, id) };
  }

  async function run(request: TraceRequest & { signal?: AbortSignal }): Promise<Trace> {
    const name = parseDomain(request.domain, deps.primitives);
    if (!name.ok) throw new Error(`${name.problem.code}: ${name.problem.input}`);
    metrics.started();
    const { head, discovery } = launch(name.value, request, false, () => {});
    const onAbort = () => discovery.cancel("appliance");
    request.signal?.addEventListener("abort", onAbort);
    if (request.signal?.aborted === true) onAbort();
    const state = await discovery.done;
    request.signal?.removeEventListener("abort", onAbort);
    const trace = documentOf(head, state);
    metrics.ended(trace);
    return trace;
  }

  return {
    begin,
    find,
    async wait(id) {
      return (await running.get(id)?.done) ?? (await find(id));
    },
    async cancel(id, by) {
      const entry = running.get(id);
      if (entry !== undefined) {
        entry.discovery.cancel(by);
        await entry.done;
        return true;
      }
      const stored = await findTrace(db, id);
      if (stored?.state !== "running") return false;
      // Another appliance runs it, and hears this.
      await changes.emit(db, `${cancelPrefix}${id} ${by}`);
      return true;
    },
    run,
    save: store.save,
    async start() {
      await store.start();
      unsubscribe = changes.on((resource) => {
        if (!resource.startsWith(cancelPrefix)) return;
        const [id = "", ...by] = resource.slice(cancelPrefix.length).split(" ");
        running.get(id)?.discovery.cancel(by.join(" "));
      });
    },
    async stop() {
      isStopping = true;
      unsubscribe?.();
      const open = [...running.values()];
      for (const { discovery } of open) discovery.cancel("appliance");
      await Promise.all(open.map(({ done }) => done));
      await store.stop();
    },
  };
}

const cancelPrefix = "cancel-trace/";
