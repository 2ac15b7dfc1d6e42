import type { Overview } from "#contract/peers.ts";

/** The routes of traces, peers, connections, overview and status. */
export interface WatchRoutes {
  "GET /api/v1/overview": { response: Overview };
}
