import type { Socket } from "node:net";
import type { TLSSocketOptions } from "node:tls";
import type { Finding } from "#contract/traces.ts";
import { s2sFinding } from "./findings.ts";
import { createListener, type ListenAddress, type Listener } from "./listener.ts";

/** All ports where other servers reach us, open while somebody needs them. */
export interface Ports {
  /** Opens those that are wanted now, and closes the others. */
  readonly set: (places: readonly ListenAddress[]) => Promise<void>;
  /** Why one of them cannot be opened; null: all are, or are about to be. */
  readonly fault: () => Finding | null;
}

export function createPorts(deps: {
  readonly tls: () => TLSSocketOptions | null;
  readonly admit: (socket: Socket) => boolean;
  readonly accept: (socket: Socket, security: "starttls" | "direct") => void;
  readonly handshakeMs: () => number;
  readonly onChange: () => void;
}): Ports {
  let listeners: Listener[] = [];
  let open = "[]";
  let working = Promise.resolve();

  async function reopen(places: readonly ListenAddress[]): Promise<void> {
    const wanted = JSON.stringify(places);
    if (wanted === open) return;
    open = wanted;
    const old = listeners;
    listeners = [];
    await Promise.all(old.map((one) => one.stop()));
    listeners = places.map((place) => createListener(place, deps));
  }

  return {
    /** One after the other: two at once would fight over the same ports. */
    set(places) {
      working = working.then(() => reopen(places));
      return working;
    },
    fault() {
      for (const { place, fault } of listeners) {
        const errno = fault();
        const { address, port } = place;
        if (errno !== null && errno !== "starting")
          return s2sFinding("s2s.listen_failed", "us", { address, port, errno });
      }
      return null;
    },
  };
}
