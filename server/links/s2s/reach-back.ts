import type { Finding } from "#contract/traces.ts";
import type { Domain } from "#protocol/xmpp/address.ts";
import type { IncomingStream } from "./incoming-stream.ts";
import { type LoginDeps, openAndLogIn } from "./login.ts";
import type { Proofs } from "./proofs.ts";
import type { StreamView } from "./stream-view.ts";

/** Whether a remote domain opens a stream to us, and what that one is like. */
export interface ReachBack {
  /** The stream that they opened (or had open) to us; null: none came in time. */
  readonly stream: StreamView | null;
  /** Whether it was there already when we asked. */
  readonly wasOpen: boolean;
  /** Milliseconds from our question to their stream; null when none came. */
  readonly afterMs: number | null;
}

/** Asks whether peers reach us: a ping over a stream without a way back, whose answer needs one of theirs. */
export interface ReachBackCheck {
  readonly ask: (local: Domain, remote: Domain, timeoutMs: number) => Promise<ReachBack | Finding>;
  /** To be told of each pair that a peer has proved on a stream that it opened. */
  readonly arrived: Arrivals["arrived"];
}

export function createReachBack(
  deps: LoginDeps & {
    readonly proofs: Pick<Proofs, "ask">;
    readonly incoming: () => Iterable<IncomingStream>;
  },
): ReachBackCheck {
  const arrivals = createArrivals();
  return {
    arrived: arrivals.arrived,
    async ask(local, remote, timeoutMs) {
      const open = [...deps.incoming()].find(
        (one) =>
          one.standing() === "open" &&
          one.pairs().some((pair) => pair.local === local && pair.remote === remote),
      );
      if (open !== undefined) return { stream: open.view(), wasOpen: true, afterMs: null };
      const signal = AbortSignal.timeout(timeoutMs);
      const startedAt = performance.now();
      const arrival = arrivals.wait(local, remote, timeoutMs);
      const stream = await openAndLogIn({ local, remote, signal, isOneWay: true }, deps);
      if (!("send" in stream)) return stream.finding;
      const ping = deps.proofs.ask(local, remote, () => {});
      stream.send(ping.stanza, ping.xml);
      const view = await arrival;
      const afterMs = view === null ? null : performance.now() - startedAt;
      stream.close();
      // The stream has come, its answer is still on the way.
      setTimeout(ping.forget, timeoutMs).unref();
      return { stream: view, wasOpen: false, afterMs };
    },
  };
}

/** Those who wait for a peer to prove itself on a stream that it opens. */
interface Arrivals {
  readonly arrived: (local: Domain, remote: Domain, view: () => StreamView) => void;
  readonly wait: (local: Domain, remote: Domain, timeoutMs: number) => Promise<StreamView | null>;
}

function createArrivals(): Arrivals {
  const waiting = new Map<string, Set<(view: StreamView) => void>>();
  return {
    arrived(local, remote, view) {
      const those = waiting.get(`${local} ${remote}`);
      if (those === undefined) return;
      waiting.delete(`${local} ${remote}`);
      for (const tell of those) tell(view());
    },
    wait: (local, remote, timeoutMs) =>
      new Promise((resolve) => {
        const key = `${local} ${remote}`;
        const those = waiting.get(key) ?? new Set();
        waiting.set(key, those);
        const finish = (view: StreamView | null) => {
          clearTimeout(timer);
          those.delete(tell);
          if (those.size === 0 && waiting.get(key) === those) waiting.delete(key);
          resolve(view);
        };
        const tell = (view: StreamView) => finish(view);
        const timer = setTimeout(() => finish(null), timeoutMs);
        those.add(tell);
      }),
  };
}
