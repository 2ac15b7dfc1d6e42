/** The part of a list page's address that every list has: search, sort, place. */
export interface ListSearch {
  readonly q?: string | undefined;
  readonly sort?: string | undefined;
  readonly cursor?: string | undefined;
}

/** Reads a list's search parameters from an address; what does not fit is dropped, never an error. */
export function listSearch(raw: Readonly<Record<string, unknown>>): ListSearch {
  return {
    ...text("q", raw["q"], /^[\s\S]{1,255}$/),
    ...text("sort", raw["sort"], /^-?[a-zA-Z]+$/),
    ...text("cursor", raw["cursor"], /^[\s\S]{1,500}$/),
  };
}

/** One optional parameter that must match: `{...text("state", raw.state, /^(up|down)$/)}`. */
export function text<K extends string>(
  key: K,
  value: unknown,
  pattern: RegExp,
): { readonly [P in K]?: string | undefined } {
  const words = typeof value === "number" || typeof value === "boolean" ? String(value) : value;
  const isFit = typeof words === "string" && pattern.test(words);
  // Left out, it would come through unread: the router merges what is not named from the address.
  return { [key]: isFit ? words : undefined } as { readonly [P in K]?: string | undefined };
}

/** One optional parameter out of a list of words. */
export function oneOf<K extends string, const V extends string>(
  key: K,
  value: unknown,
  words: readonly V[],
): { readonly [P in K]?: V | undefined } {
  const found = words.find((word) => word === value);
  return { [key]: found } as { readonly [P in K]?: V | undefined };
}
