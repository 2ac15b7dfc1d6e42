import assert from "node:assert/strict";
import { attemptsOf, runTrace, stepOf } from "../../stack/operations.ts";
import type { Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title:
    "a healthy chat server without waves: XMPP reachable, wave none, and that is a remark and no fault",
  run: async (world, shared) => {
    const { client } = await shared.home();
    const domain = "chat-only.example";
    const room = `rooms.${domain}`;
    const server = await world.prosody({
      domain,
      components: [room],
      certificate: { names: [domain, room] },
    });
    await world.dns.setZone(domain, [
      "_xmpp-server._tcp IN SRV 10 0 5269 xmpp",
      "_xmpp-server._tcp.rooms IN SRV 10 0 5269 xmpp",
      // Left from a Wave service that is gone; the certificate does not name it either.
      "_xmpp-server._tcp.wave IN SRV 10 0 5269 xmpp",
      `xmpp IN A ${server.address}`,
    ]);
    await world.component(server, { name: room, identities: ["conference/text"] });

    const found = await runTrace(client, domain);
    assert.equal(found.xmpp, "reachable", JSON.stringify(found.findings));
    assert.equal(found.wave, "none", JSON.stringify(found.findings));
    assert.equal(found.jid, null);
    const info = attemptsOf(stepOf(found, 6), "disco").find(({ to }) => to === room);
    assert.deepEqual(info?.identities, [{ category: "conference", type: "text", name: null }]);
    assert.equal(info.matched, null);
    assert.equal(found.headline?.code, "disco.no_wave", JSON.stringify(found.findings));
    assert.equal(found.headline.severity, "warning");
    const blamed = found.findings.filter(({ severity }) => severity === "error");
    assert.deepEqual(blamed, [], "nothing that the guess met is a fault");
    // The chat server was reached: step 13 speaks of the wave service alone.
    assert.equal(stepOf(found, 13).status, "warning");
  },
};
