import assert from "node:assert/strict";
import { test } from "node:test";
import { primitives } from "../../primitives.ts";
import { parseDomain, parseJid } from "./address.ts";

const local = (text: string) => parseJid(`${text}@example.com`, primitives).ok;
const resource = (text: string) => parseJid(`example.com/${text}`, primitives).ok;
const label = (text: string) => {
  const outcome = parseDomain(`${text}.example`, primitives);
  return outcome.ok ? "ok" : outcome.problem.reason;
};

test("RFC 5893 §2: a localpart with right-to-left letters follows the Bidi Rule", () => {
  const good = [
    "אבג",
    "אבג1",
    "א1ב",
    "א-ב",
    "א.ב",
    "א_ב",
    "عربي",
    "عربي٣",
    "ܫܠܡ",
    "ߞߏ",
    "𐤀𐤁",
    "א\u05b8",
  ];
  for (const text of good) assert.equal(local(text), true, text);
  const bad = ["אa", "aא", "1א", "א-", "-א", "א.", ".א", "א1٣", "a٣", "٣א", "_א_"];
  for (const text of bad) assert.equal(local(text), false, text);
  assert.equal(local("a.b-c_1"), true, "without such letters there is no rule");
  assert.equal(resource("אa-"), true, "a resourcepart has no Bidi Rule");
});

test("RFC 5892 Appendix A: characters that are right in some places only", () => {
  const good = [
    "l\u00b7l",
    "paral\u00b7lel",
    "\u0375α",
    "ג\u05f3",
    "צ\u05f4ל",
    "ア\u30fbイ",
    "a\u30fb字",
  ];
  good.push("\u0628\u0660\u0669", "\u0628\u06f0\u06f9", "क्\u200cष", "क्\u200dष", "می\u200cخواهم");
  for (const text of good) assert.equal(local(text), true, JSON.stringify(text));
  const bad = ["a\u00b7b", "l\u00b7", "\u00b7l", "l\u00b7\u00b7l", "\u0375a", "a\u05f3", "\u05f4ל"];
  bad.push(
    "a\u30fbb",
    "\u30fb",
    "\u0628\u0660\u06f0",
    "a\u200cb",
    "a\u200db",
    "\u200d",
    "ब\u200cक",
  );
  for (const text of bad) {
    assert.equal(local(text), false, JSON.stringify(text));
    assert.equal(resource(text), false, JSON.stringify(text));
  }
});

test("RFC 8264 §9.6, §9.9: exceptions, and old Hangul jamo, which NFC does not compose", () => {
  for (const text of ["\u3007", "\u0f0b", "ß", "ς", "\u1100\u1161", "한"])
    assert.equal(local(text), true, JSON.stringify(text));
  for (const text of ["\u0628\u0640", "\u07fa", "\u302e", "\u3031", "\u1113", "\ua960", "\ud7cb"]) {
    assert.equal(local(text), false, JSON.stringify(text));
    assert.equal(resource(`x${text}`), false, JSON.stringify(text));
  }
});

test("RFC 8264 §4.3: a resourcepart may have symbols and spaces, but nothing that is not seen", () => {
  for (const text of ["♚", "a b", "a\u3000b", "①", "🙂", "ﷺ"])
    assert.equal(resource(text), true, JSON.stringify(text));
  for (const text of ["a\u00adb", "❤\ufe0f", "a\u2060b", "\u202ea", "\u0378", "\ud800", "\u0007"])
    assert.equal(resource(text), false, JSON.stringify(text));
});

test("RFC 7622 §3.2: a label of a domain is a U-label of IDNA2008, not whatever can be looked up", () => {
  for (const text of [
    "bücher",
    "अंतर",
    "παράδειγμα",
    "l\u00b7l",
    "ア\u30fbイ",
    "אבג",
    "می\u200cخواهم",
    "〇",
  ])
    assert.equal(label(text), "ok", text);
  for (const text of ["☃", "i❤", "a\u00b7b", "a\u30fbb", "\u1113", "xn--n3h", "ب\u0640ب", "🙂"])
    assert.equal(label(text), "not_idna", text);
});

test("right-to-left localparts of the greatest length are judged in full, and quickly", () => {
  assert.equal(local("א".repeat(511)), true);
  assert.equal(local(`${"א".repeat(500)}a`), false);
  assert.equal(local("א".repeat(512)), false);
  const from = performance.now();
  for (let round = 0; round < 200; round++) {
    local("א".repeat(511));
    local(`${"\u200c".repeat(170)}@`);
    resource("क्\u200d".repeat(113));
  }
  // Without the limits on what is looked at it would be minutes.
  assert(performance.now() - from < 20_000);
});
