import assert from "node:assert/strict";
import { WAVE_IDENTITY } from "../../stack/component.ts";
import { findingOf, runTrace, stepOf } from "../../stack/operations.ts";
import type { Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title:
    "no disco item: step 9 guesses wave.DOMAIN, step 10 resolves it, and the guess is named as one",
  run: async (world, shared) => {
    const { client } = await shared.home();
    const domain = "unlisted.example";
    const wave = `wave.${domain}`;
    const server = await world.prosody({ domain, hidden: [wave] });
    await world.dns.setZone(domain, [
      "_xmpp-server._tcp IN SRV 10 0 5269 xmpp",
      "_xmpp-server._tcp.wave IN SRV 10 0 5269 xmpp",
      `xmpp IN A ${server.address}`,
    ]);
    await world.component(server, { name: wave, identities: [WAVE_IDENTITY] });

    const found = await runTrace(client, domain);
    assert.equal(found.xmpp, "reachable", JSON.stringify(found.findings));
    assert.equal(found.wave, "guessed", JSON.stringify(found.findings));
    assert.equal(found.jid, wave);
    assert.equal(findingOf(found, "disco.no_items").owner, "nobody");
    assert.equal(findingOf(found, "guess.used").params["jid"], wave);
    assert.equal(stepOf(found, 7).status, "skipped");
    assert.equal(stepOf(found, 10).status, "ok");
    assert.equal(stepOf(found, 12).status, "ok");
  },
};
