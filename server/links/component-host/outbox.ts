import type { Socket } from "node:net";
import { headOf, type XmlElement } from "#protocol/xmpp/element.ts";

/** What waits to be written to one connection, in order. */
export interface Outbox {
  /** Takes text, and the stanza that it is if somebody must hear of its loss, by name and attributes. Never throws. */
  readonly push: (xml: string, stanza: XmlElement | null) => "taken" | "full";
  /** Hands over what is left and ends our side of the connection; nothing is taken afterwards. */
  readonly end: () => void;
  /** Drops the connection at once; what the system did not take is lost, and told so. */
  readonly destroy: () => void;
  readonly queued: () => { readonly stanzas: number; readonly length: number };
  /** Since when (performance.now) the same text has been standing; null: it flows. */
  readonly stalledSince: () => number | null;
}

/** At most so many characters are given to the system at once: what it has not taken is still ours to bounce. */
const batchLength = 256 * 1024;

/**
 * Several stanzas of one turn go out in one write, and one write is under way at a time, so that it is known which
 * stanzas the system has taken. `onLost` hears of the others, once, when the connection ends without them.
 */
export function createOutbox(
  socket: Socket,
  maxLength: () => number,
  onLost: (stanzas: readonly XmlElement[]) => void,
): Outbox {
  let waiting: string[] = [];
  /** One for each text of `waiting`. */
  let stanzas: (XmlElement | null)[] = [];
  let waitingLength = 0;
  let written: (XmlElement | null)[] = [];
  let writtenLength = 0;
  let writingSince: number | null = null;
  let isScheduled = false;
  let isEnding = false;
  let isDead = false;

  function push(xml: string, stanza: XmlElement | null): "taken" | "full" {
    if (isDead || isEnding) return "full";
    if (stanza !== null && waitingLength + writtenLength + xml.length > maxLength()) return "full";
    waiting.push(xml);
    stanzas.push(stanza === null ? null : headOf(stanza));
    waitingLength += xml.length;
    if (!isScheduled && writingSince === null) {
      isScheduled = true;
      queueMicrotask(flush);
    }
    return "taken";
  }

  function flush(): void {
    isScheduled = false;
    if (isDead || writingSince !== null) return;
    if (waiting.length === 0) {
      if (isEnding) socket.end();
      return;
    }
    const text = takeBatch();
    writingSince = performance.now();
    socket.write(text, "utf8", (error) => {
      // A write that was cut short by `destroy` may end without an error.
      if (error != null || socket.destroyed) return lose();
      writingSince = null;
      written = [];
      writtenLength = 0;
      flush();
    });
  }

  function takeBatch(): string {
    let count = waiting.length;
    writtenLength = waitingLength;
    if (waitingLength > batchLength) {
      count = writtenLength = 0;
      while (writtenLength < batchLength) writtenLength += waiting[count++]?.length ?? 0;
    }
    const isAll = count === waiting.length;
    const batch = isAll ? waiting : waiting.slice(0, count);
    written = isAll ? stanzas : stanzas.slice(0, count);
    waiting = isAll ? [] : waiting.slice(count);
    stanzas = isAll ? [] : stanzas.slice(count);
    waitingLength -= writtenLength;
    return batch.join("");
  }

  function lose(): void {
    if (isDead) return;
    isDead = true;
    const lost = [...written, ...stanzas].filter((stanza) => stanza !== null);
    waiting = [];
    stanzas = [];
    written = [];
    waitingLength = writtenLength = 0;
    writingSince = null;
    if (lost.length > 0) onLost(lost);
  }

  return {
    push,
    end() {
      if (isEnding || isDead) return;
      isEnding = true;
      flush();
    },
    destroy() {
      socket.destroy();
      lose();
    },
    queued: () => ({
      stanzas: stanzas.length + written.length,
      length: waitingLength + writtenLength,
    }),
    stalledSince: () => writingSince,
  };
}
