import assert from "node:assert/strict";
import { assertFoundByDisco, runPing, runTrace } from "../../stack/operations.ts";
import type { Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title:
    "Prosody on one side, ejabberd on the other: traces both ways end at step 12 with disco answers, pings are answered",
  run: async (world, shared) => {
    const home = await shared.home();
    const domain = "other.com";
    const server = await world.ejabberd(
      { domain, components: [`wave.${domain}`] },
      { "xmpp.initech-corp.com": home.server.address },
    );
    const other = await world.site(domain, { server });

    assertFoundByDisco(await runTrace(home.client, domain), other.wave);
    assertFoundByDisco(await runTrace(other.client, home.domain), home.wave);
    for (const [from, to] of [
      [home, other],
      [other, home],
    ] as const) {
      const pong = await runPing(from.client, to.domain);
      assert.equal(pong.wave.status, "answered", JSON.stringify(pong));
      assert.equal(pong.xmpp.status, "answered", JSON.stringify(pong));
    }
  },
};
