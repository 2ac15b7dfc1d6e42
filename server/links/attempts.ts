/** Counts the connections that each address makes in a minute (RFC 6120 §13.12). */
export interface Attempts {
  /** Counts one more; true: it is one too many. */
  readonly isTooOften: (address: string) => boolean;
}

/** `maxPerMinute` is asked each time, so that a changed setting counts at once. */
export function createAttempts(maxPerMinute: () => number): Attempts {
  let counts = new Map<string, number>();
  let minuteBegan = performance.now();
  return {
    isTooOften(address) {
      const now = performance.now();
      if (now - minuteBegan >= 60_000) {
        minuteBegan = now;
        counts = new Map();
      }
      const count = (counts.get(address) ?? 0) + 1;
      counts.set(address, count);
      return count > maxPerMinute();
    },
  };
}
