import assert from "node:assert/strict";
import { test } from "node:test";
import { eq } from "drizzle-orm";
import type { Finding } from "#contract/traces.ts";
import { openTestStore } from "#testing/database.ts";
import { claimDueChecks, type ClaimedCheck, releaseClaims, writeChecks } from "./checks.ts";
import { peerHealth } from "./schema.ts";
import { deletePeer, insertPeer, lockPeer, updatePeer } from "./peers.ts";
import {
  hurryOthers,
  hurryUnknown,
  markAllUnknown,
  pauseWatching,
  pullBackChecks,
  startWatching,
} from "./watching.ts";

const { db } = await openTestStore();
const cause: Finding = { code: "link.down", params: {}, owner: "us", severity: "error" };

async function addPeers(count: number, prefix: string): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index++)
    await db.transaction(async (tx) => {
      const peer = await insertPeer(tx, {
        domain: `${prefix}${index}.example`,
        stance: "trusted",
        createdBy: "test",
      });
      assert.ok(peer);
      await startWatching(tx, peer, new Date(0));
      ids.push(peer.id);
    });
  return ids;
}

const written = (claim: ClaimedCheck, now: Date) => ({
  peerId: claim.peer.id,
  claimedUntil: claim.health.claimedUntil ?? now,
  health: { ...claim.health, state: "up" as const, nextCheckAt: new Date(0) },
  sample: "up" as const,
  sampledAt: now,
});

test(
  "results, changes, removals and our own outages at once: nobody waits for ever, nothing fails",
  { timeout: 60_000 },
  async () => {
    const ids = await addPeers(40, "p");
    const end = Date.now() + 3_000;
    const until = async (work: (round: number) => Promise<unknown>) => {
      for (let round = 0; Date.now() < end; round++) await work(round);
    };
    const check = (nodeId: string) =>
      until(async () => {
        const now = new Date();
        const claims = await claimDueChecks(db, {
          nodeId,
          now,
          until: new Date(now.getTime() + 60_000),
          limit: 25,
        });
        // Not in the order in which they were claimed.
        const records = claims.map((claim) => written(claim, now)).sort(() => Math.random() - 0.5);
        await db.transaction((tx) => writeChecks(tx, nodeId, records));
      });
    const pick = () => ids[Math.floor(Math.random() * ids.length)] ?? "";
    await Promise.all([
      check("node0001"),
      check("node0002"),
      until(() =>
        db.transaction(async (tx) => {
          const peer = await lockPeer(tx, pick());
          if (peer === null) return;
          await updatePeer(tx, peer.id, { label: String(Math.random()) });
          if (Math.random() < 0.3) await pauseWatching(tx, peer.id, new Date());
          else await startWatching(tx, peer, new Date(0));
        }),
      ),
      until(async (round) => {
        await db.transaction(async (tx) => {
          const peer = await lockPeer(tx, pick());
          if (peer !== null) await deletePeer(tx, peer.id);
        });
        ids.push(...(await addPeers(1, `new${round}-`)));
      }),
      until(async () => {
        await markAllUnknown(db, cause, new Date());
        await hurryUnknown(db, new Date(), 10);
        await hurryOthers(db, { exceptIds: [pick()], count: 10, now: new Date() });
      }),
      until(async () => {
        await releaseClaims(db, "node0002");
        await new Promise((resolve) => setTimeout(resolve, 50));
      }),
    ]);
  },
);

test("a clock that was put back leaves no peer unwatched until it has caught up", async () => {
  const now = new Date("2026-01-01T00:00:00Z");
  const ahead = new Date("2027-01-01T00:00:00Z");
  const [late = "", soon = ""] = await addPeers(2, "clock");
  const due = async (peerId: string) => {
    const [row] = await db.select().from(peerHealth).where(eq(peerHealth.peerId, peerId));
    return row?.nextCheckAt?.toISOString();
  };
  const set = (peerId: string, nextCheckAt: Date) =>
    db.update(peerHealth).set({ nextCheckAt }).where(eq(peerHealth.peerId, peerId));
  await set(late, ahead);
  await set(soon, new Date(now.getTime() + 1_000));
  await pullBackChecks(db, now, 60_000);
  assert.equal(await due(late), "2026-01-01T00:05:00.000Z");
  assert.equal(await due(soon), "2026-01-01T00:00:01.000Z");
});
