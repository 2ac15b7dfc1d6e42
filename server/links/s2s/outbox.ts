import type { XmlElement } from "#protocol/xmpp/element.ts";

/**
 * What was handed to one stream and may not have arrived. With stream management (XEP-0198) it is what the peer has
 * not acknowledged. Without it only what has not left this process is known to be undelivered; what has left is
 * unproven until the peer answers something that was sent behind it.
 */
export interface Outbox {
  readonly add: (stanza: XmlElement) => void;
  /** From now on the peer acknowledges, or no more; what was added before it did is out of its count. */
  readonly manage: (isManaged: boolean) => void;
  readonly acknowledged: (count: number) => void;
  /** All of this turn was written: `handed` bytes since the start, of which `taken` have left the process. */
  readonly flushed: (handed: number, taken: number) => void;
  /** How many have been added since the start: the place of a question that goes behind them. */
  readonly place: () => number;
  /** The peer answered what was sent behind so many. */
  readonly proved: (place: number) => void;
  readonly waiting: () => number;
  readonly unproven: () => number;
  /** The stream is gone: `taken` bytes had left. */
  readonly close: (taken: number) => { undelivered: readonly XmlElement[]; unproven: number };
}

interface Entry {
  readonly stanza: XmlElement;
  /** Bytes since the start up to its end; null until it is written. */
  end: number | null;
}

export function createOutbox(): Outbox {
  let entries: Entry[] = [];
  let first = 0;
  let isManaged = false;
  let added = 0;
  let proven = 0;

  function dropFirst(count: number): void {
    first = Math.min(entries.length, first + count);
    if (first < 1_024 && first < entries.length) return;
    entries = entries.slice(first);
    first = 0;
  }

  return {
    add(stanza) {
      entries.push({ stanza, end: null });
      added++;
    },
    manage(next) {
      isManaged = next;
      if (next) dropFirst(entries.length);
    },
    acknowledged(count) {
      dropFirst(count);
      proven = added;
    },
    flushed(handed, taken) {
      for (let index = entries.length - 1; index >= first; index--) {
        const entry = entries[index];
        if (entry === undefined || entry.end !== null) break;
        entry.end = handed;
      }
      if (isManaged) return;
      let gone = 0;
      while ((entries[first + gone]?.end ?? Number.POSITIVE_INFINITY) <= taken) gone++;
      if (gone > 0) dropFirst(gone);
    },
    place: () => added,
    proved(place) {
      proven = Math.max(proven, place);
    },
    waiting: () => entries.length - first,
    unproven: () => (isManaged ? 0 : added - proven),
    close(taken) {
      const left = entries.slice(first);
      entries = [];
      first = 0;
      const undelivered = left.filter(({ end }) => isManaged || end === null || end > taken);
      return {
        undelivered: undelivered.map(({ stanza }) => stanza),
        unproven: isManaged ? 0 : Math.max(0, added - proven - undelivered.length),
      };
    },
  };
}
