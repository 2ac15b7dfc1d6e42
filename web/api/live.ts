/** Why the page may be out of date, or that it is not. */
export type LiveState =
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  | { readonly kind: "paused" }
  | {
      readonly kind: "lost";
      readonly cause: "connection" | "database" | "unreachable";
      readonly since: number;
    };

export interface LiveDeps {
  /** Opens the event stream; returns what closes it. */
  readonly open: (handlers: StreamHandlers) => () => void;
  readonly probe: () => Promise<"ok" | "database" | "unreachable">;
  /** Refetches what shows one of these resources; `*` is everything. */
  readonly refetch: (resources: ReadonlySet<string>) => void;
  /** Runs once after a delay; returns what cancels it. */
  readonly later: (delayMs: number, run: () => void) => () => void;
  readonly random: () => number;
  readonly now: () => number;
  readonly isHidden: () => boolean;
}

export interface StreamHandlers {
  readonly onHello: () => void;
  readonly onChanged: (resource: string) => void;
  readonly onLost: () => void;
}

/** The live feed of one tab: changes come in, refetches go out, losses are told. */
export interface Live {
  readonly start: () => void;
  readonly stop: () => void;
  readonly state: () => LiveState;
  readonly subscribe: (listener: () => void) => () => void;
  /** Holds refetches back until the returned function is called; several holds add up. */
  readonly hold: () => () => void;
  readonly setPaused: (isPaused: boolean) => void;
  /** To be called when the tab is shown or the network is back. */
  readonly wake: () => void;
  /** To be called when an answer said that the database is away. */
  readonly suspectDatabase: () => void;
}

const GATHER_MS = 150;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;
const PROBE_MS = 15_000;

export function createLive(deps: LiveDeps): Live {
  const listeners = new Set<() => void>();
  const dirty = new Set<string>();
  let current: LiveState = { kind: "connecting" };
  let close: (() => void) | null = null;
  let cancelRetry: (() => void) | null = null;
  let cancelGather: (() => void) | null = null;
  let cancelProbe: (() => void) | null = null;
  let failures = 0;
  let holds = 0;
  let isPaused = false;
  let isStopped = true;
  let hasBeenLive = false;

  function become(next: LiveState): void {
    const isSame =
      current.kind === next.kind &&
      (current.kind !== "lost" || next.kind !== "lost" || current.cause === next.cause);
    if (isSame) return;
    current = next;
    for (const listener of listeners) listener();
  }

  function lose(cause: "connection" | "database" | "unreachable"): void {
    const since = current.kind === "lost" ? current.since : deps.now();
    become({ kind: "lost", cause, since });
  }

  function markDirty(resource: string): void {
    dirty.add(resource);
    gather();
  }

  // Changes that come together are refetched together; a hidden or paused tab only remembers them.
  function gather(): void {
    if (cancelGather !== null || holds > 0 || isPaused || deps.isHidden() || dirty.size === 0)
      return;
    cancelGather = deps.later(GATHER_MS, () => {
      cancelGather = null;
      if (holds > 0 || isPaused || deps.isHidden()) return;
      const resources = new Set(dirty);
      dirty.clear();
      deps.refetch(resources);
    });
  }

  function connect(): void {
    cancelRetry = null;
    if (isStopped) return;
    close = deps.open({
      onHello() {
        failures = 0;
        // What changed while nobody listened is unknown.
        if (hasBeenLive) markDirty("*");
        hasBeenLive = true;
        if (current.kind === "lost" && current.cause === "database") void look();
        else become(isPaused ? { kind: "paused" } : { kind: "live" });
      },
      onChanged: markDirty,
      onLost() {
        close?.();
        close = null;
        failures += 1;
        // The stream does not say why it was refused: a session that has ended is seen by asking for it.
        markDirty("session");
        void look();
        retry();
      },
    });
  }

  function retry(): void {
    if (cancelRetry !== null || isStopped) return;
    const ceiling = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.max(0, failures - 1));
    cancelRetry = deps.later(ceiling / 2 + (ceiling / 2) * deps.random(), connect);
  }

  async function look(): Promise<void> {
    const result = await deps.probe();
    if (isStopped) return;
    if (result !== "ok") return lose(result);
    if (close === null) return lose("connection");
    const wasLost = current.kind === "lost";
    become(isPaused ? { kind: "paused" } : { kind: "live" });
    if (wasLost) markDirty("*");
  }

  function watch(): void {
    cancelProbe = deps.later(current.kind === "lost" ? PROBE_MS / 5 : PROBE_MS, () => {
      if (isStopped) return;
      if (deps.isHidden()) watch();
      else void look().finally(watch);
    });
  }

  return {
    start() {
      isStopped = false;
      connect();
      watch();
    },
    stop() {
      isStopped = true;
      close?.();
      close = null;
      cancelRetry?.();
      cancelGather?.();
      cancelProbe?.();
      cancelRetry = cancelGather = cancelProbe = null;
    },
    state: () => current,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    hold() {
      holds += 1;
      let isHeld = true;
      return () => {
        if (!isHeld) return;
        isHeld = false;
        holds -= 1;
        gather();
      };
    },
    setPaused(next) {
      isPaused = next;
      if (current.kind !== "lost") become(next ? { kind: "paused" } : { kind: "live" });
      gather();
    },
    wake() {
      gather();
      if (close === null && !isStopped && cancelRetry !== null) {
        cancelRetry();
        connect();
      }
    },
    suspectDatabase() {
      void look();
    },
  };
}
