/**
 * Values by pair of names. Every stanza asks for several: what they are found by is there already, where one text for both
 * would have to be made and hashed each time.
 */
export interface Pairs<Value> {
  readonly size: number;
  readonly get: (local: string, remote: string) => Value | undefined;
  readonly set: (local: string, remote: string, value: Value) => void;
  readonly delete: (local: string, remote: string) => void;
  /** In any order; what is deleted meanwhile does not come. */
  readonly values: () => Iterable<Value>;
}

export function createPairs<Value>(): Pairs<Value> {
  const locals = new Map<string, Map<string, Value>>();
  let size = 0;
  return {
    get size() {
      return size;
    },
    get: (local, remote) => locals.get(local)?.get(remote),
    set(local, remote, value) {
      let remotes = locals.get(local);
      if (remotes === undefined) locals.set(local, (remotes = new Map()));
      if (!remotes.has(remote)) size++;
      remotes.set(remote, value);
    },
    delete(local, remote) {
      const remotes = locals.get(local);
      if (remotes?.delete(remote) !== true) return;
      size--;
      if (remotes.size === 0) locals.delete(local);
    },
    *values() {
      for (const remotes of locals.values()) yield* remotes.values();
    },
  };
}
