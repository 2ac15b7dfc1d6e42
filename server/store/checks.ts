import { and, asc, eq, gte, inArray, lt, sql } from "drizzle-orm";
import type { Queryable } from "./database.ts";
import type { PeerHealthRow, PeerRow } from "./peers.ts";
import { checkSamples, peerHealth, peers } from "./schema.ts";

// ---- claims ----

/** A check that this node may run until its claim ends, with all that judging it needs. */
export interface ClaimedCheck {
  readonly peer: PeerRow;
  readonly health: PeerHealthRow;
}

/**
 * Claims up to `limit` due checks, the longest waiting first. Two appliances never claim the same one;
 * a claim that its appliance did not live to finish is free again once it ends.
 */
export async function claimDueChecks(
  db: Queryable,
  claim: { nodeId: string; now: Date; until: Date; limit: number },
): Promise<ClaimedCheck[]> {
  const now = claim.now.toISOString();
  const claimed = await db.execute<{ peer_id: string }>(sql`
    with due as (
      select peer_id from ${peerHealth}
      where next_check_at <= ${now}::timestamptz
        and (claimed_until is null or claimed_until < ${now}::timestamptz)
      order by next_check_at limit ${claim.limit} for update skip locked)
    update ${peerHealth} set claimed_by = ${claim.nodeId}, claimed_until = ${claim.until.toISOString()}::timestamptz
    from due where ${peerHealth}.peer_id = due.peer_id
    returning ${peerHealth}.peer_id`);
  const ids = claimed.rows.map((row) => row.peer_id);
  if (ids.length === 0) return [];
  return db
    .select({ peer: peers, health: peerHealth })
    .from(peerHealth)
    .innerJoin(peers, eq(peers.id, peerHealth.peerId))
    .where(inArray(peerHealth.peerId, ids))
    .orderBy(asc(peerHealth.nextCheckAt));
}

/** Frees the claims of a node: what it had begun before it was killed, or cannot finish now. */
export async function releaseClaims(db: Queryable, nodeId: string): Promise<void> {
  await db.execute(sql`
    update ${peerHealth} set claimed_by = null, claimed_until = null
    where peer_id in (
      select peer_id from ${peerHealth} where claimed_by = ${nodeId} order by peer_id for update)`);
}

// ---- results ----

export type SampleKind = "up" | "degraded" | "down" | "unknown";

/** One finished check: the health that it leaves behind, and the sample that is added up. */
export interface CheckRecord {
  readonly peerId: string;
  /** As the claim had it: a result whose claim was lost meanwhile is not counted. */
  readonly claimedUntil: Date;
  readonly health: Pick<
    PeerHealthRow,
    | "state"
    | "knownState"
    | "since"
    | "failuresInRow"
    | "badInRow"
    | "badSince"
    | "cause"
    | "lastCheckAt"
    | "lastGoodAt"
    | "lastTraceId"
    | "lastGoodTraceId"
    | "nextCheckAt"
    | "discoverMs"
    | "pingMs"
    | "certificateFingerprint"
    | "certificateNotBefore"
    | "certificateNotAfter"
    | "knownCertificates"
    | "waveJid"
  >;
  readonly sample: SampleKind;
  readonly sampledAt: Date;
}

/**
 * Writes finished checks and adds their samples to their hour and day, in one statement; gives the
 * claims back. Rows are locked in the order of their ids. Returns the peers whose result counted.
 */
