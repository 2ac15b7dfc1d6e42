import {
  checkAccepted,
  checkHistory,
  checkQuery,
  checkRequest,
  type CheckSpan,
} from "#contract/peers.ts";
import { listSamples } from "#store/checks.ts";
import type { Database } from "#store/database.ts";
import { findPeer } from "#store/peers.ts";
import type { App } from "../app-types.ts";
import { HttpProblem } from "../problem.ts";
import type { PeerServices } from "./peers.ts";

const tags = ["checks"];
const KEPT_MS = { hour: 14 * 86_400_000, day: 400 * 86_400_000 };

/** The history of a peer's checks, and a check on demand. */
export function checkRoutes(
  app: App,
  deps: Pick<PeerServices, "checks"> & { db: Database; now: () => Date },
): void {
  const { db, now } = deps;

  app.get(
    "/api/v1/checks",
    {
      config: { role: "auditor" },
      schema: { tags, querystring: checkQuery, response: { 200: checkHistory } },
    },
    async (request) => {
      const { peer: peerId, span, from } = request.query;
      if ((await findPeer(db, peerId)) === null) throw new HttpProblem("resource.not_found");
      const oldest = new Date(now().getTime() - KEPT_MS[span]);
      const rows = await listSamples(db, {
        peerId,
        span,
        from: from === undefined ? oldest : new Date(from),
      });
      return { items: rows.map(toSpan) };
    },
  );

  app.post(
    "/api/v1/checks",
    {
      config: { role: "admin" },
      schema: { tags, body: checkRequest, response: { 202: checkAccepted } },
    },
    async (request, reply) => {
      const { peerId } = request.body;
      if ((await findPeer(db, peerId)) === null) throw new HttpProblem("resource.not_found");
      if (!(await deps.checks.checkNow(peerId))) throw new HttpProblem("check.not_watched");
      return reply.status(202).send({ peerId, acceptedAt: now().toISOString() });
    },
  );
}

function toSpan(row: Awaited<ReturnType<typeof listSamples>>[number]): CheckSpan {
  const times = (sum: number, max: number, count: number) =>
    count === 0 ? null : { average: sum / count, max };
  return {
    startsAt: row.startsAt.toISOString(),
    up: row.up,
    degraded: row.degraded,
    down: row.down,
    unknown: row.unknown,
    discoverMs: times(row.discoverMsSum, row.discoverMsMax, row.discoverCount),
    pingMs: times(row.pingMsSum, row.pingMsMax, row.pingCount),
  };
}
