import { and, asc, eq, ilike, or, type SQL, sql } from "drizzle-orm";
import { likeLiteral } from "./audit.ts";
import type { Queryable } from "./database.ts";
import { type Cursor, cutPage, keyset, type SortKey } from "./keyset.ts";
import { domains, links, localAddresses, peerHealth, peers } from "./schema.ts";

export type PeerRow = typeof peers.$inferSelect;
export type PeerHealthRow = typeof peerHealth.$inferSelect;
export interface PeerWithHealth {
  readonly peer: PeerRow;
  readonly health: PeerHealthRow | null;
}
export type HealthState = PeerHealthRow["state"];

/** What federation policy needs of an enabled peer. */
export type PolicyPeer = Pick<
  PeerRow,
  | "id"
  | "domain"
  | "includeSubdomains"
  | "stance"
  | "expects"
  | "reading"
  | "tlsPolicy"
  | "minTls"
  | "allowsDialback"
  | "pins"
  | "authorityPem"
  | "testModeUntil"
  | "certificateChange"
  | "overrideHost"
  | "overridePort"
>;

export async function listPolicyPeers(db: Queryable): Promise<PolicyPeer[]> {
  return db
    .select({
      id: peers.id,
      domain: peers.domain,
      includeSubdomains: peers.includeSubdomains,
      stance: peers.stance,
      expects: peers.expects,
      reading: peers.reading,
      tlsPolicy: peers.tlsPolicy,
      minTls: peers.minTls,
      allowsDialback: peers.allowsDialback,
      pins: peers.pins,
      authorityPem: peers.authorityPem,
      testModeUntil: peers.testModeUntil,
      certificateChange: peers.certificateChange,
      overrideHost: peers.overrideHost,
      overridePort: peers.overridePort,
    })
    .from(peers)
    .where(eq(peers.isEnabled, true));
}

/** Every name that we serve: domains, components, their addresses. */
export async function listOwnNames(db: Queryable): Promise<string[]> {
  const rows = await db
    .select({ name: domains.domain })
    .from(domains)
    .union(db.select({ name: links.name }).from(links))
    .union(db.select({ name: localAddresses.name }).from(localAddresses));
  return rows.map((row) => row.name);
}

// ---- lists ----

// Worst first when ascending; a blocked peer has no state.
const stateRank = sql`(case ${peerHealth.state} when 'down' then 0 when 'degraded' then 1 when 'unknown' then 2 when 'up' then 3 else 4 end)`;
const SORTS = {
  domain: { by: sql`${peers.domain}`, type: "text" },
  label: { by: sql`lower(${peers.label})`, type: "text" },
  state: { by: stateRank, type: "integer" },
  since: { by: sql`coalesce(${peerHealth.since}, ${peers.updatedAt})`, type: "timestamptz" },
  nextCheck: { by: sql`coalesce(${peerHealth.nextCheckAt}, 'infinity')`, type: "timestamptz" },
  certificate: {
    by: sql`coalesce(${peerHealth.certificateNotAfter}, 'infinity')`,
    type: "timestamptz",
  },
  created: { by: sql`${peers.createdAt}`, type: "timestamptz" },
} as const satisfies Record<string, SortKey>;

/** The sort key that `sort` (`field` or `-field`) names; null when there is none. */
export function peerSortKey(sort: string): SortKey | null {
  const field = sort.replace(/^-/, "");
  return Object.hasOwn(SORTS, field) ? SORTS[field as keyof typeof SORTS] : null;
}

export interface PeerFilter {
  /** Part of domain, its U-labels or label. */
  readonly q?: string;
  readonly stance?: PeerRow["stance"];
  readonly state?: HealthState;
  readonly expects?: PeerRow["expects"];
  readonly isEnabled?: boolean;
}

/** One page of peers; `next` is the cursor of the following one, `total` counts all matches. */
export async function listPeers(
  db: Queryable,
  query: PeerFilter & { sort: string; key: SortKey; after: Cursor | null; limit: number },
) {
  const { sort, key, limit } = query;
  const matches = matching(query);
  const order = keyset(sort, key, sql`${peers.id}`, query.after);
  const rows = await db
    .select({ peer: peers, health: peerHealth, cursorValue: order.value })
    .from(peers)
    .leftJoin(peerHealth, eq(peerHealth.peerId, peers.id))
    .where(and(matches, order.after))
    .orderBy(order.orderBy)
    .limit(limit + 1);
  const [counted] = await db
    .select({ total: sql<number>`count(*)::int` })
    .from(peers)
    .leftJoin(peerHealth, eq(peerHealth.peerId, peers.id))
    .where(matches);
  const page = cutPage(rows, limit, sort, (row) => row.peer.id);
  return { ...page, total: counted?.total ?? 0 };
}

