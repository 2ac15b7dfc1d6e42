/** A token bucket: how fast a peer may send, with a burst of `burstSeconds` of its rate (RFC 6120 §13.12). */
export interface Pace {
  /** Takes `amount`; the milliseconds to wait before more is read, 0 when it is within the rate. */
  readonly take: (amount: number, now: number) => number;
}

const burstSeconds = 5;

/** `perSecond` is asked each time, so that a changed setting counts at once; null: no limit. */
export function createPace(perSecond: () => number | null): Pace {
  let left = Number.POSITIVE_INFINITY;
  let at = 0;
  return {
    take(amount, now) {
      const rate = perSecond();
      if (rate === null) return 0;
      left = Math.min(rate * burstSeconds, left + ((now - at) / 1_000) * rate) - amount;
      at = now;
      return left >= 0 ? 0 : Math.ceil((-left / rate) * 1_000);
    },
  };
}

/**
 * The paces of one stream: takes a stanza of so many bytes, whatever becomes of it, and says for how many milliseconds
 * nothing more is to be read.
 */
export function createStreamPace(limits: {
  readonly stanzasPerSecond: number | null;
  readonly bytesPerSecond: number | null;
}): (sizeBytes: number, now: number) => number {
  const stanzas = createPace(() => limits.stanzasPerSecond);
  const bytes = createPace(() => limits.bytesPerSecond);
  return (sizeBytes, now) => Math.max(stanzas.take(1, now), bytes.take(sizeBytes, now));
}
