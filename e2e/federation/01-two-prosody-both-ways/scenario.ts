import assert from "node:assert/strict";
import {
  assertFoundByDisco,
  attemptsOf,
  runPing,
  runTrace,
  stepOf,
} from "../../stack/operations.ts";
import type { Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title:
    "two Prosody with an appliance each: traces both ways end at step 12 with disco answers, pings are answered",
  run: async (world, shared) => {
    const [home, acme] = await Promise.all([
      shared.home(),
      world.site("acmewave.com", { engine: "embedded" }),
    ]);

    const there = await runTrace(home.client, "acmewave.com");
    assertFoundByDisco(there, "wave.acmewave.com");
    const back = await runTrace(acme.client, "initech-corp.com");
    assertFoundByDisco(back, "wave.initech-corp.com");
    for (const found of [there, back]) {
      const dials = attemptsOf(stepOf(found, 5), "connect");
      const winner = dials.find((attempt) => attempt.winner);
      assert.equal(winner?.certificate?.trusted, true);
      assert.equal(winner.certificate.nameMatch, `dns:${found.domain}`);
      assert.equal(winner.tls?.version, "TLSv1.3");
    }

    for (const [from, to] of [
      [home, acme],
      [acme, home],
    ] as const) {
      const pong = await runPing(from.client, to.domain);
      assert.equal(pong.wave.status, "answered", JSON.stringify(pong));
      assert.equal(pong.wave.to, to.wave);
      assert.equal(pong.xmpp.status, "answered", JSON.stringify(pong));
      assert.equal(pong.provesBothDirections, true);
    }
  },
};
