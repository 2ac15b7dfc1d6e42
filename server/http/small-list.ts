import { z } from "zod";
import { listQuery, type Page } from "#contract/paging.ts";
import { HttpProblem } from "./problem.ts";

/** Query of lists that are short by nature (people, tokens, own domains): a page holds all of them. */
export const smallListQuery = listQuery.extend({
  limit: z.coerce.number().int().min(1).max(200).default(200),
});
export type SmallListQuery = z.infer<typeof smallListQuery>;

export interface SmallListFields<T> {
  /** What `q` is looked for in, without regard to case. */
  readonly text: (item: T) => readonly (string | null)[];
  /** What may be sorted by; the first is the default. */
  readonly sort: Readonly<Record<string, (item: T) => string | number>>;
}

/** Searches, sorts and pages a list that is in memory. The cursor is the place in the sorted list. */
export function pageOf<T>(
  items: readonly T[],
  query: SmallListQuery,
  fields: SmallListFields<T>,
): Page<T> {
  const wanted = query.sort ?? Object.keys(fields.sort)[0] ?? "";
  const key = fields.sort[wanted.replace(/^-/, "")];
  if (key === undefined)
    throw invalid("querystring.sort", `is one of ${Object.keys(fields.sort).join(", ")}`);
  const start = query.cursor === undefined ? 0 : Number(query.cursor);
  if (!Number.isSafeInteger(start) || start < 0) throw invalid("querystring.cursor", "is not ours");
  const needle = query.q?.toLowerCase() ?? "";
  const sign = wanted.startsWith("-") ? -1 : 1;
  const found = items
    .filter((item) => fields.text(item).some((text) => text?.toLowerCase().includes(needle)))
    .toSorted((a, b) => sign * compare(key(a), key(b)));
  const end = start + query.limit;
  return {
    items: found.slice(start, end),
    next: end < found.length ? String(end) : null,
    total: found.length,
  };
}

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function invalid(field: string, message: string): HttpProblem {
  return new HttpProblem("request.invalid", { errors: [{ field, message }] });
}