function matching(filter: PeerFilter): SQL | undefined {
  const { q, stance, state, expects, isEnabled } = filter;
  const pattern = q === undefined || q === "" ? null : `%${likeLiteral(q)}%`;
  return and(
    stance === undefined ? undefined : eq(peers.stance, stance),
    state === undefined ? undefined : eq(peerHealth.state, state),
    expects === undefined ? undefined : eq(peers.expects, expects),
    isEnabled === undefined ? undefined : eq(peers.isEnabled, isEnabled),
    pattern === null
      ? undefined
      : or(
          ilike(peers.domain, pattern),
          ilike(peers.unicode, pattern),
          ilike(peers.label, pattern),
        ),
  );
}

/** Enabled trusted peers per state, and blocked ones. */
export async function countPeers(
  db: Queryable,
): Promise<Record<HealthState | "blocked" | "disabled", number>> {
  const rows = await db
    .select({
      stance: peers.stance,
      isEnabled: peers.isEnabled,
      state: peerHealth.state,
      count: sql<number>`count(*)::int`,
    })
    .from(peers)
    .leftJoin(peerHealth, eq(peerHealth.peerId, peers.id))
    .groupBy(peers.stance, peers.isEnabled, peerHealth.state);
  const counts = { up: 0, degraded: 0, down: 0, unknown: 0, blocked: 0, disabled: 0 };
  for (const row of rows) {
    if (!row.isEnabled) counts.disabled += row.count;
    else if (row.stance === "blocked") counts.blocked += row.count;
    else counts[row.state ?? "unknown"] += row.count;
  }
  return counts;
}

/** Watched peers, worst first, for strips and the status page. */
export async function listWatchedPeers(db: Queryable, limit: number) {
  return db
    .select({
      id: peers.id,
      domain: peers.domain,
      unicode: peers.unicode,
      label: peers.label,
      state: peerHealth.state,
      since: peerHealth.since,
    })
    .from(peers)
    .innerJoin(peerHealth, eq(peerHealth.peerId, peers.id))
    .where(and(eq(peers.stance, "trusted"), eq(peers.isEnabled, true)))
    .orderBy(stateRank, asc(peers.domain))
    .limit(limit);
}

/** State and certificate's end of every watched peer. */
export async function listPeerGauges(db: Queryable) {
  return db
    .select({
      domain: peers.domain,
      state: peerHealth.state,
      certificateNotAfter: peerHealth.certificateNotAfter,
    })
    .from(peers)
    .innerJoin(peerHealth, eq(peerHealth.peerId, peers.id))
    .where(and(eq(peers.stance, "trusted"), eq(peers.isEnabled, true)));
}

// ---- single peers ----

export async function findPeer(db: Queryable, id: string): Promise<PeerWithHealth | null> {
  return findOne(db, eq(peers.id, id));
}

export async function findPeerByDomain(
  db: Queryable,
  domain: string,
): Promise<PeerWithHealth | null> {
  return findOne(db, eq(peers.domain, domain));
}

/**
 * The peer, locked until the transaction ends. Its health is locked first: results of checks are written
 * in that order (their samples refer to the peer), and two orders would end in a deadlock.
 */
export async function lockPeer(tx: Queryable, id: string): Promise<PeerRow | null> {
  await tx
    .select({ id: peerHealth.peerId })
    .from(peerHealth)
    .where(eq(peerHealth.peerId, id))
    .for("update");
  const [row] = await tx.select().from(peers).where(eq(peers.id, id)).for("no key update");
  return row ?? null;
}

/** Null when the domain is on the list already. */
export async function insertPeer(
  tx: Queryable,
  values: typeof peers.$inferInsert,
): Promise<PeerRow | null> {
  const [row] = await tx.insert(peers).values(values).onConflictDoNothing().returning();
  return row ?? null;
}

export async function updatePeer(
  tx: Queryable,
  id: string,
  values: Partial<PeerRow>,
): Promise<PeerRow | null> {
  const [row] = await tx.update(peers).set(values).where(eq(peers.id, id)).returning();
  return row ?? null;
}

/** Removes the peer with its health and samples; its incidents stay. */
export async function deletePeer(tx: Queryable, id: string): Promise<PeerRow | null> {
  const [row] = await tx.delete(peers).where(eq(peers.id, id)).returning();
  return row ?? null;
}

async function findOne(db: Queryable, condition: SQL): Promise<PeerWithHealth | null> {
  const [row] = await db
    .select({ peer: peers, health: peerHealth })
    .from(peers)
    .leftJoin(peerHealth, eq(peerHealth.peerId, peers.id))
    .where(condition);
  return row ?? null;
}
