import { headOf, type XmlElement } from "#protocol/xmpp/element.ts";

/**
 * What was handed to one stream and may not have arrived. With stream management (XEP-0198) it is what the peer has
 * not acknowledged. Without it only what has not left this process is known to be undelivered; what has left is
 * unproven until the peer answers something that was sent behind it.
 */
export interface Outbox {
  /** `units`: the length of its text. */
  readonly add: (stanza: XmlElement, units: number) => void;
  /** From now on the peer acknowledges, or no more; what was added before it did is out of its count. */
  readonly manage: (isManaged: boolean) => void;
  /** So many more have arrived; and if that answers a question, what was added before management has, too. */
  readonly acknowledged: (count: number, isAnswer: boolean) => void;
  /** All of this turn was written: `handed` bytes since the start, of which `taken` have left the process. */
  readonly flushed: (handed: number, taken: number) => void;
  /** How many have been added since the start: the place of a question that goes behind them. */
  readonly place: () => number;
  /** The peer answered what was sent behind so many. */
  readonly proved: (place: number) => void;
  readonly waiting: () => number;
  /** The length of what `waiting` counts. */
  readonly waitingUnits: () => number;
  readonly unproven: () => number;
  /** Those of which the system was given all and has taken all but perhaps the end: nobody knows whether they arrive. */
  readonly between: (taken: number, given: number) => readonly XmlElement[];
  /** The stream is gone: `taken` bytes had left. */
  readonly close: (taken: number) => { undelivered: readonly XmlElement[]; unproven: number };
}

interface Entry {
  readonly stanza: XmlElement;
  readonly units: number;
  /** Bytes since the start up to its end; null until it is written. */
  end: number | null;
}

/** `keep`: what is needed of a stanza that does not arrive. An error needs its head alone; sending it again all of it. */
export function createOutbox(keep: (stanza: XmlElement) => XmlElement = headOf): Outbox {
  let entries: Entry[] = [];
  let first = 0;
  /** Of those that wait, the ones that were added before the peer acknowledged; and the place of the last of them. */
  let earlier = 0;
  let managedFrom = 0;
  let units = 0;
  let isManaged = false;
  let added = 0;
  let proven = 0;

  function dropFirst(count: number): void {
    const end = Math.min(entries.length, first + count);
    for (; first < end; first++) units -= entries[first]?.units ?? 0;
    if (first < 1_024 && first < entries.length) return;
    entries = entries.slice(first);
    first = 0;
  }

  return {
    add(stanza, length) {
      entries.push({ stanza: keep(stanza), units: length, end: null });
      units += length;
      added++;
    },
    manage(next) {
      isManaged = next;
      earlier = next ? entries.length - first : 0;
      managedFrom = added;
    },
    acknowledged(count, isAnswer) {
      if (count === 0 && !isAnswer) return;
      dropFirst(earlier + count);
      earlier = 0;
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
    waitingUnits: () => units,
    unproven: () => Math.max(0, (isManaged ? managedFrom : added) - proven),
    between: (taken, given) =>
      entries
        .slice(first)
        .filter(({ end }) => end !== null && end > taken && end <= given)
        .map(({ stanza }) => stanza),
    close(taken) {
      const left = entries.slice(first);
      const isCounted = (index: number) => isManaged && index >= earlier;
      const undelivered = left.filter(
        ({ end }, index) => isCounted(index) || end === null || end > taken,
      );
      // Those before them that the system took: nobody knows.
      const known = undelivered.length - (isManaged ? left.length - earlier : 0);
      const unproven = Math.max(0, (isManaged ? managedFrom : added) - proven - known);
      entries = [];
      first = earlier = units = 0;
      return { undelivered: undelivered.map(({ stanza }) => stanza), unproven };
    },
  };
}
