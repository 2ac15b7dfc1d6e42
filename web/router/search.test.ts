import assert from "node:assert/strict";
import { test } from "node:test";
import { listSearch, oneOf, text } from "./search.ts";

test("what fits is taken over, numbers and flags as text", () => {
  assert.deepEqual(listSearch({ q: "acme", sort: "-since", cursor: "abc", other: "x" }), {
    q: "acme",
    sort: "-since",
    cursor: "abc",
  });
  assert.deepEqual(text("q", 42, /^\d+$/), { q: "42" });
  assert.deepEqual(oneOf("state", "up", ["up", "down"]), { state: "up" });
});

test("what does not fit is named as undefined, so that the router cannot pass it through unread", () => {
  assert.deepEqual(Object.entries(text("next", "//elsewhere", /^\/(?!\/)/)), [["next", undefined]]);
  assert.deepEqual(Object.entries(oneOf("state", { $ne: 1 }, ["up"])), [["state", undefined]]);
  assert.deepEqual(Object.entries(listSearch({ q: "x".repeat(256), sort: "a;b", cursor: ["c"] })), [
    ["q", undefined],
    ["sort", undefined],
    ["cursor", undefined],
  ]);
});
