import { and, desc, eq, ilike, inArray, lt, ne, or, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import type { Finding } from "#contract/traces.ts";
import { likeLiteral } from "./audit.ts";
import type { Queryable } from "./database.ts";
import { type Cursor, cutPage, keyset, type SortKey } from "./keyset.ts";
import { connectionEvents, connections, links } from "./schema.ts";

const isRemote = ne(connections.remoteDomain, "");

export type ConnectionRow = typeof connections.$inferSelect;

// ---- writing: by the appliance that holds the link ----

/** The state of a link (`remoteDomain` empty) or of a remote domain over it. */
export interface StateChange {
  readonly linkId: string;
  readonly remoteDomain: string;
  readonly nodeId: string;
  readonly state: string;
  readonly since: Date;
  readonly leaseUntil: Date;
  readonly lastError: Finding | null;
  readonly attempts: number;
  readonly nextAttemptAt: Date | null;
}

/** Something that history keeps of a link, or of a remote domain over it. */
export interface ConnectionEvent {
  readonly linkId: string;
  readonly remoteDomain: string;
  readonly nodeId: string;
  readonly at: Date;
  readonly fromState: string | null;
  readonly toState: string;
  readonly detail: Finding | null;
}

/** Writes states, at most one of each connection; counters stay. Links that are gone are left out. */
export async function writeStates(tx: Queryable, states: readonly StateChange[]): Promise<void> {
  if (states.length === 0) return;
  await tx.execute(sql`
    insert into connections as c (link_id, remote_domain, node_id, state, since, lease_until,
      last_error, attempts, next_attempt_at, attached_at)
    select l.id, t."remoteDomain", t."nodeId", t.state, t.since, t."leaseUntil",
      t."lastError", t.attempts, t."nextAttemptAt", case when t.state = 'attached' then t.since end
    from jsonb_to_recordset(${JSON.stringify(states)}::jsonb) as t("linkId" uuid,
      "remoteDomain" text, "nodeId" text, state text, since timestamptz, "leaseUntil" timestamptz,
      "lastError" jsonb, attempts integer, "nextAttemptAt" timestamptz)
    join links l on l.id = t."linkId"
    order by l.id, t."remoteDomain"
    for share of l
    on conflict (link_id, remote_domain) do update set
      node_id = excluded.node_id, state = excluded.state, since = excluded.since,
      lease_until = excluded.lease_until, last_error = excluded.last_error,
      attempts = excluded.attempts, next_attempt_at = excluded.next_attempt_at,
      attached_at = coalesce(excluded.attached_at, c.attached_at)`);
}

/** Adds to history, in this order; what has no row of its own yet gets an idle one, to be found by. */
export async function insertEvents(
  tx: Queryable,
  events: readonly ConnectionEvent[],
  leaseUntil: Date,
): Promise<void> {
  if (events.length === 0) return;
  const rows = JSON.stringify(events.map((event, place) => ({ ...event, place })));
  await tx.execute(sql`
    insert into connections (link_id, remote_domain, node_id, state, since, lease_until)
    select distinct on (l.id, t."remoteDomain") l.id, t."remoteDomain", t."nodeId", 'idle', t.at,
      ${leaseUntil.toISOString()}::timestamptz
    from jsonb_to_recordset(${rows}::jsonb) as t("linkId" uuid, "remoteDomain" text,
      "nodeId" text, at timestamptz)
    join links l on l.id = t."linkId"
    order by l.id, t."remoteDomain", t.at
    on conflict do nothing`);
  await tx.execute(sql`
    insert into connection_events (link_id, remote_domain, node_id, at, from_state, to_state, detail)
    select l.id, t."remoteDomain", t."nodeId", t.at, t."fromState", t."toState", t.detail
    from jsonb_to_recordset(${rows}::jsonb) as t(place integer, "linkId" uuid,
      "remoteDomain" text, "nodeId" text, at timestamptz, "fromState" text, "toState" text,
      detail jsonb)
    join links l on l.id = t."linkId"
    order by t.place`);
}

/** One domain's counts on one link since the last flush. */
export interface TrafficRow {
  readonly linkId: string;
  readonly remoteDomain: string;
  readonly stanzasIn: number;
  readonly stanzasOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly dropped: number;
  readonly lastActivityAt: Date;
}

/** Adds counts to their rows, making those that are new, in one statement; deleted links are left out. */
export async function addTraffic(
  db: Queryable,
  rows: readonly TrafficRow[],
  at: { nodeId: string; now: Date; leaseUntil: Date },
): Promise<void> {
  const now = at.now.toISOString();
  const json = JSON.stringify(rows);
  await db.execute(sql`
    insert into connections as c (link_id, remote_domain, node_id, state, since, lease_until,
      stanzas_in, stanzas_out, bytes_in, bytes_out, dropped, last_activity_at)
    select l.id, t."remoteDomain", ${at.nodeId}, 'active', ${now}::timestamptz,
      ${at.leaseUntil.toISOString()}::timestamptz, t."stanzasIn", t."stanzasOut", t."bytesIn",
      t."bytesOut", t.dropped, t."lastActivityAt"
    from jsonb_to_recordset(${json}::jsonb) as t("linkId" uuid, "remoteDomain" text,
      "stanzasIn" bigint, "stanzasOut" bigint, "bytesIn" bigint, "bytesOut" bigint,
      dropped bigint, "lastActivityAt" timestamptz)
    join links l on l.id = t."linkId"
    order by l.id, t."remoteDomain"
    on conflict (link_id, remote_domain) do update set
      stanzas_in = c.stanzas_in + excluded.stanzas_in,
      stanzas_out = c.stanzas_out + excluded.stanzas_out,
      bytes_in = c.bytes_in + excluded.bytes_in,
      bytes_out = c.bytes_out + excluded.bytes_out,
      dropped = c.dropped + excluded.dropped,
      last_activity_at = greatest(c.last_activity_at, excluded.last_activity_at),
      node_id = case when c.remote_domain = '' then c.node_id else excluded.node_id end,
      lease_until = case when c.remote_domain = '' then c.lease_until else excluded.lease_until end,
      since = case when c.state = 'idle' then excluded.since else c.since end,
      state = case when c.state = 'idle' then 'active' else c.state end`);
}

/** Says that this appliance still holds its links, and lets domains that were quiet become idle. */
export async function renewConnections(
  db: Queryable,
  at: { nodeId: string; linkIds: readonly string[]; now: Date; leaseUntil: Date; idleSince: Date },
): Promise<void> {
  if (at.linkIds.length === 0) return;
  const isQuiet = and(
    ne(connections.remoteDomain, ""),
    eq(connections.state, "active"),
    lt(connections.lastActivityAt, at.idleSince),
  );
  const now = at.now.toISOString();
  await db
    .update(connections)
    .set({
      leaseUntil: at.leaseUntil,
      since: sql`case when ${isQuiet} then ${now}::timestamptz else ${connections.since} end`,
      state: sql`case when ${isQuiet} then 'idle' else ${connections.state} end`,
    })
    .where(and(eq(connections.nodeId, at.nodeId), inArray(connections.linkId, [...at.linkIds])));
}

/**
 * This appliance holds a link from now on: no domain has a stream over it, whatever was true when whoever held it before
 * was there. Counts stay, and so does history.
 */
export async function takeConnections(
  db: Queryable,
  at: { linkId: string; nodeId: string; now: Date; leaseUntil: Date },
): Promise<void> {
  const { state, since } = connections;
  await db
    .update(connections)
    .set({
      nodeId: at.nodeId,
      leaseUntil: at.leaseUntil,
      since: sql`case when ${state} = 'idle' then ${since} else ${at.now.toISOString()}::timestamptz end`,
      state: "idle",
      lastError: null,
      attempts: 0,
      nextAttemptAt: null,
    })
    .where(and(eq(connections.linkId, at.linkId), isRemote));
}

/** This appliance holds nothing (any more): at its start and at its end, or of one link. */
export async function lapseConnections(
  db: Queryable,
  at: { nodeId: string; now: Date; linkId?: string },
): Promise<void> {
  await db
    .update(connections)
    .set({ leaseUntil: at.now })
    .where(
      and(
        eq(connections.nodeId, at.nodeId),
        at.linkId === undefined ? undefined : eq(connections.linkId, at.linkId),
      ),
    );
}

/**
 * Forgets history before `before`, and remote domains that were quiet since; of each link, and of its
 * history, at most `kept` rows stay, those of last.
 */
export async function pruneConnections(
  db: Queryable,
  before: Date,
  kept = MAX_KEPT,
): Promise<void> {
  await db.delete(connectionEvents).where(lt(connectionEvents.at, before));
  await db
    .delete(connections)
    .where(and(ne(connections.remoteDomain, ""), lt(connections.lastActivityAt, before)));
  await db.execute(sql`
    delete from connections c using (
      select link_id, remote_domain, row_number() over (
        partition by link_id order by coalesce(last_activity_at, since) desc, remote_domain) as place
      from connections where remote_domain <> '') ranked
    where c.link_id = ranked.link_id and c.remote_domain = ranked.remote_domain
      and ranked.place > ${kept}`);
  await db.execute(sql`
    delete from connection_events e using (
      select id, row_number() over (partition by link_id order by at desc, id desc) as place
      from connection_events where remote_domain <> '') ranked
    where e.id = ranked.id and ranked.place > ${kept}`);
}

/** Whoever can invent domains can fill this many rows, and be shown beside everybody else. */
const MAX_KEPT = 10_000;

// ---- lists ----

/** The row of the link itself, beside one of its remote domains. */
const own = alias(connections, "own");
const ofItsLink = and(eq(own.linkId, connections.linkId), eq(own.remoteDomain, ""));

/**
 * The state as it is told: nothing flows for a remote domain while its only link is not attached, and
 * what an appliance that is gone has written says nothing of now.
 */
const toldState = (now: Date) => {
  const isGone = sql`${connections.leaseUntil} <= ${now.toISOString()}::timestamptz`;
  return sql<string>`case
    when ${isRemote} and not ${links.isEnabled} then 'no_link'
    when not ${links.isEnabled} then 'disabled'
    when ${isGone} then 'gone'
    when ${isRemote} and coalesce(${own.state}, 'attached') <> 'attached' then 'no_link'
    else ${connections.state} end`;
};

const stanzas = sql`(${connections.stanzasIn} + ${connections.stanzasOut})`;
const bytes = sql`(${connections.bytesIn} + ${connections.bytesOut})`;
const name = sql`(${links.name} || ' ' || ${connections.remoteDomain})`;
/** What wants a person first: what fails, then what waits for something, then the rest, by name. */
const urgency = (state: SQL) =>
  sql`(case when ${state} in ('waiting', 'failing', 'gone') then '0 '
    when ${state} in ('connecting', 'no_link') then '1 ' else '2 ' end || ${name})`;
const sorts = (state: SQL) =>
  ({
    urgency: { by: urgency(state), type: "text" },
    name: { by: name, type: "text" },
    state: { by: state, type: "text" },
    since: { by: sql`${connections.since}`, type: "timestamptz" },
    activity: {
      by: sql`coalesce(${connections.lastActivityAt}, '-infinity')`,
      type: "timestamptz",
    },
    stanzas: { by: stanzas, type: "bigint" },
    bytes: { by: bytes, type: "bigint" },
  }) satisfies Record<string, SortKey>;

/** Null when the sort is none of ours. */
export function connectionSort(sort: string, now: Date): SortKey | null {
  const known: Readonly<Record<string, SortKey>> = sorts(toldState(now));
  const field = sort.replace(/^-/, "");
  return Object.hasOwn(known, field) ? (known[field] ?? null) : null;
}

export interface ConnectionFilter {
  readonly q?: string;
  readonly linkId?: string;
  readonly kind?: "link" | "domain";
  readonly state?: string;
  /** Whole names: the link's, and the remote domain. */
  readonly local?: string;
  readonly remote?: string;
  readonly now: Date;
}

export interface ListedConnection {
  readonly connection: ConnectionRow;
  /** See {@link toldState}. */
  readonly told: string;
  readonly linkName: string;
  readonly linkKind: (typeof links.$inferSelect)["kind"];
}

export async function listConnections(
  db: Queryable,
  filter: ConnectionFilter,
  page: { sort: string; after: Cursor | null; limit: number },
): Promise<{ rows: ListedConnection[]; next: string | null; total: number }> {
  const state = toldState(filter.now);
  const key = connectionSort(page.sort, filter.now) ?? sorts(state).name;
  const order = keyset(page.sort, key, sql`${connections.id}`, page.after);
  const matches = conditionOf(filter);
  const [rows, [counted]] = await Promise.all([
    db
      .select({
        connection: connections,
        told: state,
        linkName: links.name,
        linkKind: links.kind,
        cursorValue: order.value,
      })
      .from(connections)
      .innerJoin(links, eq(links.id, connections.linkId))
      .leftJoin(own, ofItsLink)
      .where(and(matches, order.after))
      .orderBy(order.orderBy)
      .limit(page.limit + 1),
    db
      .select({ total: sql<number>`count(*)::int` })
      .from(connections)
      .innerJoin(links, eq(links.id, connections.linkId))
      .leftJoin(own, ofItsLink)
      .where(matches),
  ]);
  const cut = cutPage(rows, page.limit, page.sort, (row) => row.connection.id);
  return { ...cut, total: counted?.total ?? 0 };
}

function conditionOf(filter: ConnectionFilter): SQL | undefined {
  const pattern = `%${likeLiteral(filter.q ?? "")}%`;
  return and(
    filter.q === undefined || filter.q === ""
      ? undefined
      : or(ilike(links.name, pattern), ilike(connections.remoteDomain, pattern)),
    filter.linkId === undefined ? undefined : eq(connections.linkId, filter.linkId),
    filter.local === undefined ? undefined : eq(links.name, filter.local),
    filter.remote === undefined ? undefined : eq(connections.remoteDomain, filter.remote),
    filter.kind === undefined
      ? undefined
      : filter.kind === "link"
        ? eq(connections.remoteDomain, "")
        : isRemote,
    filter.state === undefined ? undefined : sql`${toldState(filter.now)} = ${filter.state}`,
  );
}

export async function findConnection(db: Queryable, id: string): Promise<ConnectionRow | null> {
  const [row] = await db.select().from(connections).where(eq(connections.id, id));
  return row ?? null;
}

/** State changes of one connection, newest first; `beforeId` is the last id of the page before. */
export async function listEvents(
  db: Queryable,
  of: { linkId: string; remoteDomain: string },
  page: { beforeId?: number; limit: number },
) {
  const matches = and(
    eq(connectionEvents.linkId, of.linkId),
    eq(connectionEvents.remoteDomain, of.remoteDomain),
  );
  const [rows, [counted]] = await Promise.all([
    db
      .select()
      .from(connectionEvents)
      .where(
        and(
          matches,
          page.beforeId === undefined ? undefined : lt(connectionEvents.id, page.beforeId),
        ),
      )
      .orderBy(desc(connectionEvents.id))
      .limit(page.limit + 1),
    db
      .select({ total: sql<number>`count(*)::int` })
      .from(connectionEvents)
      .where(matches),
  ]);
  return {
    rows: rows.slice(0, page.limit),
    hasMore: rows.length > page.limit,
    total: counted?.total ?? 0,
  };
}
