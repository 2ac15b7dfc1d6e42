import assert from "node:assert/strict";
import { runTrace } from "../../stack/operations.ts";
import { pingBothWays, startNeighbour, untilLogged } from "../native-traffic.ts";
import type { Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title:
    "a domain that the appliance federates itself and a strict Prosody: EXTERNAL both ways, pings answered both ways",
  run: async (world) => {
    const native = await world.nativeSite("native16.example");
    const prosody = await startNeighbour(world, { kind: "prosody", domain: "prosody16.example" });
    await pingBothWays(native, prosody);
    // Without dialback there is no other proof: each of the three streams is by certificate.
    await untilLogged(prosody.server, /Accepting SASL EXTERNAL identity from native16\.example/);
    await untilLogged(prosody.server, /SASL EXTERNAL with native16\.example succeeded/);
    await untilLogged(
      prosody.server,
      /Outgoing s2s connection wave\.prosody16\.example->native16\.example complete/,
    );
    assert.doesNotMatch(prosody.server.log(), /dialback key/);

    const found = await runTrace(native.client, prosody.domain);
    assert.equal(found.xmpp, "reachable", JSON.stringify(found));
  },
};
