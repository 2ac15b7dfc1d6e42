/** How many automatic answers one remote domain may cause. */
export interface ReplyLimit {
  /** Takes one answer from the domain's budget; false when it is used up. `nowMs` never goes back. */
  readonly allows: (domain: string, nowMs: number) => boolean;
}

/**
 * A bucket of `burst` answers per domain, filled at `perSecond`. Of domains that were quiet long
 * enough to be full again nothing is kept, so that invented names cost no memory for long; when more
 * than `maxDomains` are busy at once, they share one bucket.
 */
export function createReplyLimit(
  perSecond: number,
  burst: number,
  maxDomains = 10_000,
): ReplyLimit {
  const buckets = new Map<string, { level: number; atMs: number }>();

  function sweep(nowMs: number): void {
    for (const [domain, bucket] of buckets)
      if (bucket.level + ((nowMs - bucket.atMs) / 1000) * perSecond >= burst)
        buckets.delete(domain);
  }

  return {
    allows(domain, nowMs) {
      let key = domain;
      let bucket = buckets.get(key);
      if (bucket === undefined && buckets.size >= maxDomains) {
        sweep(nowMs);
        if (buckets.size >= maxDomains) key = "";
        bucket = buckets.get(key);
      }
      if (bucket === undefined) buckets.set(key, (bucket = { level: burst, atMs: nowMs }));
      const filled = bucket.level + ((nowMs - bucket.atMs) / 1000) * perSecond;
      bucket.level = Math.min(burst, filled);
      bucket.atMs = nowMs;
      if (bucket.level < 1) return false;
      bucket.level -= 1;
      return true;
    },
  };
}
