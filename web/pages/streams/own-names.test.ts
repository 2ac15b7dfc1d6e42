import assert from "node:assert/strict";
import { test } from "node:test";
import { ownNamesOf } from "./own-names.ts";

test("our own names are our domains, whoever keeps them, and the names that are attached here", () => {
  const names = ownNamesOf([
    { domain: "example.com", links: [{ name: "wave.example.com" }] },
    { domain: "example.net", links: [] },
  ]);
  assert.deepEqual([...names].toSorted(), ["example.com", "example.net", "wave.example.com"]);
  assert.equal(names.has("acmewave.com"), false);
});
