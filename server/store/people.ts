import { and, asc, count, eq, gt, isNull, lt, ne, or, sql } from "drizzle-orm";
import type { Role } from "#contract/people.ts";
import type { Queryable } from "./database.ts";
import { invitations, sessions, throttles, tokens, users } from "./schema.ts";

export type UserRow = typeof users.$inferSelect;

export async function countUsers(db: Queryable): Promise<number> {
  const [row] = await db.select({ total: count() }).from(users);
  return row?.total ?? 0;
}

/** Null when the name is taken, in whatever case. */
export async function insertUser(
  tx: Queryable,
  values: { name: string; role: Role; passwordHash: string },
): Promise<UserRow | null> {
  if ((await findUserByName(tx, values.name)) !== null) return null;
  const [row] = await tx.insert(users).values(values).onConflictDoNothing().returning();
  return row ?? null;
}

export async function listUsers(db: Queryable): Promise<UserRow[]> {
  return db.select().from(users).orderBy(asc(users.name));
}

export async function findUser(db: Queryable, id: string): Promise<UserRow | null> {
  const [row] = await db.select().from(users).where(eq(users.id, id));
  return row ?? null;
}

/** By name, case aside; the very name first, where older rows have both. */
export async function findUserByName(db: Queryable, name: string): Promise<UserRow | null> {
  const rows = await db
    .select()
    .from(users)
    .where(sql`lower(${users.name}) = lower(${name})`);
  return rows.find((row) => row.name === name) ?? rows[0] ?? null;
}

export async function updateUser(
  tx: Queryable,
  id: string,
  values: Partial<{ role: Role; disabledAt: Date | null; passwordHash: string }>,
): Promise<UserRow | null> {
  const [row] = await tx.update(users).set(values).where(eq(users.id, id)).returning();
  return row ?? null;
}

export async function deleteUser(tx: Queryable, id: string): Promise<void> {
  await tx.delete(users).where(eq(users.id, id));
}

/** Owners that could still sign in, beside `exceptId`; locks them, so that two removals take turns. */
export async function countOtherOwners(tx: Queryable, exceptId: string): Promise<number> {
  const rows = await tx
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.role, "owner"), isNull(users.disabledAt)))
    .for("update");
  return rows.filter((row) => row.id !== exceptId).length;
}

// ---- sessions ----

export async function insertSession(
  tx: Queryable,
  values: {
    tokenHash: Uint8Array;
    userId: string;
    expiresAt: Date;
    address: string;
    userAgent: string;
  },
): Promise<string> {
  const [row] = await tx.insert(sessions).values(values).returning({ id: sessions.id });
  if (row === undefined) throw new Error("a session was not stored");
  return row.id;
}

/** The session and its person, if both are still good at `now`. */
export async function findSession(db: Queryable, tokenHash: Uint8Array, now: Date) {
  const [row] = await db
    .select({ session: sessions, user: users })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(
      and(eq(sessions.tokenHash, tokenHash), gt(sessions.expiresAt, now), isNull(users.disabledAt)),
    );
  return row ?? null;
}

export async function touchSession(db: Queryable, id: string, now: Date, expiresAt: Date) {
  await db.update(sessions).set({ lastSeenAt: now, expiresAt }).where(eq(sessions.id, id));
}

export async function listSessions(db: Queryable, userId: string, now: Date) {
  return db
    .select()
    .from(sessions)
    .where(and(eq(sessions.userId, userId), gt(sessions.expiresAt, now)))
    .orderBy(asc(sessions.createdAt));
}

/** Ends one session of `userId`; false when it is not theirs. */
export async function deleteSession(tx: Queryable, userId: string, id: string): Promise<boolean> {
  const rows = await tx
    .delete(sessions)
    .where(and(eq(sessions.id, id), eq(sessions.userId, userId)))
    .returning({ id: sessions.id });
  return rows.length > 0;
}

export async function deleteSessionsOf(tx: Queryable, userId: string, exceptId: string | null) {
  await tx
    .delete(sessions)
    .where(
      and(eq(sessions.userId, userId), exceptId === null ? undefined : ne(sessions.id, exceptId)),
    );
}

/** Removes ended sessions and invitations, and failures that no longer throttle anybody. */
export async function deleteExpired(db: Queryable, now: Date): Promise<void> {
  const dayAgo = new Date(now.getTime() - 24 * 3600_000);
  await db.delete(sessions).where(lt(sessions.expiresAt, now));
  await db.delete(invitations).where(lt(invitations.expiresAt, now));
  await db.delete(throttles).where(lt(throttles.windowStartedAt, dayAgo));
}

// ---- invitations ----

export async function insertInvitation(
  tx: Queryable,
  values: { tokenHash: Uint8Array; role: Role; createdBy: string; expiresAt: Date },
) {
  const [row] = await tx.insert(invitations).values(values).returning();
  if (row === undefined) throw new Error("an invitation was not stored");
  return row;
}

export async function listInvitations(db: Queryable, now: Date) {
  return db
    .select()
    .from(invitations)
    .where(and(isNull(invitations.usedAt), gt(invitations.expiresAt, now)))
    .orderBy(asc(invitations.createdAt));
}

