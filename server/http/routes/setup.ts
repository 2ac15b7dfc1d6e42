import { timingSafeEqual } from "node:crypto";
import { sql } from "drizzle-orm";
import { session, setupRequest, setupState } from "#contract/people.ts";
import { insertAudit } from "#store/audit.ts";
import type { Changes } from "#store/changes.ts";
import type { Database } from "#store/database.ts";
import { countUsers, insertUser } from "#store/people.ts";
import { deleteSetupCodeHashes, listSetupCodeHashes } from "#store/setup.ts";
import { hashPassword, hashSetupCode } from "../credentials.ts";
import type { App } from "../app-types.ts";
import { guesserAt, type Identity } from "../identity.ts";
import { HttpProblem } from "../problem.ts";
import { toUser } from "./users.ts";

const SETUP_LOCK = 7_283_462;

/** First run: the code printed at start makes the first owner, once, and signs them in. */
export function setupRoutes(
  app: App,
  deps: { db: Database; identity: Identity; changes: Changes },
): void {
  app.get(
    "/api/v1/setup",
    { config: { role: "public" }, schema: { tags: ["setup"], response: { 200: setupState } } },
    async () => ({ isRequired: (await countUsers(deps.db)) === 0 }),
  );

  app.post(
    "/api/v1/setup",
    {
      config: { role: "public", takesSecret: true },
      schema: { tags: ["setup"], body: setupRequest, response: { 201: session } },
    },
    async (request, reply) => {
      if ((await countUsers(deps.db)) > 0) throw new HttpProblem("setup.done");
      const isRight = await deps.identity.throttled(
        { guesser: `setup:${guesserAt(request.ip)}` },
        async () => {
          const actual = hashSetupCode(request.body.code);
          const hashes = await listSetupCodeHashes(deps.db);
          return hashes.some((expected) => isEqual(actual, expected)) ? true : null;
        },
      );
      if (isRight !== true) throw new HttpProblem("setup.code_wrong");
      const passwordHash = await hashPassword(request.body.password);
      const user = await deps.db.transaction(async (tx) => {
        await tx.execute(sql`select pg_advisory_xact_lock(${SETUP_LOCK})`);
        if ((await countUsers(tx)) > 0) throw new HttpProblem("setup.done");
        const row = await insertUser(tx, { name: request.body.name, role: "owner", passwordHash });
        if (row === null) throw new HttpProblem("resource.conflict");
        await insertAudit(tx, {
          actor: row.name,
          actorKind: "setup",
          address: request.ip,
          requestId: String(request.id),
          action: "create",
          resource: "users",
          resourceId: row.id,
          after: { name: row.name, role: row.role },
        });
        await deleteSetupCodeHashes(tx);
        await deps.identity.signIn(tx, request, reply, row.id);
        await deps.changes.emit(tx, "setup");
        return row;
      });
      return reply
        .status(201)
        .header("location", `/api/v1/users/${user.id}`)
        .send({
          name: user.name,
          role: user.role,
          user: toUser(user),
          isSecure: request.isSecureTransport,
        });
    },
  );
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
