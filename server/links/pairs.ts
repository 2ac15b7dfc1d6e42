/**
 * Values by pair of names. Every stanza asks for several: what they are found by is there already, where one text for both
 * would have to be made and hashed each time.
 */
export interface Pairs<Value> {
  readonly size: number;
  readonly get: (local: string, remote: string) => Value | undefined;
  readonly set: (local: string, remote: string, value: Value) => void;
  readonly delete: (local: string, remote: string) => void;
  /** The one that has been there longest first; what is deleted meanwhile does not come. */
  readonly values: () => Iterable<Value>;
}

interface Entry<Value> {
  value: Value;
}

export function createPairs<Value>(): Pairs<Value> {
  const locals = new Map<string, Map<string, Entry<Value>>>();
  const entries = new Set<Entry<Value>>();
  return {
    get size() {
      return entries.size;
    },
    get: (local, remote) => locals.get(local)?.get(remote)?.value,
    set(local, remote, value) {
      let remotes = locals.get(local);
      if (remotes === undefined) locals.set(local, (remotes = new Map()));
      const known = remotes.get(remote);
      if (known !== undefined) {
        known.value = value;
        return;
      }
      const entry = { value };
      remotes.set(remote, entry);
      entries.add(entry);
    },
    delete(local, remote) {
      const remotes = locals.get(local);
      const entry = remotes?.get(remote);
      if (remotes === undefined || entry === undefined) return;
      entries.delete(entry);
      remotes.delete(remote);
      if (remotes.size === 0) locals.delete(local);
    },
    *values() {
      for (const { value } of entries) yield value;
    },
  };
}
