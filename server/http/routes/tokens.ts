import { z } from "zod";
import { type Token, tokenCreated, tokenPage, tokenRequest } from "#contract/people.ts";
import type { Changes } from "#store/changes.ts";
import type { Database, Queryable } from "#store/database.ts";
import { deleteToken, findTokenOwner, insertToken, listTokens } from "#store/people.ts";
import { actorOf, lesserRole, RANK } from "../access.ts";
import type { Actor, App } from "../app-types.ts";
import { recordAudit } from "../audit.ts";
import { newSecret } from "../credentials.ts";
import { HttpProblem } from "../problem.ts";
import { pageOf, smallListQuery } from "../small-list.ts";

/** API tokens: each belongs to a person, and may never do more than they may. */
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
        const stored = await insertToken(tx, {
          name,
          role,
          tokenHash: hash,
          ownerId: await ownerOf(tx, actor),
          createdBy: actor.name,
          expiresAt:
            expiresInDays === undefined
              ? null
              : new Date(now().getTime() + expiresInDays * 24 * 3600_000),
        });
        const created = toToken(stored);
        await recordAudit(tx, request, {
          action: "create",
          resource: "tokens",
          resourceId: created.id,
          after: created,
        });
        await changes.emit(tx, "tokens");
        return created;
      });
      return reply
        .status(201)
        .header("location", `/api/v1/tokens/${row.id}`)
        .send({ ...row, token: secret });
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
        const { role } = removed.token;
        if (RANK[role] > RANK[actorOf(request).role])
          throw new HttpProblem("auth.role", { params: { required: role } });
        await recordAudit(tx, request, {
          action: "revoke",
          resource: "tokens",
          resourceId: removed.token.id,
          before: toToken(removed),
        });
        await changes.emit(tx, "tokens");
      });
      return reply.status(204).send();
    },
  );
}

/** Whose a new token is: a token that makes another one makes it for its own owner. */
async function ownerOf(tx: Queryable, actor: Actor): Promise<string> {
  if (actor.kind === "user") return actor.id;
  const owner = await findTokenOwner(tx, actor.id);
  if (owner === null) throw new HttpProblem("auth.required");
  return owner;
}

function toToken({ token: row, owner }: Awaited<ReturnType<typeof listTokens>>[number]): Token {
  return {
    id: row.id,
    name: row.name,
    role: lesserRole(row.role, owner.role),
    createdBy: row.createdBy,
    isSuspended: owner.disabledAt !== null,
    createdAt: row.createdAt.toISOString(),
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
    expiresAt: row.expiresAt?.toISOString() ?? null,
  };
}
