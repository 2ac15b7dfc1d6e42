import { z } from "zod";
import { listQuery } from "#contract/paging.ts";
import { auditPage } from "#contract/people.ts";
import { listAudit } from "#store/audit.ts";
import type { Database } from "#store/database.ts";
import type { App } from "../app-types.ts";

/** The audit log, newest first. */
export function auditRoutes(app: App, deps: { db: Database }): void {
  app.get(
    "/api/v1/audit",
    {
      config: { role: "auditor" },
      schema: {
        tags: ["audit"],
        querystring: listQuery.extend({ resource: z.string().max(40).optional() }),
        response: { 200: auditPage },
      },
    },
    async (request) => {
      const { q, resource, cursor, limit } = request.query;
      const beforeId = cursor === undefined ? undefined : Number(cursor);
      const { rows, hasMore, total } = await listAudit(deps.db, {
        limit,
        ...(q === undefined ? {} : { q }),
        ...(resource === undefined ? {} : { resource }),
        ...(Number.isSafeInteger(beforeId) ? { beforeId: beforeId as number } : {}),
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
