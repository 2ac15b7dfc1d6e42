import { z } from "zod";
import { type Role, tokenCreated, tokenPage, tokenRequest } from "#contract/people.ts";
import type { Changes } from "#store/changes.ts";
import type { Database } from "#store/database.ts";
import { deleteToken, insertToken, listTokens } from "#store/people.ts";
import { actorOf } from "../access.ts";
import type { App } from "../app-types.ts";
import { recordAudit } from "../audit.ts";
import { newSecret } from "../credentials.ts";
import { HttpProblem } from "../problem.ts";
import { pageOf, smallListQuery } from "../small-list.ts";

const RANK: Record<Role, number> = { auditor: 1, admin: 2, owner: 3 };

/** API tokens; one may not be made with a higher role than one's own. */
export function tokenRoutes(
  app: App,
  deps: { db: Database; changes: Changes; now: () => Date },
): void {
  const { db, changes, now } = deps;

  app.get(
    "/api/v1/tokens",
    {
      config: { role: "admin" },
      schema: { tags: ["tokens"], querystring: smallListQuery, response: { 200: tokenPage } },
    },
    async (request) =>
      pageOf((await listTokens(db)).map(toToken), request.query, {
        text: (item) => [item.name, item.role, item.createdBy],
        sort: {
          name: (item) => item.name.toLowerCase(),
          role: (item) => item.role,
          created: (item) => item.createdAt,
          used: (item) => item.lastUsedAt ?? "",
        },
      }),
  );

  app.post(
    "/api/v1/tokens",
    {
      config: { role: "admin" },
      schema: { tags: ["tokens"], body: tokenRequest, response: { 201: tokenCreated } },
    },
    async (request, reply) => {
      const actor = actorOf(request);
      const { name, role, expiresInDays } = request.body;
      if (RANK[role] > RANK[actor.role])
        throw new HttpProblem("auth.role", { params: { required: role } });
      const { secret, hash } = newSecret("wgt");
      const row = await db.transaction(async (tx) => {
        const created = await insertToken(tx, {
          name,
          role,
          tokenHash: hash,
          createdBy: actor.name,
          expiresAt:
            expiresInDays === undefined
              ? null
              : new Date(now().getTime() + expiresInDays * 24 * 3600_000),
        });
        await recordAudit(tx, request, {
          action: "create",
          resource: "tokens",
          resourceId: created.id,
          after: toToken(created),
        });
        await changes.emit(tx, "tokens");
        return created;
      });
      return reply
        .status(201)
        .header("location", `/api/v1/tokens/${row.id}`)
        .send({ ...toToken(row), token: secret });
    },
  );

  app.delete(
    "/api/v1/tokens/:id",
    {
      config: { role: "admin" },
      schema: { tags: ["tokens"], params: z.object({ id: z.uuid() }) },
    },
    async (request, reply) => {
      await db.transaction(async (tx) => {
        const removed = await deleteToken(tx, request.params.id);
        if (removed === null) throw new HttpProblem("resource.not_found");
        if (RANK[removed.role] > RANK[actorOf(request).role])
          throw new HttpProblem("auth.role", { params: { required: removed.role } });
        await recordAudit(tx, request, {
          action: "revoke",
          resource: "tokens",
          resourceId: removed.id,
          before: toToken(removed),
        });
        await changes.emit(tx, "tokens");
      });
      return reply.status(204).send();
    },
  );
}

function toToken(row: Awaited<ReturnType<typeof listTokens>>[number]) {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    createdBy: row.createdBy,
    createdAt: row.createdAt.toISOString(),
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
    expiresAt: row.expiresAt?.toISOString() ?? null,
  };
}
