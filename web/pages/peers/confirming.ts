import type { Peer } from "#contract/peers.ts";

/** Trouble that has not changed the state yet; null where the state says all. */
export interface Confirming {
  readonly state: "up" | "degraded" | "unknown";
  /** Down for failures alone; degraded where some of the bad checks were answered. */
  readonly next: "down" | "degraded";
  readonly count: number;
  readonly limit: number;
}

/** How far a peer is from the state that its last checks point to: see docs/health.md. */
export function confirmingOf(peer: Pick<Peer, "health" | "failuresUntilDown">): Confirming | null {
  const { health, failuresUntilDown: limit } = peer;
  if (health === null || health.cause === null || health.state === "down") return null;
  const { state, failuresInRow, badInRow } = health;
  if (state === "up" && failuresInRow < badInRow)
    return { state, next: "degraded", count: badInRow, limit };
  if (failuresInRow === 0 || failuresInRow >= limit) return null;
  return { state, next: "down", count: failuresInRow, limit };
}
