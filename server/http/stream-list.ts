import { type Stream, stream } from "#contract/streams.ts";
import type { StreamListQuery } from "#contract/streams.ts";
import type { StreamView } from "#links/s2s/stream-view.ts";
import { HttpProblem } from "./problem.ts";

/** A part of the list: what one appliance has of it, or all of them together. */
export interface StreamPart {
  readonly items: readonly Stream[];
  /** Of all that match, not of `items`. */
  readonly total: number;
}

type Key = string | number;
type Sortable = Pick<
  StreamView,
  | "remote"
  | "local"
  | "direction"
  | "state"
  | "stanzasIn"
  | "stanzasOut"
  | "bytesIn"
  | "bytesOut"
  | "waitingBytes"
  | "unacknowledged"
> & { readonly id: string; readonly since: string | Date };

/** Who has said no name is behind all names. */
const last = "\uffff";
const keys: Readonly<Record<string, (item: Sortable) => Key>> = {
  remote: (item) => `${item.remote ?? last} ${item.local ?? ""} ${item.direction}`,
  local: (item) => `${item.local ?? last} ${item.remote ?? ""}`,
  since: (item) => new Date(item.since).getTime(),
  state: (item) => item.state,
  stanzas: (item) => item.stanzasIn + item.stanzasOut,
  bytes: (item) => item.bytesIn + item.bytesOut,
  queue: (item) => item.waitingBytes + item.unacknowledged / 1_000_000,
};

/** What this appliance has of a page: the matches behind the cursor, one more than the page holds at most. */
export function listHere(
  views: readonly StreamView[],
  query: StreamListQuery,
  nodeId: string,
): StreamPart {
  const { local, remote, direction, state } = query;
  const order = orderOf(query);
  const needle = query.q?.toLowerCase() ?? "";
  const isMatch = (view: StreamView) =>
    (local === undefined || view.local === local) &&
    (remote === undefined || view.remote === remote) &&
    (direction === undefined || view.direction === direction) &&
    (state === undefined || view.state === state) &&
    (needle === "" ||
      [view.remote, view.local, view.address].some((text) => text?.includes(needle) === true));
  const found = views.filter(isMatch).map((view) => ({ view, place: order.place(view) }));
  const behind = found.filter(({ place }) => order.isBehindCursor(place));
  const items = behind
    .toSorted((one, other) => order.compare(one.place, other.place))
    .slice(0, query.limit + 1)
    .map(({ view }) => toStream(view, nodeId));
  return { items, total: found.length };
}

/** The page of all parts, each of which has `limit` and one more, if it has so many. */
export function joinParts(parts: readonly StreamPart[], query: StreamListQuery) {
  const order = orderOf(query);
  const sorted = parts
    .flatMap(({ items }) => items)
    .toSorted((one, other) => order.compare(order.place(one), order.place(other)));
  const items = sorted.slice(0, query.limit);
  const end = items.at(-1);
  return {
    items,
    total: parts.reduce((sum, { total }) => sum + total, 0),
    next: sorted.length > items.length && end !== undefined ? writeCursor(order.place(end)) : null,
  };
}

export function toStream(
  { presented: _, fingerprint: __, ...view }: StreamView,
  nodeId: string,
): Stream {
  return stream.parse({
    ...view,
    nodeId,
    since: view.since.toISOString(),
    provenAt: view.provenAt?.toISOString() ?? null,
    askedAt: view.askedAt?.toISOString() ?? null,
  }) satisfies Stream;
}

/** The value that a stream is sorted by, and its id: no two have the same place. */
type Place = readonly [Key, string];

function orderOf(query: StreamListQuery) {
  const wanted = query.sort ?? "remote";
  const key = keys[wanted.replace(/^-/, "")];
  if (key === undefined) throw invalid("sort", `is one of ${Object.keys(keys).join(", ")}`);
  const sign = wanted.startsWith("-") ? -1 : 1;
  const compare = ([a, idA]: Place, [b, idB]: Place) =>
    sign * (compareKeys(a, b) || compareKeys(idA, idB));
  const cursor = query.cursor === undefined ? null : readCursor(query.cursor);
  return {
    compare,
    place: (item: Sortable): Place => [key(item), item.id],
    isBehindCursor: (place: Place) => cursor === null || compare(place, cursor) > 0,
  };
}

function compareKeys(a: Key, b: Key): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function writeCursor(place: Place): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

function readCursor(text: string): Place {
  let value: unknown = null;
  try {
    value = JSON.parse(Buffer.from(text, "base64url").toString());
  } catch {
    // Below.
  }
  const [key, id] = Array.isArray(value) ? (value as unknown[]) : [];
  if ((typeof key !== "string" && typeof key !== "number") || typeof id !== "string")
    throw invalid("cursor", "is not ours");
  return [key, id];
}

function invalid(field: string, message: string): HttpProblem {
  return new HttpProblem("request.invalid", {
    errors: [{ field: `querystring.${field}`, message }],
  });
}
