import assert from "node:assert/strict";
import { test } from "node:test";
import { agree, bothHalves, implicit, start, startBoth } from "../../testing/x2x-pair.ts";

// Faults of this appliance itself: they cost a stanza or a connection, are told, and all else goes on.

const boom = new Error("boom");

test("a fault of ours while a connection is opened costs the attempt, and is told", async () => {
  let isBroken = true;
  const agreement = await agree(
    {},
    { listens: null },
    { opens: null, listens: { host: "shore", port: 9 } },
  );
  const [ours] = bothHalves(agreement);
  const a = start({
    async addressesOf() {
      if (isBroken) throw boom;
      return [];
    },
  });
  await a.x2x.configure([ours]);
  a.send("ship.example", "shore.example", "1");
  await a.until("a bounce", () => a.bounced.length === 1);
  assert.deepEqual(a.bounced, [{ id: "1", code: "internal" }]);
  assert.deepEqual(
    a.errors.map((error) => error instanceof Error && [error.message, error.cause]),
    [["x2x link", boom]],
  );
  isBroken = false;
  a.send("ship.example", "shore.example", "2");
  await a.until("another attempt", () => a.bounced.length === 2);
  assert.equal(a.bounced[1]?.code, "x2x.unresolved");
});

test("a fault of ours while a peer is identified costs the connection, and is told", async () => {
  const opens = { ...implicit, knownBy: "reverse_dns", hostName: "ship.example" } as const;
  const [a, b] = await startBoth(
    await agree({}, { opens }, { opens: null }),
    {},
    {
      async reverse() {
        throw boom;
      },
    },
  );
  a.send("ship.example", "shore.example", "1");
  await b.until("the fault", () => b.errors.length > 0);
  assert.deepEqual(b.errors[0], boom);
  await a.until("its end", () => a.lastError() !== null);
  assert.deepEqual(b.arrived, []);
});

test("a fault of ours over one stanza costs that one only", async () => {
  const [a, b] = await startBoth(
    await agree(),
    {},
    {
      onStanza({ attributes }) {
        if (attributes["id"] === "1") throw boom;
      },
    },
  );
  for (const id of ["1", "2"]) a.send("ship.example", "shore.example", id);
  await b.until("the second", () => b.arrived.length === 1);
  assert.deepEqual([b.arrived, b.errors], [["2"], [boom]]);
});
