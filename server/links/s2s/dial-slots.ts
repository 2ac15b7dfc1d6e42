/** Lets so many pieces of work run at once; the others wait, first come, first served. */
export interface DialSlots {
  /** Runs `work` when there is room, and never rejects but as `work` does. */
  readonly run: <T>(work: () => Promise<T>) => Promise<T>;
  readonly waiting: () => number;
}

export function createDialSlots(limit: () => number): DialSlots {
  let taken = 0;
  const waiting = new Set<() => void>();

  /** Whoever leaves hands its place to the next. */
  function leave(): void {
    const [next] = waiting;
    if (next === undefined) {
      taken--;
      return;
    }
    waiting.delete(next);
    next();
  }

  return {
    async run(work) {
      if (taken < limit()) taken++;
      else await new Promise<void>((resolve) => waiting.add(resolve));
      try {
        return await work();
      } finally {
        leave();
      }
    },
    waiting: () => waiting.size,
  };
}
