import {
  and,
  desc,
  eq,
  gte,
  ilike,
  inArray,
  isNotNull,
  isNull,
  or,
  type SQL,
  type SQLWrapper,
  sql,
} from "drizzle-orm";
import type { Finding } from "#contract/traces.ts";
import { likeLiteral } from "./audit.ts";
import type { Queryable } from "./database.ts";
import { type Cursor, cutPage, keyset, type SortKey } from "./keyset.ts";
import { incidents } from "./schema.ts";

export type IncidentRow = typeof incidents.$inferSelect;
export type IncidentKind = IncidentRow["kind"];

export interface IncidentOpening {
  readonly kind: IncidentKind;
  readonly peerId: string | null;
  readonly subject: string;
  readonly openedAt: Date;
  /** Set for an event that is over at once. */
  readonly closedAt: Date | null;
  readonly cause: Finding;
  readonly traceId: string | null;
}
export type IncidentClosing = Pick<IncidentOpening, "kind" | "subject"> & { readonly at: Date };

/**
 * Opens incidents; where one of that kind and subject is open, its cause is brought up to date when
 * it became another, and it wants to be acknowledged again. Returns those that are new.
 */
export async function openIncidents(
  tx: Queryable,
  openings: readonly IncidentOpening[],
): Promise<IncidentRow[]> {
  const opened: IncidentRow[] = [];
  for (const opening of openings) {
    if (await isTold(tx, opening)) continue;
    const [row] = await tx
      .insert(incidents)
      .values(opening)
      .onConflictDoUpdate({
        target: [incidents.kind, incidents.subject],
        targetWhere: sql`closed_at is null`,
        set: {
          cause: sql`excluded.cause`,
          traceId: sql`coalesce(excluded.trace_id, ${incidents.traceId})`,
          acknowledgedBy: null,
          acknowledgedAt: null,
        },
        setWhere: sql`${incidents.kind} like 'certificate%' and ${said(incidents.cause)} is distinct from ${said(sql`excluded.cause`)}`,
      })
      .returning();
    if (row !== undefined && row.openedAt.getTime() === opening.openedAt.getTime())
      opened.push(row);
  }
  return opened;
}

const TOLD_MS = 7 * 86_400_000;

/** Checks and links meet the same new certificate: it is told once, though nobody waits for it any more. */
async function isTold(tx: Queryable, opening: IncidentOpening): Promise<boolean> {
  const after = opening.cause.params["after"];
  if (opening.cause.code !== "cert.changed" || typeof after !== "string") return false;
  const [told] = await tx
    .select({ id: incidents.id })
    .from(incidents)
    .where(
      and(
        eq(incidents.kind, opening.kind),
        eq(incidents.subject, opening.subject),
        gte(incidents.openedAt, new Date(opening.openedAt.getTime() - TOLD_MS)),
        sql`${incidents.cause}->'params'->>'after' = ${after}`,
      ),
    )
    .limit(1);
  return told !== undefined;
}

/** What makes a certificate's cause another one: days pass by themselves, levels and fingerprints do not. */
function said(cause: SQLWrapper): SQL {
  return sql`(${cause}->>'code', ${cause}->'params'->>'level', ${cause}->'params'->>'after')`;
}

/** Closes what is open of these kinds and subjects; returns how many were. */
export async function closeIncidents(
  tx: Queryable,
  closings: readonly IncidentClosing[],
): Promise<number> {
  if (closings.length === 0) return 0;
  const result = await tx.execute(sql`
    update ${incidents} set closed_at = greatest(closing.at, opened_at)
    from jsonb_to_recordset(${JSON.stringify(closings)}::jsonb)
      as closing(kind text, subject text, at timestamptz)
    where ${incidents}.kind = closing.kind and ${incidents}.subject = closing.subject
      and ${incidents}.closed_at is null`);
  return result.rowCount ?? 0;
}

/** Closes every open incident of a peer that is no longer watched. */
export async function closeIncidentsOf(tx: Queryable, peerId: string, at: Date): Promise<number> {
  const rows = await tx
    .update(incidents)
    .set({ closedAt: sql`greatest(${at.toISOString()}::timestamptz, ${incidents.openedAt})` })
    .where(and(eq(incidents.peerId, peerId), isNull(incidents.closedAt)))
    .returning({ id: incidents.id });
  return rows.length;
}

/** Acknowledges, or takes that back with null; null when there is no such incident. */
export async function acknowledgeIncident(
  tx: Queryable,
  id: string,
  acknowledgement: { by: string; at: Date } | null,
): Promise<IncidentRow | null> {
  const [row] = await tx
    .update(incidents)
    .set({
      acknowledgedBy: acknowledgement?.by ?? null,
      acknowledgedAt: acknowledgement?.at ?? null,
    })
    .where(eq(incidents.id, id))
    .returning();
  return row ?? null;
}

