import assert from "node:assert/strict";
import { WAVE_IDENTITY } from "../../stack/component.ts";
import { attemptsOf, findingOf, runTrace, stepOf } from "../../stack/operations.ts";
import type { Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title:
    "the first SRV target is dead: the second is used, and the first one's refusal stays visible as a warning",
  run: async (world, shared) => {
    const { client } = await shared.home();
    const domain = "failover.example";
    const wave = `wave.${domain}`;
    const server = await world.prosody({ domain, components: [wave] });
    const dead = world.address();
    await world.dns.setZone(domain, [
      "_xmpp-server._tcp IN SRV 10 0 5269 dead",
      "_xmpp-server._tcp IN SRV 20 0 5269 backup-wave",
      "_xmpp-server._tcp.wave IN SRV 10 0 5269 backup-wave",
      `dead IN A ${dead}`,
      `backup-wave IN A ${server.address}`,
    ]);
    await world.component(server, { name: wave, identities: [WAVE_IDENTITY] });

    const found = await runTrace(client, domain);
    assert.equal(found.wave, "found");
    assert.equal(found.xmpp, "warning");
    const dials = attemptsOf(stepOf(found, 5), "connect");
    assert.deepEqual(
      dials.map(({ address, winner }) => ({ address, winner })),
      [
        { address: dead, winner: false },
        { address: server.address, winner: true },
      ],
    );
    assert.equal(findingOf(found, "tcp.refused").severity, "warning");
  },
};