/** Whether the invitation could still be taken. */
export async function isInvited(db: Queryable, tokenHash: Uint8Array, now: Date): Promise<boolean> {
  const [row] = await db
    .select({ id: invitations.id })
    .from(invitations)
    .where(isOpen(tokenHash, now));
  return row !== undefined;
}

/** Takes the invitation, once; null when it was used, withdrawn or is too old. */
export async function useInvitation(tx: Queryable, tokenHash: Uint8Array, now: Date) {
  const [row] = await tx
    .update(invitations)
    .set({ usedAt: now })
    .where(isOpen(tokenHash, now))
    .returning();
  return row ?? null;
}

function isOpen(tokenHash: Uint8Array, now: Date) {
  return and(
    eq(invitations.tokenHash, tokenHash),
    isNull(invitations.usedAt),
    gt(invitations.expiresAt, now),
  );
}

export async function deleteInvitation(tx: Queryable, id: string): Promise<boolean> {
  const rows = await tx.delete(invitations).where(eq(invitations.id, id)).returning();
  return rows.length > 0;
}

// ---- tokens ----

export async function insertToken(
  tx: Queryable,
  values: {
    name: string;
    role: Role;
    tokenHash: Uint8Array;
    ownerId: string;
    createdBy: string;
    expiresAt: Date | null;
  },
) {
  const [row] = await tx.insert(tokens).values(values).returning({ id: tokens.id });
  const [stored] = row === undefined ? [] : await withOwner(tx).where(eq(tokens.id, row.id));
  if (stored === undefined) throw new Error("a token was not stored");
  return stored;
}

/** Each with its owner: what it may do is the lesser of both roles. */
export async function listTokens(db: Queryable) {
  return withOwner(db).orderBy(asc(tokens.createdAt));
}

/** The token, unless it has expired or its owner is disabled. */
export async function findToken(db: Queryable, tokenHash: Uint8Array, now: Date) {
  const [row] = await withOwner(db).where(
    and(
      eq(tokens.tokenHash, tokenHash),
      or(isNull(tokens.expiresAt), gt(tokens.expiresAt, now)),
      isNull(users.disabledAt),
    ),
  );
  return row ?? null;
}

/** Whose token it is; null when there is no such token. */
export async function findTokenOwner(tx: Queryable, id: string): Promise<string | null> {
  const [row] = await tx.select({ id: tokens.ownerId }).from(tokens).where(eq(tokens.id, id));
  return row?.id ?? null;
}

function withOwner(db: Queryable) {
  return db
    .select({ token: tokens, owner: { role: users.role, disabledAt: users.disabledAt } })
    .from(tokens)
    .innerJoin(users, eq(users.id, tokens.ownerId));
}

export async function touchToken(db: Queryable, id: string, now: Date): Promise<void> {
  await db.update(tokens).set({ lastUsedAt: now }).where(eq(tokens.id, id));
}

export async function deleteToken(tx: Queryable, id: string) {
  const [row] = await withOwner(tx).where(eq(tokens.id, id));
  if (row === undefined) return null;
  await tx.delete(tokens).where(eq(tokens.id, id));
  return row;
}

// ---- throttling ----

export async function findBlock(db: Queryable, key: string, now: Date): Promise<Date | null> {
  const [row] = await db
    .select({ until: throttles.blockedUntil })
    .from(throttles)
    .where(and(eq(throttles.key, key), gt(throttles.blockedUntil, now)));
  return row?.until ?? null;
}

/**
 * Counts one failure. From the `allowed`-th in a window on, the key is blocked, each time twice as long.
 */
export async function countFailure(
  db: Queryable,
  key: string,
  now: Date,
  limits: { allowed: number; windowMs: number; firstBlockMs: number; maxBlockMs: number },
): Promise<void> {
  const windowStart = new Date(now.getTime() - limits.windowMs);
  const isOld = sql`${throttles.windowStartedAt} < ${windowStart.toISOString()}::timestamptz and coalesce(${throttles.blockedUntil}, '-infinity') < ${now.toISOString()}::timestamptz`;
  const [row] = await db
    .insert(throttles)
    .values({ key, failures: 1, windowStartedAt: now })
    .onConflictDoUpdate({
      target: throttles.key,
      set: {
        failures: sql`case when ${isOld} then 1 else ${throttles.failures} + 1 end`,
        windowStartedAt: sql`case when ${isOld} then ${now.toISOString()}::timestamptz else ${throttles.windowStartedAt} end`,
      },
    })
    .returning({ failures: throttles.failures });
  const excess = (row?.failures ?? 1) - limits.allowed;
  if (excess < 0) return;
  const blockMs = Math.min(limits.firstBlockMs * 2 ** Math.min(excess, 20), limits.maxBlockMs);
  await db
    .update(throttles)
    .set({ blockedUntil: new Date(now.getTime() + blockMs) })
    .where(eq(throttles.key, key));
}

export async function clearFailures(db: Queryable, key: string): Promise<void> {
  await db.delete(throttles).where(eq(throttles.key, key));
}

/** Lifts every block: for whoever has the machine itself. */
export async function clearAllFailures(tx: Queryable): Promise<void> {
  await tx.delete(throttles);
}
