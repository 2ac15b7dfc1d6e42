import { asc, eq, sql } from "drizzle-orm";
import type { Queryable } from "./database.ts";
import { authentications } from "./schema.ts";

export type AuthenticationRow = typeof authentications.$inferSelect;

/**
 * The domain's row, locked until the transaction ends; made where there is none, unless the peer has `limit`
 * of them already: then null.
 */
export async function lockAuthentication(
  tx: Queryable,
  { domain, peerId, limit }: { domain: string; peerId: string; limit: number },
): Promise<AuthenticationRow | null> {
  const lock = () =>
    tx.select().from(authentications).where(eq(authentications.domain, domain)).for("update");
  const [row] = await lock();
  if (row !== undefined) return row;
  const [counted] = await tx
    .select({ count: sql<number>`count(*)::int` })
    .from(authentications)
    .where(eq(authentications.peerId, peerId));
  if ((counted?.count ?? 0) >= limit) return null;
  await tx.insert(authentications).values({ domain, peerId }).onConflictDoNothing();
  const [made] = await lock();
  return made ?? null;
}

export async function findAuthentication(
  db: Queryable,
  domain: string,
): Promise<AuthenticationRow | null> {
  const [row] = await db.select().from(authentications).where(eq(authentications.domain, domain));
  return row ?? null;
}

/** The domain's row, locked, if there is one. */
export async function findAuthenticationLocked(
  tx: Queryable,
  domain: string,
): Promise<AuthenticationRow | null> {
  const [row] = await tx
    .select()
    .from(authentications)
    .where(eq(authentications.domain, domain))
    .for("update");
  return row ?? null;
}

export async function writeAuthentication(tx: Queryable, row: AuthenticationRow): Promise<void> {
  const { domain, ...values } = row;
  await tx.update(authentications).set(values).where(eq(authentications.domain, domain));
}

/** The peer's own domain first, then by name; at most `limit`. */
export async function listAuthentications(
  db: Queryable,
  peerId: string,
  limit: number,
): Promise<AuthenticationRow[]> {
  return db
    .select()
    .from(authentications)
    .where(eq(authentications.peerId, peerId))
    .orderBy(sql`length(${authentications.domain})`, asc(authentications.domain))
    .limit(limit);
}
