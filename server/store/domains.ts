import { and, asc, eq, exists } from "drizzle-orm";
import type { PingResult } from "#contract/traces.ts";
import type { Queryable } from "./database.ts";
import { domains, links } from "./schema.ts";

export type DomainRow = typeof domains.$inferSelect;
export type DomainValues = Omit<
  typeof domains.$inferInsert,
  "id" | "createdAt" | "updatedAt" | "lastPing" | "recordsPublishedAt"
>;

export async function listDomains(db: Queryable): Promise<DomainRow[]> {
  return db.select().from(domains).orderBy(asc(domains.domain));
}

export async function findDomain(db: Queryable, id: string): Promise<DomainRow | null> {
  const [row] = await db.select().from(domains).where(eq(domains.id, id));
  return row ?? null;
}

/** Null when the domain is served already. */
export async function insertDomain(tx: Queryable, values: DomainValues): Promise<DomainRow | null> {
  const [row] = await tx.insert(domains).values(values).onConflictDoNothing().returning();
  return row ?? null;
}

export async function updateDomain(
  tx: Queryable,
  id: string,
  values: Partial<Omit<DomainValues, "domain">>,
): Promise<DomainRow | null> {
  const [row] = await tx
    .update(domains)
    .set({ ...values, updatedAt: new Date() })
    .where(eq(domains.id, id))
    .returning();
  return row ?? null;
}

/** Removes the domain with its links, addresses and connections. */
export async function deleteDomain(tx: Queryable, id: string): Promise<void> {
  await tx.delete(domains).where(eq(domains.id, id));
}

/** When the records of a domain were first seen as they should be; null while they are not. */
export async function storeRecordsPublished(
  db: Queryable,
  id: string,
  recordsPublishedAt: Date | null,
): Promise<void> {
  await db.update(domains).set({ recordsPublishedAt }).where(eq(domains.id, id));
}

export async function storeLastPing(
  db: Queryable,
  id: string,
  lastPing: PingResult,
): Promise<void> {
  await db.update(domains).set({ lastPing }).where(eq(domains.id, id));
}

/**
 * Keeps a ping that somebody asked for with the domains whose ping target it went to: with the one whose link
 * carried it, or with all of them when no link could. Answers how many there are.
 */
export async function storeTargetPing(db: Queryable, ping: PingResult): Promise<number> {
  const carrier =
    ping.linkId === null
      ? undefined
      : exists(
          db
            .select({ id: links.id })
            .from(links)
            .where(and(eq(links.id, ping.linkId), eq(links.domainId, domains.id))),
        );
  const kept = await db
    .update(domains)
    .set({ lastPing: ping })
    .where(and(eq(domains.pingTarget, ping.domain), carrier))
    .returning({ id: domains.id });
  return kept.length;
}
