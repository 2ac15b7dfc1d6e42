import type { Domain } from "#protocol/xmpp/address.ts";
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

/** Those who wait for a peer to prove itself on a stream that it opens. */
export interface Arrivals {
  readonly arrived: (local: Domain, remote: Domain, view: () => StreamView) => void;
  readonly wait: (local: Domain, remote: Domain, timeoutMs: number) => Promise<StreamView | null>;
}

export function createArrivals(): Arrivals {
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
