import assert from "node:assert/strict";
import { test } from "node:test";
import { agreementOf, newDraft } from "./draft.ts";
import { isWorthCompressing, savingsOf } from "./savings.ts";

const agreement = agreementOf({
  ...newDraft,
  ours: { ...newDraft.ours, domains: "ship.example", host: "192.0.2.1" },
  theirs: { ...newDraft.theirs, domains: "shore.example", host: "192.0.2.2" },
});

test("RFC 6120 §4, §5, §6: a normal stream takes seven round trips, TCP and TLS among them", () => {
  const { normal, link } = savingsOf(agreement);
  assert.deepEqual([normal.roundTrips, link.roundTrips], [7, 2]);
  assert.equal(savingsOf({ ...agreement, security: "plain" }).link.roundTrips, 1);
  assert.equal(link.bytes, 0);
});

test("one shared connection saves the other direction's stream whole, too", () => {
  const shared = savingsOf(agreement);
  assert.equal(shared.saved.roundTrips, 2 * 7 - 2);
  assert.equal(shared.saved.bytes, 2 * shared.normal.bytes);
  assert.equal(savingsOf({ ...agreement, connections: "own" }).saved.roundTrips, 2 * (7 - 2));
});

test("bytes follow the names: each header has both, and there are six", () => {
  const longer = structuredClone(agreement);
  longer.sides[0].domains = ["bücher.ship.example"];
  const grown = savingsOf(longer).normal.bytes - savingsOf(agreement).normal.bytes;
  assert.equal(grown, 6 * 8, "seven letters, one of which has two bytes");
  assert.ok(savingsOf(agreement).normal.bytes > 1_500 && savingsOf(agreement).normal.bytes < 2_500);
});

test("compression is proposed for a line that is slow, and not where it was agreed on", () => {
  const proposed = ([compression, roundTripMs]: ["none" | "deflate", number | null]) =>
    isWorthCompressing({ compression }, roundTripMs);
  assert.equal(proposed(["none", 2_300]), true);
  assert.equal(proposed(["none", 40]), false);
  assert.equal(proposed(["none", null]), false);
  assert.equal(proposed(["deflate", 2_300]), false);
});
