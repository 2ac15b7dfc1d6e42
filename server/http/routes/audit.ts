import { z } from "zod";
import { listQuery } from "#contract/paging.ts";
import { auditPage } from "#contract/people.ts";
import { listAudit } from "#store/audit.ts";
import type { Database } from "#store/database.ts";
import type { App } from "../app-types.ts";

/** Where a page ended: the id of its last row. */
const cursor = z
  .string()
  .regex(/^\d{1,15}$/, "is no cursor of this list")
  .transform(Number);

/** The audit log, newest first: it has no other order. */
export function auditRoutes(app: App, deps: { db: Database }): void {
  app.get(
    "/api/v1/audit",
    {
      config: { role: "auditor" },
      schema: {
        tags: ["audit"],
        querystring: listQuery.extend({
          resource: z.string().max(40).optional(),
          sort: z.literal("-at").optional(),
          cursor: cursor.optional(),
        }),
        response: { 200: auditPage },
      },
    },
    async (request) => {
      const { q, resource, cursor: beforeId, limit } = request.query;
      const { rows, hasMore, total } = await listAudit(deps.db, {
        limit,
        ...(q === undefined ? {} : { q }),
        ...(resource === undefined ? {} : { resource }),
        ...(beforeId === undefined ? {} : { beforeId }),
      });
      const last = rows.at(-1);
      return {
        items: rows.map((row) => ({ ...row, at: row.at.toISOString() })),
        next: hasMore && last !== undefined ? String(last.id) : null,
        total,
      };
    },
  );
}
