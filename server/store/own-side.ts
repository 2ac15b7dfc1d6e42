import { and, asc, eq, isNotNull, sql } from "drizzle-orm";
import type { Finding } from "#contract/traces.ts";
import type { Queryable } from "./database.ts";
import { connections, links, nodes } from "./schema.ts";

/**
 * An enabled link that was attached once, and how it is doing, whichever appliance holds it; a lapsed
 * lease is not attached.
 */
export interface OwnLinkRow {
  readonly id: string;
  readonly name: string;
  readonly isAttached: boolean;
  readonly nodeId: string;
  readonly state: string;
  readonly since: Date;
  readonly lastError: Finding | null;
}

export async function listOwnLinks(db: Queryable, now: Date): Promise<OwnLinkRow[]> {
  const rows = await db
    .select({
      id: links.id,
      name: links.name,
      nodeId: connections.nodeId,
      state: connections.state,
      since: connections.since,
      leaseUntil: connections.leaseUntil,
      lastError: connections.lastError,
    })
    .from(links)
    .innerJoin(connections, and(eq(connections.linkId, links.id), eq(connections.remoteDomain, "")))
    .where(and(eq(links.isEnabled, true), isNotNull(connections.attachedAt)))
    .orderBy(asc(links.name));
  return rows.map(({ leaseUntil, ...row }) => ({
    ...row,
    isAttached: row.state === "attached" && leaseUntil > now,
  }));
}

/** Ids of appliances heard of since `since`. */
export async function listNodeIds(db: Queryable, since: Date): Promise<string[]> {
  const rows = await db
    .select({ id: nodes.id })
    .from(nodes)
    .where(sql`${nodes.seenAt} > ${since.toISOString()}::timestamptz`);
  return rows.map((row) => row.id);
}
