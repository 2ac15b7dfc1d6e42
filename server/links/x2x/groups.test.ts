import assert from "node:assert/strict";
import { test } from "node:test";
import { groupsOf } from "./groups.ts";

test("links that share a name of ours are one group with all their names, in whatever order they come", () => {
  const links = [
    { id: "1", names: ["a.example"] },
    { id: "2", names: ["c.example", "d.example"] },
    { id: "3", names: ["a.example", "b.example"] },
    { id: "4", names: ["e.example"] },
    { id: "5", names: ["b.example", "c.example"] },
  ];
  for (const given of [links, links.toReversed()]) {
    const { ofLink, ofName } = groupsOf(given);
    assert.deepEqual(Object.fromEntries(ofLink), { 1: "1", 2: "1", 3: "1", 4: "4", 5: "1" });
    assert.deepEqual(
      ["a", "b", "c", "d", "e", "f"].map((label) => ofName.get(`${label}.example`)),
      ["1", "1", "1", "1", "4", undefined],
    );
  }
});
