import { z } from "zod";
import {
  invitationCreated,
  invitationPage,
  invitationRequest,
  type User,
  user,
  userPage,
  userPatch,
} from "#contract/people.ts";
import type { Changes } from "#store/changes.ts";
import type { Database } from "#store/database.ts";
import {
  countOtherOwners,
  deleteInvitation,
  deleteSessionsOf,
  deleteUser,
  findUser,
  insertInvitation,
  listInvitations,
  listUsers,
  updateUser,
  type UserRow,
} from "#store/people.ts";
import { actorOf } from "../access.ts";
import type { App } from "../app-types.ts";
import { recordAudit } from "../audit.ts";
import { newSecret } from "../credentials.ts";
import { HttpProblem } from "../problem.ts";
import { pageOf, smallListQuery } from "../small-list.ts";

const INVITATION_MS = 3 * 24 * 3600_000;
const byId = z.object({ id: z.uuid() });

/** People and their invitations; owners only may change them. */
export function userRoutes(
  app: App,
  deps: { db: Database; changes: Changes; now: () => Date; publicUrl: string | null },
): void {
  const { db, changes, now } = deps;

  app.get(
    "/api/v1/users",
    {
      config: { role: "auditor" },
      schema: { tags: ["users"], querystring: smallListQuery, response: { 200: userPage } },
    },
    async (request) =>
      pageOf((await listUsers(db)).map(toUser), request.query, {
        text: (item) => [item.name, item.role],
        sort: {
          name: (item) => item.name.toLowerCase(),
          role: (item) => item.role,
          created: (item) => item.createdAt,
        },
      }),
  );

  app.get(
    "/api/v1/users/:id",
    {
      config: { role: "auditor" },
      schema: { tags: ["users"], params: byId, response: { 200: user } },
    },
    async (request) => {
      const row = await findUser(db, request.params.id);
      if (row === null) throw new HttpProblem("resource.not_found");
      return toUser(row);
    },
  );

  app.patch(
    "/api/v1/users/:id",
    {
      config: { role: "owner" },
      schema: { tags: ["users"], params: byId, body: userPatch, response: { 200: user } },
    },
    async (request) => {
      const { role, isDisabled } = request.body;
      return db.transaction(async (tx) => {
        const before = await findUser(tx, request.params.id);
        if (before === null) throw new HttpProblem("resource.not_found");
        const losesOwner = (role !== undefined && role !== "owner") || isDisabled === true;
        if (before.role === "owner" && losesOwner && (await countOtherOwners(tx, before.id)) === 0)
          throw new HttpProblem("user.last_owner");
        const after = await updateUser(tx, before.id, {
          ...(role === undefined ? {} : { role }),
          ...(isDisabled === undefined ? {} : { disabledAt: isDisabled ? now() : null }),
        });
        if (after === null) throw new HttpProblem("resource.not_found");
        if (isDisabled === true) await deleteSessionsOf(tx, before.id, null);
        await recordAudit(tx, request, {
          action: "update",
          resource: "users",
          resourceId: before.id,
          before: toUser(before),
          after: toUser(after),
        });
        await changes.emit(tx, "users");
        return toUser(after);
      });
    },
  );

  app.delete(
    "/api/v1/users/:id",
    { config: { role: "owner" }, schema: { tags: ["users"], params: byId } },
    async (request, reply) => {
      await db.transaction(async (tx) => {
        const before = await findUser(tx, request.params.id);
        if (before === null) throw new HttpProblem("resource.not_found");
        if (before.role === "owner" && (await countOtherOwners(tx, before.id)) === 0)
          throw new HttpProblem("user.last_owner");
        await deleteUser(tx, before.id);
        await recordAudit(tx, request, {
          action: "delete",
          resource: "users",
          resourceId: before.id,
          before: toUser(before),
        });
        await changes.emit(tx, "users");
      });
      return reply.status(204).send();
    },
  );

  app.get(
    "/api/v1/users/invitations",
    {
      config: { role: "owner" },
      schema: { tags: ["users"], querystring: smallListQuery, response: { 200: invitationPage } },
    },
    async (request) =>
      pageOf((await listInvitations(db, now())).map(toInvitation), request.query, {
        text: (item) => [item.createdBy, item.role],
        sort: { created: (item) => item.createdAt, expires: (item) => item.expiresAt },
      }),
  );

  app.post(
    "/api/v1/users/invitations",
    {
      config: { role: "owner" },
      schema: { tags: ["users"], body: invitationRequest, response: { 201: invitationCreated } },
    },
    async (request, reply) => {
      const { secret, hash } = newSecret("wgi");
      const row = await db.transaction(async (tx) => {
        const created = await insertInvitation(tx, {
          tokenHash: hash,
          role: request.body.role,
          createdBy: actorOf(request).name,
          expiresAt: new Date(now().getTime() + INVITATION_MS),
        });
        await recordAudit(tx, request, {
          action: "invite",
          resource: "users",
          resourceId: created.id,
          after: { role: created.role },
        });
        await changes.emit(tx, "users");
        return created;
      });
      const origin = deps.publicUrl ?? `${request.protocol}://${request.host}`;
      // The secret stays behind the hash sign: no server log or proxy sees it.
      return reply
        .status(201)
        .header("location", "/api/v1/users/invitations")
        .send({ ...toInvitation(row), link: `${origin}/invitation#${secret}` });
    },
  );

  app.delete(
    "/api/v1/users/invitations/:id",
    { config: { role: "owner" }, schema: { tags: ["users"], params: byId } },
    async (request, reply) => {
      await db.transaction(async (tx) => {
        if (!(await deleteInvitation(tx, request.params.id)))
          throw new HttpProblem("resource.not_found");
        await recordAudit(tx, request, {
          action: "withdraw_invitation",
          resource: "users",
          resourceId: request.params.id,
        });
        await changes.emit(tx, "users");
      });
      return reply.status(204).send();
    },
  );
}

/** A person as the API shows them. */
export function toUser(row: UserRow): User {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    createdAt: row.createdAt.toISOString(),
    disabledAt: row.disabledAt?.toISOString() ?? null,
  };
}

function toInvitation(row: {
  id: string;
  role: User["role"];
  createdBy: string;
  createdAt: Date;
  expiresAt: Date;
}) {
  return {
    id: row.id,
    role: row.role,
    createdBy: row.createdBy,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
  };
}
