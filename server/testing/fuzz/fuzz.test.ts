import assert from "node:assert/strict";
import { test } from "node:test";
import { runFuzz } from "./fuzz.ts";

test("RFC 6120 §13.12: 10 000 mutated streams throw nothing, hang nowhere, keep no memory, and end for good", () => {
  const seed = 1;
  const failure = runFuzz({ seed, from: 0, inputs: 10_000 });
  if (failure === null) return;
  const again = `npm run fuzz -- --seed ${seed} --input ${failure.input}`;
  assert.fail(`${failure.target}: ${String(failure.error)}\nagain: ${again}`);
});
