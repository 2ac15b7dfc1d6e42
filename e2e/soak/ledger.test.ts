import assert from "node:assert/strict";
import { test } from "node:test";
import { createLedger } from "./ledger.ts";
import { createRandom } from "./random.ts";

const nothing = { violations: [], made: 0, dropped: 0 };

test("what was acknowledged must be found, and nothing else", () => {
  const ledger = createLedger();
  ledger.ask("a", "1");
  ledger.acknowledge("a");
  ledger.ask("b", "1");
  ledger.acknowledge("b");
  ledger.ask("b", null);
  ledger.acknowledge("b");
  assert.deepEqual(ledger.present(), ["a"]);
  assert.deepEqual(ledger.reconcile(new Map([["a", "1"]])), nothing);
});

test("a lost change, a half-made one, a returned one and a stranger are violations", () => {
  const lost = createLedger();
  lost.ask("a", "1");
  lost.acknowledge("a");
  assert.equal(lost.reconcile(new Map()).violations.length, 1);

  const half = createLedger();
  half.ask("a", "1");
  half.acknowledge("a");
  half.ask("a", "3");
  assert.equal(half.reconcile(new Map([["a", "2"]])).violations.length, 1);

  const returned = createLedger();
  returned.ask("a", "1");
  returned.acknowledge("a");
  returned.ask("a", null);
  returned.acknowledge("a");
  assert.equal(returned.reconcile(new Map([["a", "1"]])).violations.length, 1);
  assert.equal(createLedger().reconcile(new Map([["x", "1"]])).violations.length, 1);
});

test("a change without an answer may be made or not, and is then settled", () => {
  for (const found of ["1", "2"]) {
    const ledger = createLedger();
    ledger.ask("a", "1");
    ledger.acknowledge("a");
    ledger.ask("a", "2");
    assert.deepEqual(ledger.present(), []);
    const is = new Map([["a", found]]);
    const isMade = found === "2";
    const expected = { violations: [], made: isMade ? 1 : 0, dropped: isMade ? 0 : 1 };
    assert.deepEqual(ledger.reconcile(is), expected);
    assert.deepEqual(ledger.reconcile(is), nothing);
    assert.equal(ledger.current("a"), found);
  }
});

test("a seed gives the same numbers again, within the limit", () => {
  const draw = (seed: number) => {
    const random = createRandom(seed);
    return Array.from({ length: 100 }, () => random.below(10));
  };
  assert.deepEqual(draw(7), draw(7));
  assert.notDeepEqual(draw(7), draw(8));
  assert.deepEqual([...new Set(draw(7))].sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});
