/** What a thing is like, as text; null when it is not there. */
export type State = string | null;

/**
 * What one writer was told about its changes. An acknowledged one must be there after a crash; one whose answer
 * never came may be there or not, whole.
 */
export interface Ledger {
  /** A change was asked for; a key has one change under way at a time. */
  readonly ask: (key: string, next: State) => void;
  readonly acknowledge: (key: string) => void;
  readonly current: (key: string) => State;
  /** Keys that are there and have no change under way. */
  readonly present: () => string[];
  /** Compares with all that was read back; takes what was found for true from now on. */
  readonly reconcile: (found: ReadonlyMap<string, string>) => Reconciled;
}

export interface Reconciled {
  /** Sentences; none is expected. */
  readonly violations: readonly string[];
  /** Changes without an answer that turned out made, and that did not. */
  readonly made: number;
  readonly dropped: number;
}

export function createLedger(): Ledger {
  const settled = new Map<string, string>();
  const asked = new Map<string, State>();
  const settle = (key: string, state: State) => {
    if (state === null) settled.delete(key);
    else settled.set(key, state);
  };
  return {
    ask: (key, next) => {
      if (asked.has(key)) throw new Error(`${key} has a change under way`);
      asked.set(key, next);
    },
    acknowledge: (key) => {
      const next = asked.get(key);
      if (next === undefined) throw new Error(`${key} has no change under way`);
      asked.delete(key);
      settle(key, next);
    },
    current: (key) => settled.get(key) ?? null,
    present: () => [...settled.keys()].filter((key) => !asked.has(key)),
    reconcile: (found) => {
      const violations: string[] = [];
      let made = 0;
      let dropped = 0;
      for (const key of new Set([...settled.keys(), ...asked.keys(), ...found.keys()])) {
        const is = found.get(key) ?? null;
        const was = settled.get(key) ?? null;
        const next = asked.get(key);
        if (next !== undefined && is === next) made += 1;
        else if (is === was) dropped += next === undefined ? 0 : 1;
        else violations.push(`${key}: acknowledged ${was}, asked for ${next}, found ${is}`);
        settle(key, is);
      }
      asked.clear();
      return { violations, made, dropped };
    },
  };
}
