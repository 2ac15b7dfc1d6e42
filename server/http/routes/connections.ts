import { z } from "zod";
import {
  type Connection,
  connectionEventPage,
  connectionListQuery,
  connectionPage,
} from "#contract/connections.ts";
import { listQuery } from "#contract/paging.ts";
import {
  connectionSort,
  findConnection,
  listConnections,
  type ListedConnection,
  listEvents,
} from "#store/connections.ts";
import type { Database } from "#store/database.ts";
import { readCursor } from "#store/keyset.ts";
import type { App } from "../app-types.ts";
import { HttpProblem } from "../problem.ts";

const byId = z.object({ id: z.uuid() });
const tags = ["connections"];

/** Live state per link and per remote domain, and its history. */
export function connectionRoutes(app: App, deps: { db: Database; now: () => Date }): void {
  const { db, now } = deps;

  app.get(
    "/api/v1/connections",
    {
      config: { role: "auditor" },
      schema: { tags, querystring: connectionListQuery, response: { 200: connectionPage } },
    },
    async (request) => {
      const { q, link, kind, state, local, remote, limit } = request.query;
      const sort = request.query.sort ?? "urgency";
      const at = now();
      const key = connectionSort(sort, at);
      if (key === null)
        throw badQuery("sort", "is none of urgency, name, state, since, activity, stanzas, bytes");
      const after =
        request.query.cursor === undefined ? null : readCursor(request.query.cursor, sort, key);
      if (request.query.cursor !== undefined && after === null)
        throw badQuery("cursor", "belongs to no page of this list");
      const filter = {
        now: at,
        ...(q === undefined ? {} : { q }),
        ...(link === undefined ? {} : { linkId: link }),
        ...(kind === undefined ? {} : { kind }),
        ...(state === undefined ? {} : { state }),
        ...(local === undefined ? {} : { local }),
        ...(remote === undefined ? {} : { remote }),
      };
      const { rows, next, total } = await listConnections(db, filter, { sort, after, limit });
      return { items: rows.map((row) => toConnection(row, at)), next, total };
    },
  );

  app.get(
    "/api/v1/connections/:id/history",
    {
      config: { role: "auditor" },
      schema: {
        tags,
        params: byId,
        querystring: listQuery.pick({ cursor: true, limit: true }),
        response: { 200: connectionEventPage },
      },
    },
    async (request) => {
      const { cursor, limit } = request.query;
      if (cursor !== undefined && !/^\d{1,15}$/.test(cursor))
        throw badQuery("cursor", "belongs to no page of this list");
      const found = await findConnection(db, request.params.id);
      if (found === null) throw new HttpProblem("resource.not_found");
      const page = { limit, ...(cursor === undefined ? {} : { beforeId: Number(cursor) }) };
      const { rows, hasMore, total } = await listEvents(db, found, page);
      return {
        items: rows.map(({ id, at, nodeId, fromState, toState, detail }) => ({
          id,
          at: at.toISOString(),
          nodeId,
          fromState,
          toState,
          detail,
        })),
        next: hasMore ? String(rows.at(-1)?.id) : null,
        total,
      };
    },
  );
}

function toConnection(
  { connection: row, told, linkName, linkKind }: ListedConnection,
  now: Date,
): Connection {
  return {
    id: row.id,
    linkId: row.linkId,
    linkName,
    linkKind,
    remoteDomain: row.remoteDomain === "" ? null : row.remoteDomain,
    nodeId: row.nodeId,
    state: told,
    since: row.since.toISOString(),
    isStale: row.leaseUntil <= now,
    stanzasIn: row.stanzasIn,
    stanzasOut: row.stanzasOut,
    bytesIn: row.bytesIn,
    bytesOut: row.bytesOut,
    dropped: row.dropped,
    lastActivityAt: row.lastActivityAt?.toISOString() ?? null,
    lastError: row.lastError,
    attempts: row.attempts,
    nextAttemptAt: row.nextAttemptAt?.toISOString() ?? null,
  };
}

function badQuery(field: string, message: string): HttpProblem {
  return new HttpProblem("request.invalid", {
    errors: [{ field: `querystring.${field}`, message }],
  });
}
