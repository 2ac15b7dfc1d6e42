import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseWay, type Ways } from "./ways.ts";

type Row = [own: Ways["own"], theirs: Ways["theirs"], shared: string, own: string, only: string];

test("XEP-0361 §4.3: who sends on which connection, in every state of both", () => {
  // Columns: one connection shared, one each way, and a side that may not open.
  const rows: Row[] = [
    ["none", "none", "open", "open", "wait"],
    ["none", "open", "theirs", "open", "theirs"],
    ["none", "closing", "wait", "open", "wait"],
    ["connecting", "none", "wait", "wait", "-"],
    ["connecting", "open", "wait", "wait", "-"],
    ["connecting", "closing", "wait", "wait", "-"],
    ["open", "none", "own", "own", "-"],
    ["open", "open", "own", "own", "-"],
    ["open", "closing", "own", "own", "-"],
    ["closing", "none", "wait", "wait", "-"],
    ["closing", "open", "wait", "wait", "-"],
    ["closing", "closing", "wait", "wait", "-"],
  ];
  for (const [own, theirs, shared, each, only] of rows) {
    const ways = { own, theirs };
    const title = `${own} ${theirs}`;
    assert.equal(chooseWay({ mayOpen: true, connections: "shared" }, ways), shared, title);
    assert.equal(chooseWay({ mayOpen: true, connections: "own" }, ways), each, title);
    if (only === "-") continue;
    // Not to open and not to use theirs would leave nothing to send on.
    for (const connections of ["shared", "own"] as const)
      assert.equal(chooseWay({ mayOpen: false, connections }, ways), only, title);
  }
});

test("XEP-0361 §4.3: opened by both at the same time, each sends on its own, in whatever order the news come", () => {
  type News = "own opens" | "theirs opens";
  const orders: News[][] = [
    ["own opens", "theirs opens"],
    ["theirs opens", "own opens"],
  ];
  for (const order of orders) {
    let ways: Ways = { own: "connecting", theirs: "none" };
    for (const news of order)
      ways = news === "own opens" ? { ...ways, own: "open" } : { ...ways, theirs: "open" };
    assert.equal(chooseWay({ mayOpen: true, connections: "shared" }, ways), "own");
    // When its own has ended, the other's is there.
    assert.equal(
      chooseWay({ mayOpen: true, connections: "shared" }, { ...ways, own: "none" }),
      "theirs",
    );
  }
});