export async function findIncident(db: Queryable, id: string): Promise<IncidentRow | null> {
  const [row] = await db.select().from(incidents).where(eq(incidents.id, id));
  return row ?? null;
}

/** Open incidents, unacknowledged first, newest first. */
export async function listOpenIncidents(db: Queryable, limit: number): Promise<IncidentRow[]> {
  return db
    .select()
    .from(incidents)
    .where(isNull(incidents.closedAt))
    .orderBy(sql`${incidents.acknowledgedAt} is not null`, desc(incidents.openedAt))
    .limit(limit);
}

/** Incidents of some kinds that were open at or after `from`, newest first. */
export async function listIncidentsSince(
  db: Queryable,
  query: { kinds: readonly IncidentKind[]; from: Date; limit: number },
): Promise<IncidentRow[]> {
  return db
    .select()
    .from(incidents)
    .where(
      and(
        inArray(incidents.kind, [...query.kinds]),
        or(isNull(incidents.closedAt), gte(incidents.closedAt, query.from)),
      ),
    )
    .orderBy(desc(incidents.openedAt))
    .limit(query.limit);
}

/** Per peer, when each of its outages and degradations since `from` began. */
export async function listOpeningsOf(db: Queryable, peerIds: readonly string[], from: Date) {
  if (peerIds.length === 0) return [];
  return db
    .select({ peerId: incidents.peerId, openedAt: incidents.openedAt })
    .from(incidents)
    .where(
      and(
        inArray(incidents.peerId, [...peerIds]),
        inArray(incidents.kind, ["outage", "degraded"]),
        gte(incidents.openedAt, from),
      ),
    );
}

export async function countOpenIncidents(db: Queryable): Promise<Map<IncidentKind, number>> {
  const rows = await db
    .select({ kind: incidents.kind, count: sql<number>`count(*)::int` })
    .from(incidents)
    .where(isNull(incidents.closedAt))
    .groupBy(incidents.kind);
  return new Map(rows.map((row) => [row.kind, row.count]));
}

/** Our own side's open incidents: subject, cause's code, and since when. */
export async function listOpenOwnSide(
  db: Queryable,
): Promise<{ subject: string; code: string; openedAt: Date }[]> {
  const rows = await db
    .select({ subject: incidents.subject, cause: incidents.cause, openedAt: incidents.openedAt })
    .from(incidents)
    .where(and(eq(incidents.kind, "our_side"), isNull(incidents.closedAt)));
  return rows.map(({ cause, ...row }) => ({ ...row, code: cause.code }));
}

/** Removes incidents that were closed before `before`. */
export async function deleteOldIncidents(db: Queryable, before: Date): Promise<void> {
  await db
    .delete(incidents)
    .where(
      and(
        isNotNull(incidents.closedAt),
        sql`${incidents.closedAt} < ${before.toISOString()}::timestamptz`,
      ),
    );
}

// ---- lists ----

const SORTS = {
  opened: { by: sql`${incidents.openedAt}`, type: "timestamptz" },
  closed: { by: sql`coalesce(${incidents.closedAt}, 'infinity')`, type: "timestamptz" },
  subject: { by: sql`${incidents.subject}`, type: "text" },
} as const satisfies Record<string, SortKey>;

/** The sort key that `sort` (`field` or `-field`) names; null when there is none. */
export function incidentSortKey(sort: string): SortKey | null {
  const field = sort.replace(/^-/, "");
  return Object.hasOwn(SORTS, field) ? SORTS[field as keyof typeof SORTS] : null;
}

export interface IncidentFilter {
  /** Part of the subject. */
  readonly q?: string;
  readonly state?: "open" | "closed";
  readonly kind?: IncidentKind;
  readonly peerId?: string;
}

export async function listIncidents(
  db: Queryable,
  query: IncidentFilter & { sort: string; key: SortKey; after: Cursor | null; limit: number },
) {
  const { sort, key, limit } = query;
  const matches = matching(query);
  const order = keyset(sort, key, sql`${incidents.id}`, query.after);
  const rows = await db
    .select({ incident: incidents, cursorValue: order.value })
    .from(incidents)
    .where(and(matches, order.after))
    .orderBy(order.orderBy)
    .limit(limit + 1);
  const [counted] = await db
    .select({ total: sql<number>`count(*)::int` })
    .from(incidents)
    .where(matches);
  const page = cutPage(rows, limit, sort, (row) => row.incident.id);
  return { ...page, total: counted?.total ?? 0 };
}

function matching(filter: IncidentFilter): SQL | undefined {
  const { q, state, kind, peerId } = filter;
  return and(
    state === undefined
      ? undefined
      : state === "open"
        ? isNull(incidents.closedAt)
        : isNotNull(incidents.closedAt),
    kind === undefined ? undefined : eq(incidents.kind, kind),
    peerId === undefined ? undefined : eq(incidents.peerId, peerId),
    q === undefined || q === "" ? undefined : ilike(incidents.subject, `%${likeLiteral(q)}%`),
  );
}
