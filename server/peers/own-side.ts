import type { Finding } from "#contract/traces.ts";
import { finding } from "./health.ts";
import type { Evidence } from "./observation.ts";

// ---- our links ----

/** An enabled link of ours that was attached once, as the database has it, whichever appliance holds it. */
export interface OwnLink {
  readonly name: string;
  readonly isAttached: boolean;
  /** The appliance that has it, while it is attached. */
  readonly nodeId: string | null;
  readonly lastError: Finding | null;
}

/** What our links let this appliance do. */
export type OwnSide =
  /** Checks can run; `hasLink` is false where no link was ever attached: then only our probe looks. */
  | { readonly kind: "able"; readonly hasLink: boolean }
  /** Another appliance has the link, so it runs the checks. */
  | { readonly kind: "standby" }
  /** A link went away moments ago: wait, a reload of the XMPP server is not an outage. */
  | { readonly kind: "waiting" }
  | { readonly kind: "down"; readonly cause: Finding };

/** Links that have been gone for longer than a restart of the XMPP server takes, with the reason. */
export interface OwnSideReading {
  readonly side: OwnSide;
  readonly down: readonly {
    readonly name: string;
    readonly since: Date;
    readonly cause: Finding;
  }[];
}

export const LINK_GRACE_MS = 15_000;

/**
 * Reads our side off the links. `firstSeenGone` is when this appliance first saw each link gone; links
 * not in it are seen now. The state's own time does not help: it begins anew with each attempt.
 */
export function readOwnSide(
  links: readonly OwnLink[],
  at: {
    readonly nodeId: string;
    readonly now: Date;
    readonly firstSeenGone: ReadonlyMap<string, Date>;
  },
): OwnSideReading {
  const down = links
    .filter((link) => !link.isAttached)
    .map((link) => ({
      name: link.name,
      since: at.firstSeenGone.get(link.name) ?? at.now,
      cause: causeOf(link),
    }))
    .filter(({ since }) => at.now.getTime() - since.getTime() >= LINK_GRACE_MS);
  return { side: sideOf(links, down, at.nodeId), down };
}

function sideOf(links: readonly OwnLink[], down: OwnSideReading["down"], nodeId: string): OwnSide {
  if (links.length === 0) return { kind: "able", hasLink: false };
  const attached = links.filter((link) => link.isAttached);
  if (attached.some((link) => link.nodeId === nodeId)) return { kind: "able", hasLink: true };
  if (attached.length > 0) return { kind: "standby" };
  const [first] = down;
  return first === undefined || down.length < links.length
    ? { kind: "waiting" }
    : { kind: "down", cause: first.cause };
}

function causeOf(link: OwnLink): Finding {
  return link.lastError ?? finding("link.down", "us", { domain: link.name });
}

// ---- our network ----

/**
 * Whether we are cut off: many peers that answered before fall silent, and nobody is heard. One silent
 * peer among answering ones is its own outage, and peers long dead say nothing about us.
 */
export interface NetworkWatch {
  readonly heardAt: number;
  /** Peers that fell silent since somebody was last heard. */
  readonly silent: readonly string[];
  /** When the first of them did. */
  readonly suspectSince: number | null;
  readonly downSince: number | null;
}

export interface NetworkNews {
  readonly watch: NetworkWatch;
  readonly event: "went_down" | "came_up" | null;
  /** A failure of this peer should not be believed before others were asked. */
  readonly isSuspect: boolean;
}

/** Silence must have lasted this long, and no longer than that is a failure held back for it. */
const MIN_SILENCE_MS = 5_000;
const MAX_SUSPICION_MS = 90_000;
const ENOUGH_PEERS = 10;

export function newNetworkWatch(now: number): NetworkWatch {
  return { heardAt: now, silent: [], suspectSince: null, downSince: null };
}

/** Takes one check's evidence into account. `watched` is how many peers are checked at all. */
export function watchNetwork(
  watch: NetworkWatch,
  seen: {
    readonly peerId: string;
    readonly evidence: Evidence;
    /** Its check before this one was answered, or there was none. */
    readonly wasHeard: boolean;
    readonly watched: number;
    readonly now: number;
  },
): NetworkNews {
  const { now } = seen;
  if (seen.evidence === "heard") {
    const event = watch.downSince === null ? null : "came_up";
    return { watch: newNetworkWatch(now), event, isSuspect: false };
  }
  if (seen.evidence === "neutral" || seen.watched < 2)
    return { watch, event: null, isSuspect: false };
  const isNew = seen.wasHeard && !watch.silent.includes(seen.peerId);
  const silent =
    isNew && watch.silent.length < ENOUGH_PEERS ? [...watch.silent, seen.peerId] : watch.silent;
  const suspectSince = silent.length === 0 ? null : (watch.suspectSince ?? now);
  const next: NetworkWatch = { ...watch, silent, suspectSince };
  if (watch.downSince !== null) return { watch: next, event: null, isSuspect: true };
  const needed = Math.min(ENOUGH_PEERS, Math.floor(seen.watched / 2) + 1);
  if (silent.length >= needed && now - watch.heardAt >= MIN_SILENCE_MS) {
    return {
      watch: { ...next, downSince: suspectSince ?? now },
      event: "went_down",
      isSuspect: true,
    };
  }
  const isSuspect = suspectSince !== null && now - suspectSince < MAX_SUSPICION_MS;
  return { watch: next, event: null, isSuspect };
}

/** Why peers are unknown while we are cut off. */
export function networkFinding(nodeId: string): Finding {
  return finding("our_side.network", "us", { node: nodeId });
}
