import assert from "node:assert/strict";
import { test } from "node:test";
import { printable, printableWords, printableXml } from "./printable.ts";

test("a stranger's text has nothing in it that moves a cursor, turns the writing or hides", () => {
  const escape = "\u001b[2J\u009b2J\u007f";
  const turned = "\u202eexe.gpj\u2066\u200f\u061c\ufeff\u2028\u2029";
  assert.equal(printable(escape), "\\u{1b}[2J\\u{9b}2J\\u{7f}");
  assert.doesNotMatch(printable(turned), /[\p{C}\p{Zl}\p{Zp}]/u);
  assert.equal(printable("\ud83d"), "\\u{d83d}");
  const kept = "<b>Grüße</b>, 世界! שלום \u{1f600} e\u0301";
  assert.equal(printable(kept), kept);
  assert.equal(printable("x".repeat(300)).length, 253);
});

test("RFC 6120 §4.9.2: words of theirs are one line, of a bounded length", () => {
  assert.equal(printableWords("  too\r\n\tmany\u0085 "), "too many\\u{85}");
  assert.equal(printableWords("\u0000".repeat(2_000)).length, 1_000);
});

test("XML for people keeps its lines, and means the same", () => {
  assert.equal(printableXml("<a>\n\t\u202eb\u009b\r</a>"), "<a>\n\t&#x202e;b&#x9b;&#xd;</a>");
});
