import type { X2xState } from "#contract/x2x.ts";
import type { Changes } from "#store/changes.ts";
import type { Database } from "#store/database.ts";
import { listAttachments } from "#store/links.ts";
import {
  listLeaseHolders,
  listLiveNodes,
  NODE_LEASE_MS,
  releaseLease,
  renewLeases,
  takeLease,
} from "#store/nodes.ts";
import { clearX2xState, listX2xLinks, writeX2xState, type X2xLinkRow } from "#store/x2x.ts";
import type { Domain } from "#protocol/xmpp/address.ts";
import { createFollower } from "#links/follower.ts";
import type { LoginCost } from "../s2s/login.ts";
import { leaseNameOf } from "#links/lease-name.ts";
import { type Groups, groupsOf } from "./groups.ts";
import type { X2xStatus } from "./link.ts";
import type { X2xTerms } from "./terms.ts";
import type { X2x } from "./x2x.ts";

/**
 * Follows the database: holds the leases of X2X links, sets them up, and writes how they stand. One lease stands for a group of
 * links and the names that they speak for: they are on one appliance, or an agreed link could be passed by. As long as no
 * other appliance was seen, an outage of the database does not cost the links.
 */
export interface X2xKeeper {
  readonly start: () => Promise<void>;
  /** Links that are switched on, and another appliance holds. */
  readonly elsewhere: () => readonly X2xTerms[];
  /** Whether this name of ours may be served here: no X2X link speaks for it, or it is here. */
  readonly mayServe: (name: string) => boolean;
  /** A link's state has changed: written at most once a second. */
  readonly changed: (linkId: string) => void;
  readonly stop: () => Promise<void>;
}

const STATE_MS = 1_000;
/** Of a lease: at the third renewal in a row that fails, and not after its end. */
const LAPSED_SHARE = 5 / 6;

