import { type SQL, sql } from "drizzle-orm";

/** One way to sort a list: an expression that is never null, and the type of its values. */
export interface SortKey {
  readonly by: SQL;
  readonly type: "text" | "integer" | "bigint" | "timestamptz";
}

/** Where a page ended: the sort it belongs to, the last row's sort value as text, its id. */
export interface Cursor {
  readonly sort: string;
  readonly value: string;
  readonly id: string;
}

/** An opaque text for the cursor; {@link readCursor} takes it back. */
export function writeCursor(cursor: Cursor): string {
  return Buffer.from(JSON.stringify([cursor.sort, cursor.value, cursor.id])).toString("base64url");
}

/** Null when the text is no cursor of this sort: the database must never be asked to cast it. */
export function readCursor(text: string, sort: string, key: SortKey): Cursor | null {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(text, "base64url").toString());
  } catch {
    return null;
  }
  if (!Array.isArray(parts) || parts.length !== 3 || parts[0] !== sort) return null;
  const [, value, id] = parts as unknown[];
  if (typeof value !== "string" || typeof id !== "string") return null;
  return VALUES[key.type].test(value) && UUID.test(id) ? { sort, value, id } : null;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const VALUES = {
  // PostgreSQL's text cannot hold NUL.
  text: { test: (text: string) => !text.includes("\0") },
  integer: /^-?\d{1,9}$/,
  bigint: /^-?\d{1,18}$/,
  timestamptz: { test: (text: string) => text === "infinity" || isTime(text) },
} as const;

const TIME =
  /^(\d{4})-(\d\d)-(\d\d) ([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?[+-](0\d|1[0-5])(:[0-5]\d)?$/;

/** A time of a day that there is, as PostgreSQL writes it. */
function isTime(text: string): boolean {
  const [year = 0, month = 0, day = 0] = (TIME.exec(text) ?? []).slice(1, 4).map(Number);
  const date = new Date(Date.UTC(year, month - 1, day));
  return year >= 100 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** Order, condition and the select of the cursor's value for one sort, `-` meaning descending. */
export function keyset(sort: string, key: SortKey, id: SQL, after: Cursor | null) {
  const isDescending = sort.startsWith("-");
  const type = sql.raw(key.type);
  return {
    orderBy: isDescending ? sql`${key.by} desc, ${id} desc` : sql`${key.by}, ${id}`,
    after:
      after === null
        ? undefined
        : sql`(${key.by}, ${id}) ${sql.raw(isDescending ? "<" : ">")} (${after.value}::${type}, ${after.id}::uuid)`,
    value: sql<string>`(${key.by})::text`,
  };
}

/** Cuts the row that was asked for beyond the page; `next` is null on the last page. */
export function cutPage<T extends { cursorValue: string }>(
  rows: readonly T[],
  limit: number,
  sort: string,
  idOf: (row: T) => string,
): { rows: T[]; next: string | null } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return {
    rows: page,
    next: hasMore ? writeCursor({ sort, value: last.cursorValue, id: idOf(last) }) : null,
  };
}
