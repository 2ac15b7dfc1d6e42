import { and, asc, eq, inArray } from "drizzle-orm";
import type { Queryable } from "./database.ts";
import { connections, domains, links, localAddresses } from "./schema.ts";

export type LinkRow = typeof links.$inferSelect;
export type LinkValues = Omit<typeof links.$inferInsert, "createdAt" | "updatedAt">;
export type LiveRow = typeof connections.$inferSelect;
export type AddressRole = (typeof localAddresses.$inferSelect)["role"];

/** A link's row, the role of its name, and its live state, if an appliance ever wrote one. */
export interface LinkWithState {
  readonly link: LinkRow;
  readonly role: AddressRole;
  readonly live: LiveRow | null;
}

export async function listLinks(
  db: Queryable,
  filter: { domainIds?: readonly string[]; id?: string } = {},
): Promise<LinkWithState[]> {
  const rows = await db
    .select({ link: links, role: localAddresses.role, live: connections })
    .from(links)
    .leftJoin(localAddresses, eq(localAddresses.linkId, links.id))
    .leftJoin(connections, and(eq(connections.linkId, links.id), eq(connections.remoteDomain, "")))
    .where(
      and(
        filter.id === undefined ? undefined : eq(links.id, filter.id),
        filter.domainIds === undefined ? undefined : inArray(links.domainId, [...filter.domainIds]),
      ),
    )
    .orderBy(asc(links.name));
  return rows.map((row) => ({ ...row, role: row.role ?? "plain" }));
}

export async function findLink(db: Queryable, id: string): Promise<LinkWithState | null> {
  const [row] = await listLinks(db, { id });
  return row ?? null;
}

/** Stores a link and the local address that it carries; null when its name is taken. */
export async function insertLink(
  tx: Queryable,
  values: LinkValues,
  role: AddressRole,
): Promise<LinkRow | null> {
  const [row] = await tx.insert(links).values(values).onConflictDoNothing().returning();
  if (row === undefined) return null;
  const address = { name: row.name, domainId: row.domainId, linkId: row.id, role };
  await tx
    .insert(localAddresses)
    .values(address)
    .onConflictDoUpdate({ target: localAddresses.name, set: address });
  return row;
}

export async function updateLink(
  tx: Queryable,
  id: string,
  values: Partial<Omit<LinkValues, "id" | "domainId" | "name" | "kind">>,
): Promise<LinkRow | null> {
  const [row] = await tx
    .update(links)
    .set({ ...values, updatedAt: new Date() })
    .where(eq(links.id, id))
    .returning();
  return row ?? null;
}

/** Who handles the stanzas of a link's name from now on. */
export async function updateRole(tx: Queryable, linkId: string, role: AddressRole): Promise<void> {
  await tx.update(localAddresses).set({ role }).where(eq(localAddresses.linkId, linkId));
}

export async function deleteLink(tx: Queryable, id: string): Promise<void> {
  await tx.delete(links).where(eq(links.id, id));
}

/** What is needed to attach each enabled link, or any. */
export async function listAttachments(db: Queryable, filter: { anyState?: boolean } = {}) {
  return db
    .select({ link: links, domain: domains.domain, domainId: domains.id })
    .from(links)
    .innerJoin(domains, eq(domains.id, links.domainId))
    .where(filter.anyState === true ? undefined : eq(links.isEnabled, true))
    .orderBy(asc(links.name));
}

export async function listLocalAddresses(db: Queryable) {
  return db.select().from(localAddresses).orderBy(asc(localAddresses.name));
}
