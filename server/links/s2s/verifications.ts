import type { Domain } from "#protocol/xmpp/address.ts";
import { networkOf } from "#links/network-of.ts";
import type { DialbackOutcome } from "#protocol/xmpp/dialback.ts";
import type { KeyToVerify } from "./incoming-stream.ts";

/** Asks authoritative servers whether keys are theirs (XEP-0220 §2.1.2), within bounds. */
export interface Verifications {
  readonly verify: (key: KeyToVerify) => Promise<DialbackOutcome>;
}

const unavailable: DialbackOutcome = {
  kind: "error",
  condition: "resource-constraint",
  text: null,
};

/** How many keys of one sender domain may wait for the one that is being verified: of one address, and in all. */
const maxPerSenderAndAddress = 8;
const maxPerSender = 32;
/** Of those that are verified or wait, one address may have this part of `maxAtOnce`: others have theirs. */
const addressShare = 1 / 3;

/**
 * A stranger's key makes us look up and dial whatever domain it names: one at a time per sender domain, so that it
 * cannot be used against a third party, and so many in all (XEP-0220 §2.1.1). Nobody can take all of them, nor all
 * places of another domain whose keys it invents.
 */
export function createVerifications(deps: {
  readonly maxAtOnce: number;
  /** Opens a stream for verifying only, asks, closes it. Never rejects. */
  readonly ask: (key: KeyToVerify) => Promise<DialbackOutcome>;
}): Verifications {
  const last = new Map<Domain, Promise<unknown>>();
  /** What is verified or waits, by sender, by address, and by both. */
  const counts = new Map<string, number>();
  let running = 0;

  function add(key: string, more: 1 | -1): void {
    const count = (counts.get(key) ?? 0) + more;
    if (count === 0) counts.delete(key);
    else counts.set(key, count);
  }

  async function inTurn(before: Promise<unknown>, key: KeyToVerify): Promise<DialbackOutcome> {
    await before;
    if (running >= deps.maxAtOnce) return unavailable;
    running++;
    try {
      return await deps.ask(key);
    } finally {
      running--;
    }
  }

  return {
    async verify(key) {
      const { from } = key;
      const address = networkOf(key.address);
      const bounds = [
        [`from ${from}`, maxPerSender],
        [`at ${address}`, Math.ceil(deps.maxAtOnce * addressShare)],
        [`from ${from} at ${address}`, maxPerSenderAndAddress],
      ] as const;
      if (bounds.some(([name, most]) => (counts.get(name) ?? 0) >= most)) return unavailable;
      for (const [name] of bounds) add(name, 1);
      const turn = inTurn(last.get(from) ?? Promise.resolve(), key);
      last.set(from, turn);
      try {
        return await turn;
      } finally {
        for (const [name] of bounds) add(name, -1);
        if (last.get(from) === turn) last.delete(from);
      }
    },
  };
}
