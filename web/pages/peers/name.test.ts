import assert from "node:assert/strict";
import { test } from "node:test";
import { viewName } from "./name.ts";

test("an international name is shown as DNS has it", () => {
  assert.deepEqual(viewName("Bücher.example"), {
    ascii: "xn--bcher-kva.example",
    scripts: ["Latin"],
    isMixed: false,
  });
});

test("a look-alike of two scripts in one label is noticed", () => {
  const view = viewName("аcmewave.com");
  assert.equal(view.isMixed, true);
  assert.deepEqual(view.scripts, ["Latin", "Cyrillic"]);
});

test("one script per label is no mixture, nor are scripts that are written together", () => {
  assert.equal(viewName("пример.com").isMixed, false);
  assert.equal(viewName("日本語テスト.jp").isMixed, false);
});

test("what is no name has no form in DNS", () => {
  for (const typed of ["", "https://acmewave.com/", "a b", "me@acmewave.com", "_xmpp.example"])
    assert.equal(viewName(typed).ascii, null, typed);
});
