import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { and, eq, gte, inArray, lt, sql } from "drizzle-orm";
import type { Database, Queryable } from "./database.ts";
import { leases, nodes } from "./schema.ts";

const HEARTBEAT_MS = 10_000;
/** A node not heard of for this long is gone; its leases and live rows mean nothing any more. */
export const NODE_LEASE_MS = 30_000;

/** This appliance's id: kept in the data directory, so that a restart is the same node. */
export function loadNodeId(dataDirectory: string): string {
  const path = join(dataDirectory, "node-id");
  if (existsSync(path)) {
    const id = readFileSync(path, "utf8").trim();
    if (/^[a-z0-9]{8}$/.test(id)) return id;
  }
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
  const id = randomBytes(16)
    .toString("base64url")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, "")
    .padEnd(8, "0")
    .slice(0, 8);
  writeFileSync(path, `${id}\n`, { mode: 0o600 });
  return id;
}

/** Keeps this node's row alive; `onLost` is told of failed heartbeats. */
export function createHeartbeat(deps: {
  db: Database;
  nodeId: string;
  software: string;
  /** The machine's own name. */
  host: string;
  now: () => Date;
  onError: (error: unknown) => void;
}) {
  let timer: NodeJS.Timeout | null = null;
  async function beat(): Promise<void> {
    const now = deps.now();
    await deps.db
      .insert(nodes)
      .values({
        id: deps.nodeId,
        startedAt: now,
        seenAt: now,
        software: deps.software,
        host: deps.host,
      })
      .onConflictDoUpdate({
        target: nodes.id,
        set: { seenAt: now, software: deps.software, host: deps.host },
      });
  }
  return {
    async start() {
      const now = deps.now();
      await deps.db
        .insert(nodes)
        .values({
          id: deps.nodeId,
          startedAt: now,
          seenAt: now,
          software: deps.software,
          host: deps.host,
        })
        .onConflictDoUpdate({
          target: nodes.id,
          set: { startedAt: now, seenAt: now, software: deps.software, host: deps.host },
        });
      timer = setInterval(() => void beat().catch(deps.onError), HEARTBEAT_MS);
    },
    async stop() {
      if (timer !== null) clearInterval(timer);
      await deps.db.delete(leases).where(eq(leases.nodeId, deps.nodeId)).catch(deps.onError);
      await deps.db.delete(nodes).where(eq(nodes.id, deps.nodeId)).catch(deps.onError);
    },
  };
}

/** Takes or renews a lease until `expiresAt`; false when another node holds it. */
export async function takeLease(
  db: Queryable,
  lease: { name: string; nodeId: string; now: Date; expiresAt: Date },
): Promise<boolean> {
  const rows = await db
    .insert(leases)
    .values({ name: lease.name, nodeId: lease.nodeId, expiresAt: lease.expiresAt })
    .onConflictDoUpdate({
      target: leases.name,
      set: { nodeId: lease.nodeId, expiresAt: lease.expiresAt },
      setWhere: sql`${eq(leases.nodeId, lease.nodeId)} or ${lt(leases.expiresAt, lease.now)}`,
    })
    .returning({ name: leases.name });
  return rows.length > 0;
}

/** Renews several leases at once; returns the names that this node still holds. */
export async function renewLeases(
  db: Queryable,
  renewal: { names: readonly string[]; nodeId: string; expiresAt: Date },
): Promise<string[]> {
  if (renewal.names.length === 0) return [];
  const rows = await db
    .update(leases)
    .set({ expiresAt: renewal.expiresAt })
    .where(and(inArray(leases.name, [...renewal.names]), eq(leases.nodeId, renewal.nodeId)))
    .returning({ name: leases.name });
  return rows.map((row) => row.name);
}

export async function releaseLease(db: Queryable, name: string, nodeId: string): Promise<void> {
  await db.delete(leases).where(and(eq(leases.name, name), eq(leases.nodeId, nodeId)));
}

/** The node that has the lease, or had it last; null when nobody does. */
export async function findLeaseHolder(db: Queryable, name: string): Promise<string | null> {
  const [row] = await db
    .select({ nodeId: leases.nodeId })
    .from(leases)
    .where(eq(leases.name, name));
  return row?.nodeId ?? null;
}

/** Who holds these leases now, by their names. */
export async function listLeaseHolders(
  db: Queryable,
  names: readonly string[],
  now: Date,
): Promise<Map<string, string>> {
  if (names.length === 0) return new Map();
  const rows = await db
    .select({ name: leases.name, nodeId: leases.nodeId })
    .from(leases)
    .where(and(inArray(leases.name, [...names]), gte(leases.expiresAt, now)));
  return new Map(rows.map(({ name, nodeId }) => [name, nodeId]));
}

/** Nodes that were heard of since `since`. */
export async function listLiveNodes(db: Queryable, since: Date) {
  return db
    .select()
    .from(nodes)
    .where(sql`${nodes.seenAt} > ${since.toISOString()}::timestamptz`);
}
