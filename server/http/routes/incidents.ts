import { z } from "zod";
import { type Incident, incident, incidentListQuery, incidentPage } from "#contract/peers.ts";
import type { Changes } from "#store/changes.ts";
import type { Database } from "#store/database.ts";
import {
  acknowledgeIncident,
  closeIncidents,
  findIncident,
  type IncidentRow,
  incidentSortKey,
  listIncidents,
} from "#store/incidents.ts";
import { readCursor } from "#store/keyset.ts";
import { actorOf } from "../access.ts";
import type { App } from "../app-types.ts";
import { recordAudit } from "../audit.ts";
import { HttpProblem } from "../problem.ts";

const byId = z.object({ id: z.uuid() });
const tags = ["incidents"];

/** What went wrong, with peers and with us, and who has taken notice. */
export function incidentRoutes(
  app: App,
  deps: { db: Database; changes: Changes; now: () => Date },
): void {
  const { db, changes, now } = deps;

  app.get(
    "/api/v1/incidents",
    {
      config: { role: "auditor" },
      schema: { tags, querystring: incidentListQuery, response: { 200: incidentPage } },
    },
    async (request) => {
      const { q, state, kind, peer, cursor, limit } = request.query;
      const sort = request.query.sort ?? "-opened";
      const key = incidentSortKey(sort);
      const after = cursor === undefined || key === null ? null : readCursor(cursor, sort, key);
      if (key === null) throw badQuery("sort", "is none of opened, closed, subject");
      if (cursor !== undefined && after === null)
        throw badQuery("cursor", "belongs to no page of this list");
      const page = await listIncidents(db, {
        sort,
        key,
        after,
        limit,
        ...(q === undefined ? {} : { q }),
        ...(state === undefined ? {} : { state }),
        ...(kind === undefined ? {} : { kind }),
        ...(peer === undefined ? {} : { peerId: peer }),
      });
      const items = page.rows.map((row) => toIncident(row.incident));
      return { items, next: page.next, total: page.total };
    },
  );

  app.get(
    "/api/v1/incidents/:id",
    { config: { role: "auditor" }, schema: { tags, params: byId, response: { 200: incident } } },
    async (request) => {
      const row = await findIncident(db, request.params.id);
      if (row === null) throw new HttpProblem("resource.not_found");
      return toIncident(row);
    },
  );

  app.post(
    "/api/v1/incidents/:id/acknowledge",
    { config: { role: "admin" }, schema: { tags, params: byId, response: { 200: incident } } },
    async (request) =>
      db.transaction(async (tx) => {
        const before = await findIncident(tx, request.params.id);
        if (before === null) throw new HttpProblem("resource.not_found");
        if (before.acknowledgedAt !== null) return toIncident(before);
        const { kind, subject, cause } = before;
        // Nothing ends it but a person who has seen it; what is held takes a decision, too.
        const isHeld = cause.code === "cert.held";
        if (kind === "certificate_changed" && !isHeld && before.closedAt === null)
          await closeIncidents(tx, [{ kind, subject, at: now() }]);
        const row = await acknowledgeIncident(tx, before.id, {
          by: actorOf(request).name,
          at: now(),
        });
        if (row === null) throw new HttpProblem("resource.not_found");
        await recordAudit(tx, request, {
          action: "acknowledge",
          resource: "incidents",
          resourceId: row.id,
          before: { acknowledgedBy: null },
          after: { acknowledgedBy: row.acknowledgedBy, kind, subject },
        });
        await changes.emit(tx, "incidents");
        return toIncident(row);
      }),
  );
}

function badQuery(field: string, message: string): HttpProblem {
  return new HttpProblem("request.invalid", {
    errors: [{ field: `querystring.${field}`, message }],
  });
}

/** An incident as the API shows it. */
export function toIncident(row: IncidentRow): Incident {
  return {
    ...row,
    openedAt: row.openedAt.toISOString(),
    closedAt: row.closedAt?.toISOString() ?? null,
    acknowledgedAt: row.acknowledgedAt?.toISOString() ?? null,
  };
}