export async function writeChecks(
  tx: Queryable,
  nodeId: string,
  records: readonly CheckRecord[],
): Promise<string[]> {
  if (records.length === 0) return [];
  const written = await tx.execute<{ peer_id: string }>(sql`
    with result as (
      select * from jsonb_to_recordset(${JSON.stringify(records.map(toResult))}::jsonb) as result(
        peer_id uuid, claimed_until timestamptz, state text, known_state text, since timestamptz,
        failures_in_row integer, bad_in_row integer, bad_since timestamptz, cause jsonb,
        last_check_at timestamptz, last_good_at timestamptz, last_trace_id uuid, last_good_trace_id uuid,
        next_check_at timestamptz, discover_ms double precision, ping_ms double precision,
        certificate_fingerprint text, certificate_not_before timestamptz, certificate_not_after timestamptz,
        known_certificates jsonb, wave_jid text, sample text, hour timestamptz, day timestamptz)
    ), mine as (
      select health.peer_id from ${peerHealth} as health join result using (peer_id)
      where health.claimed_by = ${nodeId} and health.claimed_until = result.claimed_until
      order by peer_id for update of health
    ), written as (
      update ${peerHealth} as health set
        state = result.state, known_state = result.known_state, since = result.since,
        failures_in_row = result.failures_in_row, bad_in_row = result.bad_in_row,
        bad_since = result.bad_since, cause = result.cause, last_check_at = result.last_check_at,
        last_good_at = result.last_good_at, last_trace_id = result.last_trace_id,
        last_good_trace_id = result.last_good_trace_id, next_check_at = result.next_check_at,
        discover_ms = result.discover_ms, ping_ms = result.ping_ms,
        certificate_fingerprint = result.certificate_fingerprint,
        certificate_not_before = result.certificate_not_before,
        certificate_not_after = result.certificate_not_after,
        known_certificates = result.known_certificates, wave_jid = result.wave_jid,
        claimed_by = null, claimed_until = null
      from result join mine using (peer_id)
      where health.peer_id = result.peer_id
      returning health.peer_id
    ), sampled as (
      insert into ${checkSamples} as sum (peer_id, span, starts_at, up, degraded, down, unknown,
        discover_ms_sum, discover_ms_max, discover_count, ping_ms_sum, ping_ms_max, ping_count)
      select peer_id, span, case span when 'hour' then hour else day end,
        (sample = 'up')::int, (sample = 'degraded')::int, (sample = 'down')::int, (sample = 'unknown')::int,
        coalesce(discover_ms, 0), coalesce(discover_ms, 0), (discover_ms is not null)::int,
        coalesce(ping_ms, 0), coalesce(ping_ms, 0), (ping_ms is not null)::int
      from result join written using (peer_id) cross join (values ('hour'), ('day')) as spans(span)
      on conflict (peer_id, span, starts_at) do update set
        up = sum.up + excluded.up, degraded = sum.degraded + excluded.degraded,
        down = sum.down + excluded.down, unknown = sum.unknown + excluded.unknown,
        discover_ms_sum = sum.discover_ms_sum + excluded.discover_ms_sum,
        discover_ms_max = greatest(sum.discover_ms_max, excluded.discover_ms_max),
        discover_count = sum.discover_count + excluded.discover_count,
        ping_ms_sum = sum.ping_ms_sum + excluded.ping_ms_sum,
        ping_ms_max = greatest(sum.ping_ms_max, excluded.ping_ms_max),
        ping_count = sum.ping_count + excluded.ping_count)
    select peer_id from written`);
  return written.rows.map((row) => row.peer_id);
}

function toResult(record: CheckRecord): Record<string, unknown> {
  const { health, sampledAt } = record;
  const hour = new Date(sampledAt);
  hour.setUTCMinutes(0, 0, 0);
  const day = new Date(sampledAt);
  day.setUTCHours(0, 0, 0, 0);
  return {
    peer_id: record.peerId,
    claimed_until: record.claimedUntil,
    state: health.state,
    known_state: health.knownState,
    since: health.since,
    failures_in_row: health.failuresInRow,
    bad_in_row: health.badInRow,
    bad_since: health.badSince,
    cause: health.cause,
    last_check_at: health.lastCheckAt,
    last_good_at: health.lastGoodAt,
    last_trace_id: health.lastTraceId,
    last_good_trace_id: health.lastGoodTraceId,
    next_check_at: health.nextCheckAt,
    discover_ms: health.discoverMs,
    ping_ms: health.pingMs,
    certificate_fingerprint: health.certificateFingerprint,
    certificate_not_before: health.certificateNotBefore,
    certificate_not_after: health.certificateNotAfter,
    known_certificates: health.knownCertificates,
    wave_jid: health.waveJid,
    sample: record.sample,
    hour,
    day,
  };
}

// ---- history ----

export async function listSamples(
  db: Queryable,
  query: { peerId: string; span: "hour" | "day"; from: Date },
) {
  return db
    .select()
    .from(checkSamples)
    .where(
      and(
        eq(checkSamples.peerId, query.peerId),
        eq(checkSamples.span, query.span),
        gte(checkSamples.startsAt, query.from),
      ),
    )
    .orderBy(asc(checkSamples.startsAt))
    .limit(400);
}

/** Daily samples of several peers since `from`. */
export async function listDays(db: Queryable, peerIds: readonly string[], from: Date) {
  if (peerIds.length === 0) return [];
  return db
    .select({
      peerId: checkSamples.peerId,
      startsAt: checkSamples.startsAt,
      up: checkSamples.up,
      degraded: checkSamples.degraded,
      down: checkSamples.down,
    })
    .from(checkSamples)
    .where(
      and(
        inArray(checkSamples.peerId, [...peerIds]),
        eq(checkSamples.span, "day"),
        gte(checkSamples.startsAt, from),
      ),
    );
}

/** Removes samples that are older than their span is kept. */
export async function deleteOldSamples(
  db: Queryable,
  before: Record<"hour" | "day", Date>,
): Promise<void> {
  for (const span of ["hour", "day"] as const)
    await db
      .delete(checkSamples)
      .where(and(eq(checkSamples.span, span), lt(checkSamples.startsAt, before[span])));
}

/** The check that is most overdue and not under way: how late, at what interval. */
export async function findMostOverdue(db: Queryable, now: Date) {
  const [row] = await db
    .select({
      domain: peers.domain,
      nextCheckAt: peerHealth.nextCheckAt,
      intervalSeconds: peers.checkIntervalSeconds,
    })
    .from(peerHealth)
    .innerJoin(peers, eq(peers.id, peerHealth.peerId))
    .where(
      sql`${peerHealth.nextCheckAt} < ${now.toISOString()}::timestamptz and ${peerHealth.claimedUntil} is null`,
    )
    .orderBy(asc(peerHealth.nextCheckAt))
    .limit(1);
  return row ?? null;
}
