import type { Finding } from "#contract/traces.ts";
import type { Domain } from "#protocol/xmpp/address.ts";
import { s2sFinding } from "./findings.ts";
import { createListener, type ListenAddress, type Listener } from "./listener.ts";

/** All ports where other servers reach us, open while somebody needs them. */
export interface Ports {
  /** Opens those that are wanted now and were not, closes those that are not any more, and touches no other. */
  readonly set: (places: readonly ListenAddress[]) => Promise<void>;
  /** Why one that answers for `only`, or for all (null), cannot be opened; null: all are, or are about to be. */
  readonly fault: (only: Domain | null) => Finding | null;
}

export function createPorts(deps: Parameters<typeof createListener>[1]): Ports {
  /** By their place: two names cannot have the same one. */
  const listeners = new Map<string, Listener>();
  let working = Promise.resolve();

  async function reopen(places: readonly ListenAddress[]): Promise<void> {
    const wanted = new Map(places.map((place) => [JSON.stringify(place), place]));
    const gone = [...listeners].filter(([key]) => !wanted.has(key));
    for (const [key] of gone) listeners.delete(key);
    await Promise.all(gone.map(([, one]) => one.stop()));
    for (const [key, place] of wanted)
      if (!listeners.has(key)) listeners.set(key, createListener(place, deps));
  }

  return {
    /** One after the other: two at once would fight over the same ports. */
    set(places) {
      working = working.then(() => reopen(places));
      return working;
    },
    fault(only) {
      for (const { place, fault } of listeners.values()) {
        const errno = fault();
        const { address, port } = place;
        if (place.only === only && errno !== null && errno !== "starting")
          return s2sFinding("s2s.listen_failed", "us", { address, port, errno });
      }
      return null;
    },
  };
}
