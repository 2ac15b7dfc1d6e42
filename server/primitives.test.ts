import assert from "node:assert/strict";
import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import { test } from "node:test";
import { primitives } from "./primitives.ts";

test("secrets of whatever lengths are compared by timingSafeEqual, as hashes of one length, and its word counts", (t) => {
  const compare = t.mock.method(crypto, "timingSafeEqual");
  syncBuiltinESMExports();
  t.after(() => {
    compare.mock.restore();
    syncBuiltinESMExports();
  });
  const right = "5".repeat(40);
  const guesses = ["", "5", right.slice(1), `${right}5`, `4${right.slice(1)}`, "é".repeat(20)];
  for (const guess of guesses) assert.equal(primitives.isSameSecret(guess, right), false, guess);
  assert.equal(primitives.isSameSecret(right, right), true);
  assert.equal(compare.mock.callCount(), guesses.length + 1);
  for (const { arguments: compared } of compare.mock.calls)
    assert.deepEqual(
      compared.map(({ byteLength }) => byteLength),
      [32, 32],
    );
  compare.mock.mockImplementation(() => true);
  assert.equal(primitives.isSameSecret("a guess", right), true, "nothing else is asked");
});
