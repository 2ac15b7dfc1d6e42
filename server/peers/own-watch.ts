import type { Finding } from "#contract/traces.ts";
import type { Changes } from "#store/changes.ts";
import type { Database } from "#store/database.ts";
import { closeIncidents, listOpenOwnSide, openIncidents } from "#store/incidents.ts";
import { NODE_LEASE_MS } from "#store/nodes.ts";
import { listNodeIds, listOwnLinks } from "#store/own-side.ts";
import { countWatched, hurryUnknown, markAllUnknown } from "#store/watching.ts";
import type { Evidence } from "./observation.ts";
import type { AskOutside } from "./outside-probe.ts";
import {
  networkFinding,
  newNetworkWatch,
  type OwnSide,
  readOwnSide,
  watchNetwork,
} from "./own-side.ts";

/** Watches our own side, so that what is wrong with us is said once, and of no peer. */
export interface OwnWatch {
  /** Reads links anew, brings incidents up to date, and says whether checks can run. */
  readonly look: () => Promise<OwnSide>;
  /** Takes one check's evidence; `isNews`: look again soon. */
  readonly hear: (seen: { peerId: string; evidence: Evidence; wasHeard: boolean }) => {
    /** Nothing came from outside because nothing can: it says nothing about the peer. */
    readonly isCutOff: boolean;
    readonly isSuspect: boolean;
    readonly isNews: boolean;
  };
  readonly cause: () => Finding;
}

interface Trouble {
  readonly subject: string;
  readonly since: Date;
  readonly cause: Finding;
}

/** After our side is back, peers that became unknown are looked at within this time. */
const CATCH_UP_MS = 20_000;
const COUNT_EVERY_MS = 10_000;

export function createOwnWatch(deps: {
  db: Database;
  changes: Changes;
  nodeId: string;
  now: () => Date;
  askOutside: AskOutside;
  /** Somebody outside answered: look again soon. */
  onHeard: () => void;
}): OwnWatch {
  const { db, changes, nodeId } = deps;
  const cause = networkFinding(nodeId);
  let firstSeenGone = new Map<string, Date>();
  let network = newNetworkWatch(deps.now().getTime());
  let watched = 0;
  let countedAt = Number.NEGATIVE_INFINITY;
  let wasBlind = false;
  let isFirstLook = true;
  let isAsking = false;

  async function look(): Promise<OwnSide> {
    const now = deps.now();
    const links = await listOwnLinks(db, now);
    const gone = links.filter(({ isAttached }) => !isAttached);
    firstSeenGone = new Map(gone.map(({ name }) => [name, firstSeenGone.get(name) ?? now]));
    const { side, down } = readOwnSide(links, { nodeId, now, firstSeenGone });
    const open = await listOpenOwnSide(db);
    // What we said before a restart stands until somebody is heard.
    if (isFirstLook && open.some(({ subject }) => subject === nodeId))
      network = { ...network, downSince: now.getTime(), suspectSince: now.getTime() };
    isFirstLook = false;
    if (now.getTime() - countedAt >= COUNT_EVERY_MS) {
      watched = await countWatched(db);
      countedAt = now.getTime();
    }
    // Whoever asks nobody hears nobody, and would say so for ever.
    if (side.kind === "standby" || watched === 0) network = newNetworkWatch(now.getTime());
    const troubles = down.map(({ name: subject, ...rest }): Trouble => ({ subject, ...rest }));
    if (network.downSince !== null)
      troubles.push({ subject: nodeId, since: new Date(network.downSince), cause });
    await keepIncidents(troubles, open, now);
    if (side.kind === "down" && (await markAllUnknown(db, side.cause, now)) > 0)
      await changes.emit(db, "checks");
    if (network.suspectSince !== null) ask();
    const isBlind = side.kind === "down" || network.downSince !== null;
    if (wasBlind && !isBlind) await hurryUnknown(db, now, CATCH_UP_MS);
    wasBlind = isBlind;
    return side;
  }

  /** While we may be cut off, somebody who has nothing to do with our peers is asked. */
  function ask(): void {
    if (isAsking) return;
    isAsking = true;
    void deps.askOutside().then((isHeard) => {
      isAsking = false;
      if (!isHeard || network.suspectSince === null) return;
      network = newNetworkWatch(deps.now().getTime());
      deps.onHeard();
    });
  }

  /** One open incident per trouble; those of what is well again, or ours no more, close. */
  async function keepIncidents(
    troubles: readonly Trouble[],
    open: readonly { subject: string; code: string }[],
    now: Date,
  ): Promise<void> {
    const openings = troubles.filter(({ subject }) => !open.some((one) => one.subject === subject));
    const over = open.filter(({ subject }) => !troubles.some((one) => one.subject === subject));
    const living = over.some((one) => isForeign(one))
      ? await listNodeIds(db, new Date(now.getTime() - 4 * NODE_LEASE_MS))
      : [];
    const closings = over.filter((one) => !isForeign(one) || !living.includes(one.subject));
    if (openings.length === 0 && closings.length === 0) return;
    await db.transaction(async (tx) => {
      await closeIncidents(
        tx,
        closings.map(({ subject }) => ({ kind: "our_side", subject, at: now })),
      );
      await openIncidents(
        tx,
        openings.map((trouble) => ({
          kind: "our_side",
          peerId: null,
          subject: trouble.subject,
          openedAt: trouble.since,
          closedAt: null,
          cause: trouble.cause,
          traceId: null,
        })),
      );
      await changes.emit(tx, "incidents");
    });
  }

  /** Another appliance's network is its own business while it lives. */
  function isForeign({ subject, code }: { subject: string; code: string }): boolean {
    return code === cause.code && subject !== nodeId;
  }

  return {
    look,
    hear(seen) {
      const now = deps.now().getTime();
      const { watch, event, isSuspect } = watchNetwork(network, { ...seen, watched, now });
      network = watch;
      if (isSuspect) ask();
      const isCutOff = network.downSince !== null && seen.evidence !== "heard";
      return { isCutOff, isSuspect, isNews: event !== null };
    },
    cause: () => cause,
  };
}
