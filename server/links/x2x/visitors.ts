import type { Finding } from "#contract/traces.ts";
import type { X2xStatus } from "./link.ts";

/** Somebody connected who was not the peer, or not as agreed. */
export interface X2xVisitor {
  /** What did not fit, the last time that it was this. */
  readonly finding: Finding;
  /** Whence, that time. */
  readonly address: string;
  readonly at: Date;
  /** How often this did not fit since the peer itself last came. */
  readonly count: number;
}

/**
 * Who came to a link and was not taken for its peer: kept apart from the link's own failures, since anybody may come, and one
 * for each code, so that nobody's attempts hide those of a peer that is set up otherwise.
 */
export interface Visitors {
  readonly note: (finding: Finding, address: string) => void;
  /** The peer has come. */
  readonly forget: () => void;
  /** The last one first. */
  readonly list: () => readonly X2xVisitor[];
}

export function createVisitors(now: () => Date): Visitors {
  let visitors: readonly X2xVisitor[] = [];
  return {
    note(finding, address) {
      const { code } = finding;
      const count = visitors.find((one) => one.finding.code === code)?.count ?? 0;
      const others = visitors.filter((one) => one.finding.code !== code);
      visitors = [{ finding, address, at: now(), count: count + 1 }, ...others];
    },
    forget: () => (visitors = []),
    list: () => visitors,
  };
}

/** The one finding to say where there is room for one: that nobody came says less than who did. */
export function mostTelling({
  lastError,
  visitors: [visitor],
}: Pick<X2xStatus, "lastError" | "visitors">): Finding | null {
  const isVague = lastError === null || lastError.code === "x2x.nobody_came";
  return isVague ? (visitor?.finding ?? lastError) : lastError;
}
