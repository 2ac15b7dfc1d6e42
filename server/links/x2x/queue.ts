import type { XmlElement } from "#protocol/xmpp/element.ts";

/** A stanza on its way, in order. */
export interface Queued {
  readonly stanza: XmlElement;
  readonly xml: string;
  /** performance.now() of its coming. */
  readonly since: number;
}

/** Stanzas that wait for a connection, in order. */
export interface Queue {
  readonly count: () => number;
  /** In code units. */
  readonly size: () => number;
  readonly push: (one: Queued) => void;
  /** Before all that wait. */
  readonly putFirst: (those: readonly Queued[]) => void;
  readonly first: () => Queued | undefined;
  readonly shift: () => void;
  /** Gives up those that it holds for, in order. */
  readonly take: (holds: (one: Queued) => boolean) => readonly Queued[];
  /** Gives up the first ones, up to one that came later than that. */
  readonly takeUntil: (since: number) => readonly Queued[];
}

export function createQueue(): Queue {
  let queue: Queued[] = [];
  let size = 0;

  function keep(left: Queued[]): void {
    queue = left;
    size = queue.reduce((sum, { xml }) => sum + xml.length, 0);
  }

  return {
    count: () => queue.length,
    size: () => size,
    push(one) {
      queue.push(one);
      size += one.xml.length;
    },
    putFirst: (those) => keep([...those, ...queue]),
    first: () => queue[0],
    shift: () => void (size -= queue.shift()?.xml.length ?? 0),
    take(holds) {
      const given = new Set(queue.filter(holds));
      if (given.size > 0) keep(queue.filter((one) => !given.has(one)));
      return [...given];
    },
    takeUntil(since) {
      const later = queue.findIndex((one) => one.since > since);
      const given = queue.slice(0, later === -1 ? queue.length : later);
      if (given.length > 0) keep(queue.slice(given.length));
      return given;
    },
  };
}
