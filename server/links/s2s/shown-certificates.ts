import { createHash } from "node:crypto";
import type { CertificateSummary } from "#contract/traces.ts";
import type { PeerTrust } from "./trust.ts";

/** The certificates that streams were shown: kept once, however many streams keep them, and no longer than one does. */
export interface ShownCertificates {
  /** The same DER, leaf first, in memory that others have, too. */
  readonly chain: (shown: readonly Uint8Array[]) => readonly Uint8Array[];
  /** The same trust, whose judgements share what they tell of a certificate. */
  readonly trust: (trust: PeerTrust) => PeerTrust;
}

export function createShownCertificates(): ShownCertificates {
  const encoded = createShared<Uint8Array>();
  const told = createShared<CertificateSummary>();
  return {
    chain: (shown) =>
      shown.map((der) => encoded(createHash("sha256").update(der).digest("base64"), der)),
    trust: (trust) => ({
      ...trust,
      async judge(input) {
        const judged = await trust.judge(input);
        const { presented } = judged;
        const chain = presented.chain.map((one) => told(one.fingerprintSha256, one));
        return { ...judged, presented: { ...presented, chain } };
      },
    }),
  };
}

/** Gives the object that is known by a key, while somebody has it; else the one that is given is known from now on. */
function createShared<T extends object>(): (key: string, fresh: T) => T {
  const known = new Map<string, WeakRef<T>>();
  const ends = new FinalizationRegistry<string>((key) => {
    if (known.get(key)?.deref() === undefined) known.delete(key);
  });
  return (key, fresh) => {
    const same = known.get(key)?.deref();
    if (same !== undefined) return same;
    known.set(key, new WeakRef(fresh));
    ends.register(fresh, key);
    return fresh;
  };
}
