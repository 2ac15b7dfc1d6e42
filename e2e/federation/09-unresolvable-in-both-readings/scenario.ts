import assert from "node:assert/strict";
import { WAVE_IDENTITY } from "../../stack/component.ts";
import { findingOf, runTrace, stepOf } from "../../stack/operations.ts";
import type { Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title:
    "the domain itself does not resolve: strict goes from step 4 to 13, overview guesses wave.DOMAIN and finds it",
  run: async (world, shared) => {
    const { client } = await shared.home();
    const domain = "bare.example";
    const wave = `wave.${domain}`;
    const server = await world.prosody({ domain, hidden: [wave] });
    await world.dns.setZone(wave, [
      "_xmpp-server._tcp IN SRV 10 0 5269 xmpp",
      `xmpp IN A ${server.address}`,
    ]);
    await world.component(server, { name: wave, identities: [WAVE_IDENTITY] });

    const strict = await runTrace(client, domain, { reading: "strict" });
    assert.equal(strict.reading, "strict");
    assert.equal(strict.xmpp, "unreachable", JSON.stringify(strict.findings));
    assert.equal(findingOf(strict, "dns.nxdomain").owner, "peer");
    assert.equal(stepOf(strict, 4).status, "failed");
    for (let number = 5; number <= 12; number += 1) {
      assert.ok(
        ["skipped", "not_reached"].includes(stepOf(strict, number).status),
        `step ${number}`,
      );
      assert.equal(stepOf(strict, number).because?.step, 4);
    }
    assert.equal(stepOf(strict, 13).status, "failed");

    const overview = await runTrace(client, domain, { reading: "overview", fresh: true });
    assert.equal(overview.reading, "overview");
    assert.equal(overview.wave, "guessed", JSON.stringify(overview.findings));
    assert.equal(overview.jid, wave);
    assert.equal(stepOf(overview, 10).status, "ok");
    assert.equal(stepOf(overview, 12).status, "ok");
  },
};
