import assert from "node:assert/strict";
import { pingBothWays, startNeighbour, untilLogged } from "../native-traffic.ts";
import type { Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title:
    "a domain that the appliance federates itself and an ejabberd without dialback: EXTERNAL both ways, pings answered both ways",
  run: async (world) => {
    const native = await world.nativeSite("native17.example");
    const ejabberd = await startNeighbour(world, {
      kind: "ejabberd",
      domain: "ejabberd17.example",
      dialback: false,
      addresses: { "xmpp.native17.example": native.appliance.address },
    });
    await pingBothWays(native, ejabberd);
    await untilLogged(
      ejabberd.server,
      /Accepted inbound s2s EXTERNAL authentication (wave\.)?native17\.example -> ejabberd17\.example/,
    );
    await untilLogged(
      ejabberd.server,
      /Accepted outbound s2s EXTERNAL authentication (wave\.)?ejabberd17\.example -> native17\.example/,
    );
    assert.doesNotMatch(ejabberd.server.log(), /s2s dialback/);
  },
};
