import assert from "node:assert/strict";
import { test } from "node:test";
import type { TapLineTold } from "#contract/streams.ts";
import { addSaid, createEventParser, KEPT_LINES, noLines, textOf } from "./tap-lines.ts";

const line = (xml: string): TapLineTold => ({
  at: "2026-05-12T08:00:00.000Z",
  streamId: "0123456789abcdef",
  opened: "by_us",
  direction: "out",
  xml,
});

test("events are read wherever the text is split, comments and unfinished ones left alone", () => {
  const text =
    'retry: 1\n\n:\n\nevent: line\ndata: {"a":1}\n\ndata: {"b":2}\n\nevent: line\ndata: {';
  const expected = [
    { name: "line", data: '{"a":1}' },
    { name: "message", data: '{"b":2}' },
  ];
  for (let size = 1; size <= text.length; size++) {
    const parse = createEventParser();
    const events = [];
    for (let at = 0; at < text.length; at += size) events.push(...parse(text.slice(at, at + size)));
    assert.deepEqual(events, expected, `pieces of ${size}`);
  }
});

test("a long view keeps its last lines only, and says so; keys stay unlike", () => {
  let lines = noLines;
  for (let count = 0; count < KEPT_LINES + 20; count++)
    lines = addSaid(lines, [line(`<m${count}/>`)]);
  assert.equal(lines.entries.length, KEPT_LINES);
  assert.equal(lines.hasMore, true);
  const first = lines.entries[0];
  assert.ok(first?.kind === "line" && first.line.xml === "<m20/>");
  assert.equal(new Set(lines.entries.map(({ key }) => key)).size, KEPT_LINES);
});

test("a stanza of a megabyte is cut, and says by how much", () => {
  const [entry] = addSaid(noLines, [line("x".repeat(1_000_000))]).entries;
  assert.ok(entry?.kind === "line");
  assert.equal(entry.line.xml.length + entry.cut, 1_000_000);
  assert.ok(entry.line.xml.length <= 8_000);
});

test("what is copied has a line for each, also for those that were left out", () => {
  const { entries } = addSaid(noLines, [line("<a/>"), { count: 7 }]);
  assert.equal(textOf(entries), "2026-05-12T08:00:00.000Z out 01234567 <a/>\n# 7 lines left out");
});
