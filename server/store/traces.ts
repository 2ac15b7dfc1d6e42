import { and, eq, ilike, inArray, lt, or, type SQL, sql } from "drizzle-orm";
import type { Trace, TraceSummary } from "#contract/traces.ts";
import { likeLiteral } from "./audit.ts";
import type { Queryable } from "./database.ts";
import { type Cursor, cutPage, keyset, type SortKey } from "./keyset.ts";
import { traces } from "./schema.ts";

export type TraceRow = typeof traces.$inferSelect;

/**
 * Writes a trace whole; written again it replaces what was there, except that a pin stays. A trace that has ended is
 * not replaced by a running one: several connections write, and the end of a quick trace may overtake its beginning.
 */
export async function upsertTrace(tx: Queryable, trace: Trace, nodeId: string): Promise<void> {
  const values = rowOf(trace, nodeId);
  const { id: _id, isPinned: _isPinned, ...changed } = values;
  await tx
    .insert(traces)
    .values(values)
    .onConflictDoUpdate({
      target: traces.id,
      set: changed,
      setWhere: sql`${traces.state} = 'running' or excluded.state <> 'running'`,
    });
}

export async function findTrace(db: Queryable, id: string): Promise<Trace | null> {
  const [row] = await db
    .select({ document: traces.document, isPinned: traces.isPinned })
    .from(traces)
    .where(eq(traces.id, id));
  return row === undefined ? null : { ...row.document, isPinned: row.isPinned };
}

export async function isTracePinned(db: Queryable, id: string): Promise<boolean> {
  const [row] = await db
    .select({ isPinned: traces.isPinned })
    .from(traces)
    .where(eq(traces.id, id));
  return row?.isPinned ?? false;
}

export async function pinTrace(tx: Queryable, id: string, isPinned: boolean): Promise<boolean> {
  const rows = await tx
    .update(traces)
    .set({ isPinned })
    .where(eq(traces.id, id))
    .returning({ id: traces.id });
  return rows.length > 0;
}

/** The summary of what was removed, or null. */
export async function deleteTrace(tx: Queryable, id: string): Promise<TraceSummary | null> {
  const [row] = await tx.delete(traces).where(eq(traces.id, id)).returning(summaryColumns);
  return row === undefined ? null : toSummary(row);
}

/** Traces that `nodeId` left running, and any that has been running since before `before`. */
export async function findUnfinished(
  db: Queryable,
  where: { nodeId: string; before: Date },
): Promise<{ trace: Trace; nodeId: string }[]> {
  const rows = await db
    .select({ document: traces.document, nodeId: traces.nodeId })
    .from(traces)
    .where(
      and(
        eq(traces.state, "running"),
        or(eq(traces.nodeId, where.nodeId), lt(traces.startedAt, where.before)),
      ),
    )
    .limit(1_000);
  return rows.map(({ document, nodeId }) => ({ trace: document, nodeId }));
}

/** Removes unpinned traces from before `before`, at most `limit`; returns how many. */
export async function deleteOldTraces(db: Queryable, before: Date, limit: number): Promise<number> {
  const old = db
    .select({ id: traces.id })
    .from(traces)
    .where(and(eq(traces.isPinned, false), lt(traces.startedAt, before)))
    .limit(limit);
  const rows = await db.delete(traces).where(inArray(traces.id, old)).returning({ id: traces.id });
  return rows.length;
}

// ---- the list ----

export interface TraceFilter {
  /** Part of the domain or of the wave service's address. */
  readonly q?: string;
  readonly domain?: string;
  readonly state?: TraceRow["state"];
  readonly xmpp?: NonNullable<TraceRow["xmpp"]>;
  readonly wave?: NonNullable<TraceRow["wave"]>;
  readonly isPinned?: boolean;
  readonly trigger?: TraceRow["trigger"];
}

const sortKeys: Readonly<Record<string, SortKey>> = {
  startedAt: { by: sql`${traces.startedAt}`, type: "timestamptz" },
  domain: { by: sql`${traces.domain}`, type: "text" },
  duration: { by: sql`coalesce(${traces.durationMs}, 0)::bigint`, type: "bigint" },
};

/** By `startedAt`, `domain` or `duration`, `-` before it for descending; null for anything else. */
export function traceSort(sort: string): SortKey | null {
  const name = sort.replace(/^-/, "");
  return Object.hasOwn(sortKeys, name) ? (sortKeys[name] ?? null) : null;
}

export async function listTraces(
  db: Queryable,
  filter: TraceFilter,
  page: { sort: string; key: SortKey; after: Cursor | null; limit: number },
): Promise<{ items: TraceSummary[]; next: string | null; total: number }> {
  const matches = and(...conditions(filter));
  const { orderBy, after, value } = keyset(page.sort, page.key, sql`${traces.id}`, page.after);
  const [rows, [counted]] = await Promise.all([
    db
      .select({ ...summaryColumns, cursorValue: value })
      .from(traces)
      .where(and(matches, after))
      .orderBy(orderBy)
      .limit(page.limit + 1),
    db
      .select({ total: sql<number>`count(*)::int` })
      .from(traces)
      .where(matches),
  ]);
  const cut = cutPage(rows, page.limit, page.sort, (row) => row.id);
  return { items: cut.rows.map(toSummary), next: cut.next, total: counted?.total ?? 0 };
}

function conditions(filter: TraceFilter): (SQL | undefined)[] {
  const text = filter.q === undefined ? "" : `%${likeLiteral(filter.q)}%`;
  return [
    text === "" ? undefined : or(ilike(traces.domain, text), ilike(traces.jid, text)),
    filter.domain === undefined ? undefined : eq(traces.domain, filter.domain),
    filter.state === undefined ? undefined : eq(traces.state, filter.state),
    filter.xmpp === undefined ? undefined : eq(traces.xmpp, filter.xmpp),
    filter.wave === undefined ? undefined : eq(traces.wave, filter.wave),
    filter.isPinned === undefined ? undefined : eq(traces.isPinned, filter.isPinned),
    filter.trigger === undefined ? undefined : eq(traces.trigger, filter.trigger),
  ];
}

const summaryColumns = {
  id: traces.id,
  domain: traces.domain,
  reading: traces.reading,
  state: traces.state,
  xmpp: traces.xmpp,
  wave: traces.wave,
  jid: traces.jid,
  headline: traces.headline,
  trigger: traces.trigger,
  requestedBy: traces.requestedBy,
  startedAt: traces.startedAt,
  durationMs: traces.durationMs,
  isPinned: traces.isPinned,
};

function toSummary(row: Omit<TraceRow, "nodeId" | "document">): TraceSummary {
  const { id, domain, reading, state, xmpp, wave, jid, headline, trigger, requestedBy } = row;
  const { durationMs, isPinned } = row;
  const startedAt = row.startedAt.toISOString();
  const verdicts = { state, xmpp, wave, jid, headline };
  return {
    id,
    domain,
    reading,
    ...verdicts,
    trigger,
    requestedBy,
    startedAt,
    durationMs,
    isPinned,
  };
}

function rowOf(trace: Trace, nodeId: string): typeof traces.$inferInsert {
  const { id, domain, reading, state, xmpp, wave, jid, headline, trigger, requestedBy } = trace;
  const { durationMs, isPinned } = trace;
  const startedAt = new Date(trace.startedAt);
  const verdicts = { state, xmpp, wave, jid, headline };
  return {
    ...{ id, domain, reading, ...verdicts, trigger, requestedBy, startedAt, durationMs, isPinned },
    nodeId,
    document: trace,
  };
}
