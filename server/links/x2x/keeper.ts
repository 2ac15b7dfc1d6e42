import type { X2xState } from "#contract/x2x.ts";
import type { Changes } from "#store/changes.ts";
import type { Database } from "#store/database.ts";
import { releaseLease, renewLeases, takeLease } from "#store/nodes.ts";
import { clearX2xState, listX2xLinks, writeX2xState, type X2xLinkRow } from "#store/x2x.ts";
import type { Domain } from "#protocol/xmpp/address.ts";
import { createFollower } from "#links/follower.ts";
import type { LoginCost } from "../s2s/login.ts";
import type { X2xStatus } from "./link.ts";
import type { X2xTerms } from "./terms.ts";
import type { X2x } from "./x2x.ts";

/** Follows the database: holds the leases of X2X links, sets them up, and writes how they stand. */
export interface X2xKeeper {
  readonly start: () => Promise<void>;
  /** Links that are switched on, and another appliance holds. */
  readonly elsewhere: () => readonly X2xTerms[];
  /** A link's state has changed: written at most once a second. */
  readonly changed: (linkId: string) => void;
  readonly stop: () => Promise<void>;
}

const STATE_MS = 1_000;

export function createX2xKeeper(deps: {
  readonly db: Database;
  readonly changes: Changes;
  readonly nodeId: string;
  readonly leaseMs: number;
  readonly x2x: Pick<X2x, "configure" | "statuses">;
  /** What the last login of a normal stream took. */
  readonly loginCost: (local: Domain, remote: Domain) => LoginCost | null;
  readonly now: () => Date;
  readonly onError: (error: unknown) => void;
}): X2xKeeper {
  const { db, changes, nodeId, leaseMs, x2x, now, onError } = deps;
  const held = new Map<string, X2xTerms>();
  let elsewhere: readonly X2xTerms[] = [];
  const unwritten = new Set<string>();
  let isStopped = false;
  let timer: NodeJS.Timeout | null = null;
  let writing: NodeJS.Timeout | null = null;
  let unsubscribe: () => void = () => {};

  const leaseUntil = () => new Date(now().getTime() + leaseMs);

  const follower = createFollower(follow, onError);

  async function follow(): Promise<void> {
    const rows = (await listX2xLinks(db)).filter(({ link }) => link.isEnabled);
    const targets = new Map(rows.map(({ link }) => [link.id, termsOf(link)]));
    for (const id of [...held.keys()]) if (!targets.has(id)) await release(id);
    const names = [...held.keys()].map(leaseName);
    const kept = new Set(await renewLeases(db, { names, nodeId, expiresAt: leaseUntil() }));
    for (const id of [...held.keys()]) if (!kept.has(leaseName(id))) held.delete(id);
    for (const [id, terms] of targets) {
      const lease = { name: leaseName(id), nodeId, now: now(), expiresAt: leaseUntil() };
      if (held.has(id) || (await takeLease(db, lease))) held.set(id, terms);
    }
    elsewhere = [...targets.values()].filter(({ id }) => !held.has(id));
    await x2x.configure([...held.values()]);
    for (const id of held.keys()) unwritten.add(id);
    await writeStates();
  }

  async function release(id: string): Promise<void> {
    held.delete(id);
    await releaseLease(db, leaseName(id), nodeId);
    await clearX2xState(db, id);
  }

  async function writeStates(): Promise<void> {
    const ids = [...unwritten];
    unwritten.clear();
    const statuses = new Map(x2x.statuses().map(({ id, status }) => [id, status]));
    for (const linkId of ids) {
      const status = statuses.get(linkId);
      if (status === undefined || !held.has(linkId)) continue;
      await writeX2xState(db, {
        linkId,
        nodeId,
        state: stateOf(linkId, status),
        leaseUntil: leaseUntil(),
      });
    }
    if (ids.length > 0) await changes.emit(db, "x2x-links");
  }

  function stateOf(linkId: string, status: X2xStatus): X2xState {
    const [ours = [], theirs = []] =
      held.get(linkId)?.agreement.sides.map(({ domains }) => domains) ?? [];
    let last: X2xState["streamLogin"] = null;
    for (const local of ours)
      for (const remote of theirs) {
        const cost = deps.loginCost(local as Domain, remote as Domain);
        const at = cost?.at.toISOString() ?? "";
        if (cost !== null && at > (last?.at ?? "")) last = { ...cost, at, remote };
      }
    return { ...toState(status), streamLogin: last };
  }

  function changed(linkId: string): void {
    unwritten.add(linkId);
    if (writing !== null || isStopped) return;
    writing = setTimeout(() => {
      writing = null;
      writeStates().catch(onError);
    }, STATE_MS);
    writing.unref();
  }

  return {
    changed,
    elsewhere: () => elsewhere,
    async start() {
      unsubscribe = changes.on((resource) => {
        if (/^(?:\*$|x2x-terms)/.test(resource)) follower.wake();
      });
      follower.wake();
      timer = setInterval(follower.wake, leaseMs / 3);
      await follower.settled();
    },
    async stop() {
      isStopped = true;
      unsubscribe();
      if (timer !== null) clearInterval(timer);
      if (writing !== null) clearTimeout(writing);
      await follower.stop();
      for (const id of [...held.keys()]) await release(id).catch(onError);
    },
  };
}

function leaseName(linkId: string): string {
  return `x2x/${linkId}`;
}

function termsOf(row: X2xLinkRow): X2xTerms {
  const { id, name, agreement, priority, fallsBack, bindAddress, listenAddress } = row;
  return { id, name, agreement, priority, fallsBack, bindAddress, listenAddress };
}

function toState(status: X2xStatus): X2xState {
  return {
    ...status,
    since: status.since.toISOString(),
    nextAttemptAt: status.nextAttemptAt?.toISOString() ?? null,
    connections: status.connections.map((view) => ({
      ...view,
      since: view.since.toISOString(),
      lastInAt: view.lastInAt.toISOString(),
      provenAt: view.provenAt?.toISOString() ?? null,
    })),
  };
}
