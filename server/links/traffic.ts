/** What passed over a link for one remote domain since it was last taken. */
export interface Traffic {
  readonly linkId: string;
  /** Empty for what concerns the link as a whole, or a domain beyond those kept apart. */
  readonly remoteDomain: string;
  readonly stanzasIn: number;
  readonly stanzasOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Stanzas of strangers, unsolicited answers, what was too big: not delivered to anybody. */
  readonly dropped: number;
  readonly lastActivityAt: Date;
}

export type TrafficKind = "in" | "out" | "dropped";

export interface Totals {
  stanzasIn: number;
  stanzasOut: number;
  bytesIn: number;
  bytesOut: number;
  dropped: number;
}

export interface TrafficCounters {
  readonly count: (
    linkId: string,
    remoteDomain: string,
    kind: TrafficKind,
    sizeBytes: number,
    at: Date,
  ) => void;
  /** Takes all counts; links' own rows are the sums over their domains. */
  readonly take: () => Traffic[];
  /** All stanzas and bytes since the start, and those that reached nobody. */
  readonly totals: () => Readonly<Totals>;
  /** Gives counts back that could not be stored. */
  readonly giveBack: (counts: readonly Traffic[]) => void;
  /** Begins anew to admit domains: what was stored for the ones before has been bounded. */
  readonly readmit: () => void;
}

type Count = { -readonly [K in keyof Traffic]: Traffic[K] };

/**
 * Counts in memory. At most `maxDomains` remote domains are kept apart per link between two takes, and
 * `maxAdmitted` of them until {@link TrafficCounters.readmit}: a peer can invent names without end, rows
 * cannot be.
 */
export function createTrafficCounters(maxDomains = 2_000, maxAdmitted = 10_000): TrafficCounters {
  let links = new Map<string, Map<string, Count>>();
  const admitted = new Map<string, Set<string>>();
  const totals: Totals = { stanzasIn: 0, stanzasOut: 0, bytesIn: 0, bytesOut: 0, dropped: 0 };

  function find(linkId: string, remoteDomain: string, at: Date): Count {
    let domains = links.get(linkId);
    if (domains === undefined) links.set(linkId, (domains = new Map()));
    let count = domains.get(remoteDomain);
    if (count === undefined) {
      count = {
        linkId,
        remoteDomain,
        stanzasIn: 0,
        stanzasOut: 0,
        bytesIn: 0,
        bytesOut: 0,
        dropped: 0,
        lastActivityAt: at,
      };
      domains.set(remoteDomain, count);
    }
    return count;
  }

  function add(
    linkId: string,
    remoteDomain: string,
    traffic: Omit<Traffic, "linkId" | "remoteDomain">,
  ) {
    const count = find(linkId, remoteDomain, traffic.lastActivityAt);
    count.stanzasIn += traffic.stanzasIn;
    count.stanzasOut += traffic.stanzasOut;
    count.bytesIn += traffic.bytesIn;
    count.bytesOut += traffic.bytesOut;
    count.dropped += traffic.dropped;
    if (traffic.lastActivityAt > count.lastActivityAt)
      count.lastActivityAt = traffic.lastActivityAt;
  }

  function isAdmitted(linkId: string, remoteDomain: string): boolean {
    let domains = admitted.get(linkId);
    if (domains === undefined) admitted.set(linkId, (domains = new Set()));
    if (domains.size < maxAdmitted) domains.add(remoteDomain);
    return domains.has(remoteDomain);
  }

  return {
    count(linkId, remoteDomain, kind, sizeBytes, at) {
      tally(totals, kind, sizeBytes);
      note(find(linkId, "", at), kind, sizeBytes, at);
      if (remoteDomain === "") return;
      const domains = links.get(linkId);
      const known = domains?.get(remoteDomain);
      // What has a row between two takes was admitted before.
      if (known !== undefined) return note(known, kind, sizeBytes, at);
      if ((domains?.size ?? 0) <= maxDomains && isAdmitted(linkId, remoteDomain))
        note(find(linkId, remoteDomain, at), kind, sizeBytes, at);
    },
    totals: () => totals,
    readmit: () => admitted.clear(),
    take() {
      const counts = [...links.values()].flatMap((domains) => [...domains.values()]);
      links = new Map();
      return counts;
    },
    giveBack(counts) {
      for (const { linkId, remoteDomain, ...traffic } of counts) add(linkId, remoteDomain, traffic);
    },
  };
}

function note(count: Count, kind: TrafficKind, sizeBytes: number, at: Date): void {
  tally(count, kind, sizeBytes);
  if (at.getTime() > count.lastActivityAt.getTime()) count.lastActivityAt = at;
}

function tally(totals: Totals, kind: TrafficKind, sizeBytes: number): void {
  if (kind === "out") {
    totals.stanzasOut++;
    totals.bytesOut += sizeBytes;
    return;
  }
  totals.stanzasIn++;
  totals.bytesIn += sizeBytes;
  if (kind === "dropped") totals.dropped++;
}