export function createX2xKeeper(deps: {
  readonly db: Database;
  readonly changes: Changes;
  readonly nodeId: string;
  readonly leaseMs: number;
  readonly x2x: Pick<X2x, "configure" | "statuses">;
  /** What the last login of a normal stream took. */
  readonly loginCost: (local: Domain, remote: Domain) => LoginCost | null;
  /** Which names may be served here has changed. */
  readonly onMoved: () => void;
  readonly now: () => Date;
  readonly onError: (error: unknown) => void;
}): X2xKeeper {
  const { db, changes, nodeId, leaseMs, x2x, now, onError } = deps;
  const held = new Map<string, X2xTerms>();
  let elsewhere: readonly X2xTerms[] = [];
  let groups: Groups = groupsOf([]);
  /** Groups whose lease is ours. */
  let ours: ReadonlySet<string> = new Set();
  const unwritten = new Set<string>();
  let isAlone = true;
  let isRenewing = false;
  /** performance.now() before what was held was last renewed, and how often it was let go since it could not be. */
  let renewedAt = performance.now();
  let lapses = 0;
  let isStopped = false;
  let timer: NodeJS.Timeout | null = null;
  let writing: NodeJS.Timeout | null = null;
  let unsubscribe: () => void = () => {};

  const leaseUntil = () => new Date(now().getTime() + leaseMs);

  const follower = createFollower(follow, onError);

  async function follow(): Promise<void> {
    const lapsesBefore = lapses;
    const rows = (await listX2xLinks(db)).filter(({ link }) => link.isEnabled);
    const next = groupsOf(
      rows.map(({ link }) => ({ id: link.id, names: link.agreement.sides[0].domains })),
    );
    const taken = await takeGroups(next);
    // It took longer than a lease lasts.
    if (lapses !== lapsesBefore) return;
    const before = [...groups.ofName].map(([name]) => [name, mayServe(name)] as const);
    [groups, ours] = [next, taken];
    for (const id of [...held.keys()]) {
      if (ours.has(groups.ofLink.get(id) ?? "")) continue;
      held.delete(id);
      if (!groups.ofLink.has(id)) await clearX2xState(db, id);
    }
    for (const { link } of rows)
      if (ours.has(groups.ofLink.get(link.id) ?? "")) held.set(link.id, termsOf(link));
    elsewhere = rows.map(({ link }) => termsOf(link)).filter(({ id }) => !held.has(id));
    // As in `letGo`: what they send meanwhile would pass the links by.
    if (before.some(([name, wasServed]) => wasServed && !mayServe(name))) deps.onMoved();
    await x2x.configure([...held.values()]);
    const known = new Map(before);
    const isMoved = [...groups.ofName.keys(), ...known.keys()].some(
      (name) => mayServe(name) !== (known.get(name) ?? true),
    );
    if (isMoved) deps.onMoved();
    for (const id of held.keys()) unwritten.add(id);
    await writeStates();
  }

  /** Renews what is held, lets go of what is no longer a group, and takes what is free. */
  async function takeGroups(next: Groups): Promise<Set<string>> {
    const wanted = [...new Set(next.ofLink.values())];
    for (const group of ours)
      if (!wanted.includes(group)) await releaseLease(db, leaseName(group), nodeId);
    const names = wanted.filter((group) => ours.has(group)).map(leaseName);
    const kept = new Set(await renewLeases(db, { names, nodeId, expiresAt: leaseUntil() }));
    const taken = new Set<string>();
    const preferred = await preferredNodes(next);
    for (const group of wanted) {
      const name = leaseName(group);
      const isElsewhere = (preferred.get(group) ?? nodeId) !== nodeId;
      const lease = { name, nodeId, now: now(), expiresAt: leaseUntil() };
      if (kept.has(name) || (!isElsewhere && (await takeLease(db, lease)))) taken.add(group);
    }
    return taken;
  }

  /** Not left to the follower alone: it waits for connections that close, for as long as a lease lasts. */
  function pulse(): void {
    const hasLapsed = performance.now() - renewedAt >= leaseMs * LAPSED_SHARE;
    if (hasLapsed && !isAlone && held.size > 0) letGo().catch(onError);
    if (isRenewing) return;
    isRenewing = true;
    renew()
      .then(follower.wake, onError)
      .finally(() => (isRenewing = false));
  }

  async function renew(): Promise<void> {
    const begun = performance.now();
    const names = [...ours].map(leaseName);
    await renewLeases(db, { names, nodeId, expiresAt: leaseUntil() });
    const nodes = await listLiveNodes(db, new Date(now().getTime() - NODE_LEASE_MS));
    isAlone = nodes.every((node) => node.id === nodeId);
    renewedAt = begun;
  }

  /** Another appliance may hold the links now; first the names go, or what they send would pass the links by. */
  async function letGo(): Promise<void> {
    lapses++;
    elsewhere = [...elsewhere, ...held.values()];
    held.clear();
    ours = new Set();
    deps.onMoved();
    await x2x.configure([]);
  }

  /** Where the names of a group are already the group follows; where they are apart, the first decides. */
  async function preferredNodes(next: Groups): Promise<Map<string, string>> {
    const attachments = await listAttachments(db);
    const native = attachments
      .filter(({ link }) => link.kind !== "component" && next.ofName.has(link.name))
      .map(({ link }) => link);
    const leases = native.map(({ id }) => leaseNameOf(id));
    const holders = await listLeaseHolders(db, leases, now());
    const preferred = new Map<string, string>();
    for (const { id, name } of native) {
      const group = next.ofName.get(name) ?? "";
      const holder = holders.get(leaseNameOf(id));
      if (holder !== undefined && !preferred.has(group)) preferred.set(group, holder);
    }
    return preferred;
  }

  function mayServe(name: string): boolean {
    const group = groups.ofName.get(name);
    return group === undefined || ours.has(group);
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
    mayServe,
    async start() {
      unsubscribe = changes.on((resource) => {
        if (/^(?:\*$|x2x-terms|links|domains)/.test(resource)) follower.wake();
      });
      timer = setInterval(pulse, leaseMs / 3);
      follower.wake();
      await follower.settled();
    },
    async stop() {
      isStopped = true;
      unsubscribe();
      if (timer !== null) clearInterval(timer);
      if (writing !== null) clearTimeout(writing);
      await follower.stop();
      for (const id of held.keys()) await clearX2xState(db, id).catch(onError);
      for (const group of ours) await releaseLease(db, leaseName(group), nodeId).catch(onError);
    },
  };
}

function leaseName(group: string): string {
  return `x2x/${group}`;
}

function termsOf(row: X2xLinkRow): X2xTerms {
  const { id, name, agreement, priority, fallsBack, bindAddress, listenAddress } = row;
  return { id, name, agreement, priority, fallsBack, bindAddress, listenAddress };
}

function toState(status: X2xStatus): X2xState {
  return {
    ...status,
    since: status.since.toISOString(),
    visitors: status.visitors.map((one) => ({ ...one, at: one.at.toISOString() })),
    nextAttemptAt: status.nextAttemptAt?.toISOString() ?? null,
    connections: status.connections.map((view) => ({
      ...view,
      since: view.since.toISOString(),
      lastInAt: view.lastInAt.toISOString(),
      provenAt: view.provenAt?.toISOString() ?? null,
    })),
  };
}
