import type { Domain } from "#protocol/xmpp/address.ts";
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

/** How many keys of one sender domain may wait for the one that is being verified. */
const maxWaitingPerSender = 8;

/**
 * A stranger's key makes us look up and dial whatever domain it names: one at a time per sender domain, so that it
 * cannot be used against a third party, and so many in all (XEP-0220 §2.1.1).
 */
export function createVerifications(deps: {
  readonly maxAtOnce: number;
  /** Opens a stream for verifying only, asks, closes it. Never rejects. */
  readonly ask: (key: KeyToVerify) => Promise<DialbackOutcome>;
}): Verifications {
  const last = new Map<Domain, Promise<unknown>>();
  const waiting = new Map<Domain, number>();
  let running = 0;

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
      const count = waiting.get(from) ?? 0;
      if (count >= maxWaitingPerSender) return unavailable;
      waiting.set(from, count + 1);
      const turn = inTurn(last.get(from) ?? Promise.resolve(), key);
      last.set(from, turn);
      const outcome = await turn;
      const left = (waiting.get(from) ?? 1) - 1;
      if (left === 0) {
        waiting.delete(from);
        last.delete(from);
      } else waiting.set(from, left);
      return outcome;
    },
  };
}
