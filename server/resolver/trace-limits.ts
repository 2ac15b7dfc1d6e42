/** How often one domain may be traced on request: bursts for a person at work, no hammering of a peer. */
export interface TraceLimits {
  /** Null when it may begin; else after how many seconds it may. */
  readonly take: (target: string, nowMs: number) => number | null;
}

const maxTargets = 10_000;

/** A bucket per target: `burst` at once, then one per `everyMs`. */
export function createTraceLimits(burst = 20, everyMs = 3_000): TraceLimits {
  /** The time at which each bucket is full again. */
  const fullAt = new Map<string, number>();
  return {
    take(target, nowMs) {
      const full = Math.max(fullAt.get(target) ?? 0, nowMs);
      const spentMs = full - nowMs;
      if (spentMs > (burst - 1) * everyMs)
        return Math.max(1, Math.ceil((spentMs - (burst - 1) * everyMs) / 1_000));
      fullAt.delete(target);
      fullAt.set(target, full + everyMs);
      let looked = 0;
      for (const [oldest, at] of fullAt) {
        if (at <= nowMs || fullAt.size > maxTargets) fullAt.delete(oldest);
        looked += 1;
        if (looked >= 2) break;
      }
      return null;
    },
  };
}
