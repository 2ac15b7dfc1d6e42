import type { Finding } from "#contract/traces.ts";
import type { Identity } from "./identify.ts";

/** What a connection over TLS rests on, until its certificates end (RFC 6120 §13.7.2.3). */
export interface Proof extends Pick<Identity, "validUntil" | "presented"> {
  /** What the peer showed: DER, leaf first. */
  readonly chain: readonly Uint8Array[];
  /** When the certificate ends that we showed. */
  readonly ownEnd: Date;
  /** performance.now() before it was judged. */
  readonly judgedAt: number;
}

/** Whether a connection that is open would still be let in. */
export interface Standing {
  /** Looks for ends of certificates. */
  readonly tick: () => void;
  /** The terms of peers, or what we trust, may be others now: what the peer showed is judged anew. */
  readonly recheck: () => void;
  /** What the peer showed, as it was judged last; null where that does not count. */
  readonly presented: () => Identity["presented"];
}

export function createStanding(
  proof: Proof,
  deps: {
    /** Whether what was shown lets the peer in now. */
    readonly judge: (chain: Proof["chain"]) => Promise<Identity>;
    /** When our certificate ends that is shown now; null: there is none. */
    readonly ownEnd: () => Date | null;
    readonly now: () => Date;
    /** It would not be let in: since a certificate has ended, or by what is trusted now. */
    readonly onFallen: (finding: Finding, why: "ended" | "distrusted") => void;
    /** Our own certificate has ended, and there is a later one. */
    readonly onOwnEnded: () => void;
    readonly onError: (error: unknown) => void;
  },
): Standing {
  let { validUntil, presented } = proof;
  let isJudging = false;

  async function judge(why: "ended" | "distrusted"): Promise<void> {
    const identity = await deps.judge(proof.chain);
    ({ validUntil, presented } = identity);
    if (identity.fault !== null) deps.onFallen(identity.fault, why);
  }

  return {
    tick() {
      const now = deps.now();
      if (validUntil !== null && validUntil <= now && !isJudging) {
        isJudging = true;
        judge("ended")
          .catch(deps.onError)
          .finally(() => (isJudging = false));
      }
      if (proof.ownEnd > now) return;
      // Without a later one the peer decides what ours is worth to it.
      const next = deps.ownEnd();
      if (next !== null && next > now) deps.onOwnEnded();
    },
    recheck: () => void judge("distrusted").catch(deps.onError),
    presented: () => presented,
  };
}
