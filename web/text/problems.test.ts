import assert from "node:assert/strict";
import { test } from "node:test";
import { problems } from "#contract/problems.ts";
import { problemText } from "./problems.ts";

test("problems of the contract and their words have the same codes", () => {
  const worded = Object.keys(problemText).filter((code) => !code.startsWith("client."));
  assert.deepEqual(worded.toSorted(), Object.keys(problems).toSorted());
});

for (const [code, { title, body }] of Object.entries(problemText))
  test(`${code} says what happened and the way out, in whole sentences`, () => {
    assert.match(title, /^[A-Z0-9“]/);
    assert.doesNotMatch(title, /\.$/);
    assert.match(body, /^[A-Z“].*[.?!]$/s);
  });
