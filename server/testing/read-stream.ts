import assert from "node:assert/strict";
import type { XmlElement } from "#protocol/xmpp/element.ts";
import { createStreamReader, type ReaderEvent, type ReaderOptions } from "#protocol/xmpp/reader.ts";

/** Of a stream in the namespace of `options`. */
export const header =
  "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' xmlns:db='jabber:server:dialback' " +
  "xmlns:stream='http://etherx.jabber.org/streams' from='wave.example.com' id='3&amp;é' xml:lang='en'>";
export const options: ReaderOptions = {
  contentNamespaces: ["jabber:component:accept"],
  maxElementBytes: 10_000,
  maxDepth: 50,
  oversize: "close",
};
export const bytes = (text: string) => new TextEncoder().encode(text);

/** All events of these pieces, each a write of its own. */
export function read(
  parts: readonly (string | Uint8Array)[],
  changed: Partial<ReaderOptions> = {},
) {
  const reader = createStreamReader({ ...options, ...changed });
  return parts.flatMap((part) => reader.write(typeof part === "string" ? bytes(part) : part));
}

/** The last event must be a failure; everything before it is returned as a word each. */
export function failure(
  parts: readonly (string | Uint8Array)[],
  changed: Partial<ReaderOptions> = {},
) {
  const events = read(parts, changed);
  const last = events.at(-1);
  assert(last?.kind === "failed", JSON.stringify(events));
  return `${events
    .slice(0, -1)
    .map((event) => event.kind)
    .join(" ")} ${last.condition}`.trim();
}

export function elements(events: readonly ReaderEvent[]): XmlElement[] {
  return events.flatMap((event) => (event.kind === "element" ? [event.element] : []));
}
