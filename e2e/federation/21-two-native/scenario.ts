import assert from "node:assert/strict";
import { connectionPage } from "#contract/connections.ts";
import { runPing, runTrace } from "../../stack/operations.ts";
import { until } from "../../stack/wait.ts";
import type { Scenario } from "../scenario.ts";

/** Counters reach the database every two seconds. */
const COUNTED_MS = 10_000;

export const scenario: Scenario = {
  title:
    "two appliances and no other XMPP server: they find each other's waves and answer each other's pings",
  run: async (world) => {
    const [one, other] = await Promise.all([
      world.nativeSite("one21.example"),
      world.nativeSite("other21.example"),
    ]);
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      const found = await runTrace(from.client, to.domain);
      assert.equal(found.xmpp, "reachable", JSON.stringify(found.findings));
      assert.equal(found.wave, "found", JSON.stringify(found.findings));
      assert.equal(found.jid, to.wave);
      const pong = await runPing(from.client, to.domain);
      assert.equal(pong.xmpp.status, "answered", JSON.stringify(pong));
      assert.equal(pong.wave.status, "answered", JSON.stringify(pong));
      const path = `/api/v1/connections?kind=domain&q=${to.domain}`;
      await until("stanzas both ways to be counted", COUNTED_MS, async () => {
        const { items } = await from.client.read(connectionPage, "GET", path);
        const carried = items.find(({ remoteDomain }) => remoteDomain === to.domain);
        return carried !== undefined && carried.stanzasOut > 0 && carried.stanzasIn > 0
          ? true
          : undefined;
      });
    }
  },
};
