import assert from "node:assert/strict";
import { runPing, runTrace } from "../../stack/operations.ts";
import type { Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title:
    "a domain that the appliance federates itself and a strict Prosody: EXTERNAL both ways, pings answered",
  run: async (world) => {
    const native = await world.nativeSite("native16.example");
    const prosody = await world.prosody({ domain: "prosody16.example" });
    await world.dns.setZone("prosody16.example", [
      `_xmpp-server._tcp IN SRV 10 0 ${prosody.s2sPort} xmpp`,
      `xmpp IN A ${prosody.address}`,
    ]);
    const pong = await runPing(native.client, "prosody16.example");
    assert.equal(pong.xmpp.status, "answered", JSON.stringify(pong));
    const found = await runTrace(native.client, "prosody16.example");
    assert.equal(found.xmpp, "reachable", JSON.stringify(found));
  },
};
