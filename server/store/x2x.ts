import { asc, eq, sql } from "drizzle-orm";
import type { X2xState } from "#contract/x2x.ts";
import type { Queryable } from "./database.ts";
import { x2xLinks, x2xStates } from "./schema-x2x.ts";

export type X2xLinkRow = typeof x2xLinks.$inferSelect;
export type X2xLinkValues = Omit<typeof x2xLinks.$inferInsert, "createdAt" | "updatedAt">;

/** A link's row, and how it stood when an appliance last wrote it. */
export interface X2xLinkWithState {
  readonly link: X2xLinkRow;
  readonly live: typeof x2xStates.$inferSelect | null;
}

export async function listX2xLinks(
  db: Queryable,
  filter: { id?: string } = {},
): Promise<X2xLinkWithState[]> {
  return db
    .select({ link: x2xLinks, live: x2xStates })
    .from(x2xLinks)
    .leftJoin(x2xStates, eq(x2xStates.linkId, x2xLinks.id))
    .where(filter.id === undefined ? undefined : eq(x2xLinks.id, filter.id))
    .orderBy(asc(x2xLinks.name));
}

export async function findX2xLink(db: Queryable, id: string): Promise<X2xLinkWithState | null> {
  const [row] = await listX2xLinks(db, { id });
  return row ?? null;
}

export async function findX2xLinkByName(db: Queryable, name: string): Promise<X2xLinkRow | null> {
  const [row] = await db.select().from(x2xLinks).where(eq(x2xLinks.name, name));
  return row ?? null;
}

/** Until the transaction ends nobody else saves one: two that cannot be beside each other may be saved at once. */
export async function lockX2xLinks(tx: Queryable): Promise<void> {
  await tx.execute(sql`lock table ${x2xLinks} in share row exclusive mode`);
}

/** Null when its name is taken. */
export async function insertX2xLink(
  tx: Queryable,
  values: X2xLinkValues,
): Promise<X2xLinkRow | null> {
  const [row] = await tx.insert(x2xLinks).values(values).onConflictDoNothing().returning();
  return row ?? null;
}

export async function updateX2xLink(
  tx: Queryable,
  id: string,
  values: Partial<Omit<X2xLinkValues, "id">>,
): Promise<X2xLinkRow | null> {
  const [row] = await tx
    .update(x2xLinks)
    .set({ ...values, updatedAt: new Date() })
    .where(eq(x2xLinks.id, id))
    .returning();
  return row ?? null;
}

export async function deleteX2xLink(tx: Queryable, id: string): Promise<void> {
  await tx.delete(x2xLinks).where(eq(x2xLinks.id, id));
}

/** What the appliance that holds a link sees; nothing when the link is gone meanwhile. */
export async function writeX2xState(
  db: Queryable,
  values: { linkId: string; nodeId: string; state: X2xState; leaseUntil: Date },
): Promise<void> {
  const { linkId, ...rest } = values;
  await db.transaction(async (tx) => {
    const [link] = await tx
      .select({ id: x2xLinks.id })
      .from(x2xLinks)
      .where(eq(x2xLinks.id, linkId))
      .for("key share");
    if (link === undefined) return;
    await tx
      .insert(x2xStates)
      .values(values)
      .onConflictDoUpdate({ target: x2xStates.linkId, set: rest });
  });
}

/** The link is no longer ours: whoever takes it writes anew. */
export async function clearX2xState(db: Queryable, linkId: string): Promise<void> {
  await db.delete(x2xStates).where(eq(x2xStates.linkId, linkId));
}
