import { and, asc, eq, inArray, isNotNull, sql } from "drizzle-orm";
import type { HealthFindingCode } from "#contract/health-findings.ts";
import type { Finding } from "#contract/traces.ts";
import type { Queryable } from "./database.ts";
import type { PeerRow } from "./peers.ts";
import { checkSamples, peerHealth } from "./schema.ts";

/** Begins to watch a peer: its first check is due at `now`. */
export async function startWatching(
  tx: Queryable,
  { id: peerId, domain }: Pick<PeerRow, "id" | "domain">,
  now: Date,
): Promise<void> {
  const code: HealthFindingCode = "health.not_checked";
  const cause: Finding = { code, params: { domain }, owner: "nobody", severity: "info" };
  await tx
    .insert(peerHealth)
    .values({ peerId, since: now, nextCheckAt: now, cause })
    .onConflictDoUpdate({
      target: peerHealth.peerId,
      set: {
        state: "unknown",
        knownState: null,
        since: now,
        cause,
        nextCheckAt: now,
        failuresInRow: 0,
        badInRow: 0,
        badSince: null,
      },
    });
}

/** Makes a check due now on new terms; one under way was on the old terms and will not be counted. */
export async function restartCheck(tx: Queryable, peerId: string, now: Date): Promise<void> {
  await tx
    .update(peerHealth)
    .set({ nextCheckAt: now, claimedBy: null, claimedUntil: null })
    .where(eq(peerHealth.peerId, peerId));
}

/** Stops checks without forgetting what is known; a check under way will not be counted. */
export async function pauseWatching(tx: Queryable, peerId: string, now: Date): Promise<void> {
  await tx
    .update(peerHealth)
    .set({
      state: "unknown",
      knownState: null,
      since: now,
      cause: null,
      nextCheckAt: null,
      claimedBy: null,
      claimedUntil: null,
      failuresInRow: 0,
      badInRow: 0,
      badSince: null,
    })
    .where(eq(peerHealth.peerId, peerId));
}

/** Forgets a peer's health and samples. */
export async function stopWatching(tx: Queryable, peerId: string): Promise<void> {
  await tx.delete(peerHealth).where(eq(peerHealth.peerId, peerId));
  await tx.delete(checkSamples).where(eq(checkSamples.peerId, peerId));
}

/** Makes the next check of these peers due at `at`, unless it is due before; false when none is watched. */
export async function hurryChecks(
  db: Queryable,
  peerIds: readonly string[],
  at: Date,
): Promise<boolean> {
  if (peerIds.length === 0) return false;
  const rows = await db
    .update(peerHealth)
    .set({ nextCheckAt: sql`least(${peerHealth.nextCheckAt}, ${at.toISOString()}::timestamptz)` })
    .where(and(inArray(peerHealth.peerId, [...peerIds]), isNotNull(peerHealth.nextCheckAt)))
    .returning({ peerId: peerHealth.peerId });
  return rows.length > 0;
}

/** Makes checks of a few peers that were well due now: their answers tell whether we are cut off. */
export async function hurryOthers(
  db: Queryable,
  others: { exceptIds: readonly string[]; count: number; now: Date },
): Promise<void> {
  const now = others.now.toISOString();
  await db.execute(sql`
    update ${peerHealth} set next_check_at = ${now}::timestamptz
    where peer_id in (
      select peer_id from ${peerHealth}
      where next_check_at > ${now}::timestamptz and state in ('up', 'degraded')
        and claimed_until is null and not peer_id = any(${uuids(others.exceptIds)}::uuid[])
      order by last_check_at nulls first limit ${others.count} for update skip locked)`);
}

/** No check is due later than its interval after `now`, as it would be by a clock that was put back since. */
export async function pullBackChecks(db: Queryable, now: Date, claimMs: number): Promise<void> {
  const at = now.toISOString();
  const claimEnd = new Date(now.getTime() + claimMs).toISOString();
  await db.execute(sql`
    update peer_health h set
      next_check_at = least(h.next_check_at,
        ${at}::timestamptz + p.check_interval_seconds * interval '1 second'),
      claimed_until = case when h.claimed_until > ${claimEnd}::timestamptz
        then ${claimEnd}::timestamptz else h.claimed_until end
    from peers p
    where p.id = h.peer_id and h.next_check_at is not null and (
      h.next_check_at > ${at}::timestamptz + p.check_interval_seconds * interval '1.5 seconds'
      or h.claimed_until > ${claimEnd}::timestamptz)`);
}

/** When the next unclaimed check is due; null when nothing is watched. */
export async function findNextDue(db: Queryable, now: Date): Promise<Date | null> {
  const [row] = await db
    .select({ at: peerHealth.nextCheckAt })
    .from(peerHealth)
    .where(
      sql`${peerHealth.nextCheckAt} is not null and (${peerHealth.claimedUntil} is null or ${peerHealth.claimedUntil} < ${now.toISOString()}::timestamptz)`,
    )
    .orderBy(asc(peerHealth.nextCheckAt))
    .limit(1);
  return row?.at ?? null;
}

/** How many peers are being watched. */
export async function countWatched(db: Queryable): Promise<number> {
  const [row] = await db
    .select({ total: sql<number>`count(*)::int` })
    .from(peerHealth)
    .where(isNotNull(peerHealth.nextCheckAt));
  return row?.total ?? 0;
}

/**
 * Every watched peer becomes unknown because of `cause`, which is ours; nothing about them is counted.
 * Those that are being written at this moment are left to the next time.
 */
export async function markAllUnknown(tx: Queryable, cause: Finding, now: Date): Promise<number> {
  const result = await tx.execute(sql`
    update ${peerHealth} set known_state = state, state = 'unknown',
      since = ${now.toISOString()}::timestamptz, cause = ${JSON.stringify(cause)}::jsonb
    where peer_id in (
      select peer_id from ${peerHealth}
      where next_check_at is not null and state <> 'unknown' for update skip locked)`);
  return result.rowCount ?? 0;
}

/** Checks of unknown peers become due within `withinMs`, spread evenly. */
export async function hurryUnknown(db: Queryable, now: Date, withinMs: number): Promise<void> {
  await db.execute(sql`
    update ${peerHealth}
    set next_check_at = least(next_check_at,
      ${now.toISOString()}::timestamptz + random() * ${withinMs} * interval '1 millisecond')
    where peer_id in (
      select peer_id from ${peerHealth}
      where state = 'unknown' and next_check_at is not null for update skip locked)`);
}

/** A PostgreSQL array literal of ids that were read from the database. */
function uuids(ids: readonly string[]): string {
  return `{${ids.join(",")}}`;
}
