import assert from "node:assert/strict";
import { test } from "node:test";
import { unicodeOf } from "./unicode-names.ts";

const domains = [
  { domain: "xn--bcher-kva.example", unicode: "bücher.example" },
  { domain: "example.com", unicode: "example.com" },
];

test("names of our own domains, and below them, are read as people read them", () => {
  assert.equal(unicodeOf("xn--bcher-kva.example", domains), "bücher.example");
  assert.equal(unicodeOf("wave.xn--bcher-kva.example", domains), "wave.bücher.example");
  assert.equal(unicodeOf("wave.example.com", domains), "wave.example.com");
  assert.equal(unicodeOf("notxn--bcher-kva.example", domains), "notxn--bcher-kva.example");
  assert.equal(unicodeOf("xn--other.example", domains), "xn--other.example");
});
