import { z } from "zod";
import {
  invitationAcceptance,
  passwordChange,
  session,
  sessionEntry,
  signInRequest,
} from "#contract/people.ts";
import { insertAudit } from "#store/audit.ts";
import type { Changes } from "#store/changes.ts";
import type { Database } from "#store/database.ts";
import {
  deleteSession,
  deleteSessionsOf,
  findUser,
  findUserByName,
  insertUser,
  isInvited,
  listSessions,
  updateUser,
  useInvitation,
} from "#store/people.ts";
import { actorOf } from "../access.ts";
import type { App } from "../app-types.ts";
import { recordAudit } from "../audit.ts";
import { hashPassword, hashSecret, verifyPassword } from "../credentials.ts";
import { guesserAt, type Identity } from "../identity.ts";
import { HttpProblem } from "../problem.ts";
import { toUser } from "./users.ts";

// Verified against when the name is unknown, so that both answers take as long.
const decoy = hashPassword("no such person");

/** Signing in and out, one's own password and sessions, and taking up an invitation. */
export function sessionRoutes(
  app: App,
  deps: { db: Database; changes: Changes; identity: Identity; now: () => Date },
): void {
  const { db, changes, identity, now } = deps;

  app.get(
    "/api/v1/session",
    { config: { role: "auditor" }, schema: { tags: ["session"], response: { 200: session } } },
    async (request) => {
      const actor = actorOf(request);
      const user = actor.kind === "user" ? await findUser(db, actor.id) : null;
      return {
        name: actor.name,
        role: actor.role,
        user: user === null ? null : toUser(user),
        isSecure: request.isSecureTransport,
      };
    },
  );

  app.post(
    "/api/v1/session",
    {
      config: { role: "public", takesSecret: true },
      schema: { tags: ["session"], body: signInRequest, response: { 201: session } },
    },
    async (request, reply) => {
      const { name, password } = request.body;
      const user = await identity.throttled(
        { guesser: `login:${guesserAt(request.ip)}`, name },
        async () => {
          const found = await findUserByName(db, name);
          const isRight = await verifyPassword(password, found?.passwordHash ?? (await decoy));
          return isRight && found !== null && found.disabledAt === null ? found : null;
        },
      );
      if (user === null) throw new HttpProblem("auth.credentials");
      await db.transaction(async (tx) => {
        await identity.signIn(tx, request, reply, user.id);
        await insertAudit(tx, {
          actor: user.name,
          actorKind: "user",
          address: request.ip,
          requestId: String(request.id),
          action: "sign_in",
          resource: "session",
        });
        await changes.emit(tx, "session");
      });
      return reply
        .status(201)
        .header("location", "/api/v1/session")
        .send({
          name: user.name,
          role: user.role,
          user: toUser(user),
          isSecure: request.isSecureTransport,
        });
    },
  );

  app.delete(
    "/api/v1/session",
    { config: { role: "auditor" }, schema: { tags: ["session"] } },
    async (request, reply) => {
      await identity.signOut(request, reply);
      await changes.emit(db, "session");
      return reply.status(204).send();
    },
  );

  app.put(
    "/api/v1/session/password",
    {
      config: { role: "auditor", takesSecret: true },
      schema: { tags: ["session"], body: passwordChange },
    },
    async (request, reply) => {
      const actor = actorOf(request);
      if (actor.kind !== "user") throw new HttpProblem("auth.role");
      const isRight = await identity.throttled({ guesser: `password:${actor.id}` }, async () => {
        const user = await findUser(db, actor.id);
        return user !== null && (await verifyPassword(request.body.current, user.passwordHash))
          ? true
          : null;
      });
      if (isRight !== true) throw new HttpProblem("auth.credentials");
      const passwordHash = await hashPassword(request.body.next);
      await db.transaction(async (tx) => {
        await updateUser(tx, actor.id, { passwordHash });
        await deleteSessionsOf(tx, actor.id, actor.sessionId);
        await recordAudit(tx, request, {
          action: "change_password",
          resource: "users",
          resourceId: actor.id,
        });
        await changes.emit(tx, "session");
      });
      return reply.status(204).send();
    },
  );

  app.get(
    "/api/v1/session/list",
    {
      config: { role: "auditor" },
      schema: { tags: ["session"], response: { 200: z.array(sessionEntry) } },
    },
    async (request) => {
      const actor = actorOf(request);
      if (actor.kind !== "user") return [];
      const rows = await listSessions(db, actor.id, now());
      return rows.map((row) => ({
        id: row.id,
        createdAt: row.createdAt.toISOString(),
        lastSeenAt: row.lastSeenAt.toISOString(),
        expiresAt: row.expiresAt.toISOString(),
        address: row.address,
        userAgent: row.userAgent,
        isCurrent: row.id === actor.sessionId,
      }));
    },
  );

  app.delete(
    "/api/v1/session/list/:id",
    {
      config: { role: "auditor" },
      schema: { tags: ["session"], params: z.object({ id: z.uuid() }) },
    },
    async (request, reply) => {
      const actor = actorOf(request);
      await db.transaction(async (tx) => {
        if (!(await deleteSession(tx, actor.id, request.params.id)))
          throw new HttpProblem("resource.not_found");
        await recordAudit(tx, request, {
          action: "revoke",
          resource: "session",
          resourceId: request.params.id,
        });
        await changes.emit(tx, "session");
      });
      return reply.status(204).send();
    },
  );

  app.post(
    "/api/v1/session/invitation",
    {
      config: { role: "public", takesSecret: true },
      schema: { tags: ["session"], body: invitationAcceptance, response: { 201: session } },
    },
    async (request, reply) => {
      const { token, name, password } = request.body;
      const tokenHash = hashSecret(token);
      const user = await identity.throttled(
        { guesser: `invitation:${guesserAt(request.ip)}` },
        async () => {
          // Hashing is dear, and a transaction is no place to wait for it.
          if (!(await isInvited(db, tokenHash, now()))) return null;
          const passwordHash = await hashPassword(password);
          return db.transaction(async (tx) => {
            const invitation = await useInvitation(tx, tokenHash, now());
            if (invitation === null) return null;
            const row = await insertUser(tx, { name, role: invitation.role, passwordHash });
            if (row === null)
              throw new HttpProblem("resource.conflict", {
                errors: [{ field: "body.name", message: "is taken" }],
              });
            await insertAudit(tx, {
              actor: name,
              actorKind: "user",
              address: request.ip,
              requestId: String(request.id),
              action: "accept_invitation",
              resource: "users",
              resourceId: row.id,
              after: { name, role: row.role, invitedBy: invitation.createdBy },
            });
            await changes.emit(tx, "users");
            await identity.signIn(tx, request, reply, row.id);
            return row;
          });
        },
      );
      if (user === null) throw new HttpProblem("invitation.invalid");
      return reply
        .status(201)
        .header("location", "/api/v1/session")
        .send({
          name: user.name,
          role: user.role,
          user: toUser(user),
          isSecure: request.isSecureTransport,
        });
    },
  );
}
