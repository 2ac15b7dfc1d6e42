import { createPairs, type Pairs } from "#links/pairs.ts";
import type { X2xLink } from "./link.ts";

/** The links of one pair of domains, the preferred first, and the one that carries it now. */
export interface Way {
  readonly links: readonly Held[];
  readonly mayFallBack: boolean;
  current: Held | null;
  /** A normal stream carries this pair for now. */
  isAway: boolean;
}

export interface Held {
  readonly link: X2xLink;
  /** Changes when the link must be made anew. */
  readonly key: string;
}

/** The way of each pair of domains; `heirs`: the links that carry, in place of one that has gone, what it did. */
export function routeLinks(
  held: readonly Held[],
  before: Pairs<Way>,
): { readonly ways: Pairs<Way>; readonly heirs: ReadonlyMap<Held, ReadonlySet<Held>> } {
  const sorted = held.toSorted(
    (one, other) =>
      one.link.terms.priority - other.link.terms.priority ||
      (one.link.terms.id < other.link.terms.id ? -1 : 1),
  );
  const groups = createPairs<{ local: string; remote: string; links: Held[] }>();
  for (const one of sorted) {
    const [ours, theirs] = one.link.terms.agreement.sides;
    for (const local of ours.domains)
      for (const remote of theirs.domains) {
        const group = groups.get(local, remote);
        if (group === undefined) groups.set(local, remote, { local, remote, links: [one] });
        else group.links.push(one);
      }
  }
  const heirs = new Map<Held, Set<Held>>();
  const ways = createPairs<Way>();
  for (const { local, remote, links } of groups.values()) {
    const { current: carrier = null, isAway = false } = before.get(local, remote) ?? {};
    const mayFallBack = links.some(({ link }) => link.terms.fallsBack);
    const isLeft = carrier !== null && !links.includes(carrier);
    const heir = isLeft && !isAway ? usable(links) : null;
    if (isLeft && heir !== null)
      heirs.set(carrier, heirs.get(carrier)?.add(heir) ?? new Set([heir]));
    ways.set(local, remote, { links, mayFallBack, current: isLeft ? heir : carrier, isAway });
  }
  return { ways, heirs };
}

/** A single link takes what it can keep for later; of several the first that works now. */
function usable(links: readonly Held[]): Held | null {
  return links.find(({ link }) => link.isUsable()) ?? links[0] ?? null;
}
