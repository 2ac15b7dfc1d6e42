/** Anything that has an id of its own. */
interface Weighable {
  readonly id: string;
}

/**
 * Rendezvous hashing: the candidate with the highest weight for `key`. The same for the same candidates in any order,
 * and of all keys only those of a candidate that comes or goes change over. `candidates` is not empty.
 */
export function pickByWeight<T extends Weighable>(candidates: readonly T[], key: string): T {
  const keyHash = hash(key);
  let best = candidates[0];
  let highest = -1;
  for (const candidate of candidates) {
    const weight = mix(keyHash ^ hash(candidate.id));
    if (weight <= highest) continue;
    highest = weight;
    best = candidate;
  }
  if (best === undefined) throw new Error("nobody to choose from");
  return best;
}

/** FNV-1a over UTF-16 code units. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value;
}

/** The finalizer of MurmurHash3: every bit of the input reaches every bit of the result. */
function mix(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
