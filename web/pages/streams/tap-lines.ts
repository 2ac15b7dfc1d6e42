import type { TapLineTold } from "#contract/streams.ts";

/** One event of an event stream. */
export interface SentEvent {
  readonly name: string;
  readonly data: string;
}

/** Takes an event stream's text piece by piece, split anywhere, and gives its events. Comments are dropped. */
export function createEventParser(): (piece: string) => SentEvent[] {
  let rest = "";
  return (piece) => {
    rest += piece;
    const events: SentEvent[] = [];
    for (let end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n")) {
      const fields = rest.slice(0, end).split("\n");
      rest = rest.slice(end + 2);
      const read = (field: string) =>
        fields.find((line) => line.startsWith(`${field}: `))?.slice(field.length + 2);
      const data = read("data");
      if (data !== undefined) events.push({ name: read("event") ?? "message", data });
    }
    return events;
  };
}

/** What the view shows: a line that was said, or how many were left out. */
export type TapEntry = { readonly key: number } & (
  | {
      readonly kind: "line";
      readonly line: TapLineTold;
      /** Characters beyond those that are kept. */
      readonly cut: number;
    }
  | { readonly kind: "left_out"; readonly count: number }
);

export interface TapLines {
  readonly entries: readonly TapEntry[];
  readonly nextKey: number;
  /** Older entries were dropped. */
  readonly hasMore: boolean;
}

export const noLines: TapLines = { entries: [], nextKey: 0, hasMore: false };
export const KEPT_LINES = 500;
/** Of one line: a stanza can have 256 kB, and nobody reads that here. */
const KEPT_CHARACTERS = 8_000;

/** Adds what was said; the oldest makes way. */
export function addSaid(
  lines: TapLines,
  said: readonly (TapLineTold | { readonly count: number })[],
): TapLines {
  if (said.length === 0) return lines;
  const added = said.slice(-KEPT_LINES).map((one, index): TapEntry => {
    const key = lines.nextKey + index;
    if ("count" in one) return { key, kind: "left_out", count: one.count };
    const { xml } = one;
    const cut = Math.max(0, xml.length - KEPT_CHARACTERS);
    return { key, kind: "line", line: { ...one, xml: xml.slice(0, KEPT_CHARACTERS) }, cut };
  });
  const entries = [...lines.entries, ...added];
  return {
    entries: entries.slice(-KEPT_LINES),
    nextKey: lines.nextKey + added.length,
    hasMore: lines.hasMore || entries.length > KEPT_LINES || said.length > KEPT_LINES,
  };
}

/** The lines as text, for the clipboard. */
export function textOf(entries: readonly TapEntry[]): string {
  return entries
    .map((entry) =>
      entry.kind === "left_out"
        ? `# ${entry.count} lines left out`
        : `${entry.line.at} ${entry.line.direction.padEnd(3)} ${entry.line.streamId.slice(0, 8)} ${entry.line.xml}${entry.cut > 0 ? ` (+${entry.cut})` : ""}`,
    )
    .join("\n");
}
