import { networkOf } from "#links/network-of.ts";
import type { X2xLimits } from "./terms.ts";

/** How long a connection may take, in milliseconds: for its first byte, and in all until it is identified. */
export interface WaitingTimes {
  readonly firstByteMs: number;
  readonly allMs: number;
}

interface Waiting {
  readonly remoteAddress?: string | undefined;
  readonly destroy: () => unknown;
}

/** The places of one port for connections that are not identified yet. */
export interface WaitingPlaces {
  /** Null: there is no place; the caller drops the connection. */
  readonly take: (socket: Waiting) => WaitingTimes | null;
  /** False: it had to make room for another. */
  readonly has: (socket: Waiting) => boolean;
  readonly leave: (socket: Waiting) => void;
}

/** Once half of the places are taken: enough for a handshake at 2400 bit/s, whose first bytes come at once. */
const CROWDED: WaitingTimes = { firstByteMs: 5_000, allMs: 20_000 };

/**
 * Nobody keeps the peer out: a network has so many places, and when all are taken a network that has fewer gets the oldest
 * of the one that has most.
 */
export function createWaitingPlaces({
  maxUnidentified,
  maxUnidentifiedOfOne,
  connectMs,
}: Pick<X2xLimits, "maxUnidentified" | "maxUnidentifiedOfOne" | "connectMs">): WaitingPlaces {
  /** By network, the oldest first. */
  const networks = new Map<string, Set<Waiting>>();
  const networkBy = new Map<Waiting, string>();

  function leave(socket: Waiting): void {
    const network = networkBy.get(socket) ?? "";
    networkBy.delete(socket);
    const others = networks.get(network);
    others?.delete(socket);
    if (others?.size === 0) networks.delete(network);
  }

  function isMakingRoom(count: number): boolean {
    let [most] = networks.values();
    for (const one of networks.values()) if (most === undefined || one.size > most.size) most = one;
    const [oldest] = most ?? [];
    if (most === undefined || oldest === undefined || most.size <= count) return false;
    leave(oldest);
    oldest.destroy();
    return true;
  }

  return {
    take(socket) {
      const network = networkOf(socket.remoteAddress ?? "");
      const count = networks.get(network)?.size ?? 0;
      if (count >= maxUnidentifiedOfOne) return null;
      if (networkBy.size >= maxUnidentified && !isMakingRoom(count)) return null;
      networkBy.set(socket, network);
      networks.set(network, new Set([...(networks.get(network) ?? []), socket]));
      const isCrowded =
        networkBy.size > maxUnidentified / 2 || count + 1 > maxUnidentifiedOfOne / 2;
      return {
        firstByteMs: Math.min(isCrowded ? CROWDED.firstByteMs : connectMs, connectMs),
        allMs: Math.min(isCrowded ? CROWDED.allMs : connectMs, connectMs),
      };
    },
    has: (socket) => networkBy.has(socket),
    leave,
  };
}
