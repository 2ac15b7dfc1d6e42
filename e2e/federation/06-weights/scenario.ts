import assert from "node:assert/strict";
import { WAVE_IDENTITY } from "../../stack/component.ts";
import { attemptsOf, runTrace, stepOf } from "../../stack/operations.ts";
import type { Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title:
    "RFC 2782: of one priority the heavy target goes before the light one, and the trace shows the draw",
  run: async (world, shared) => {
    const { client } = await shared.home();
    const domain = "weights.example";
    const wave = `wave.${domain}`;
    const server = await world.prosody({ domain, components: [wave] });
    // The order of the records must not matter; a light target is drawn first once in 65 536 times.
    await world.dns.setZone(domain, [
      "_xmpp-server._tcp IN SRV 10 1 5269 wave2",
      "_xmpp-server._tcp IN SRV 10 65535 5269 wave1",
      "_xmpp-server._tcp IN SRV 20 0 5269 backup-wave",
      "_xmpp-server._tcp.wave IN SRV 10 0 5269 wave1",
      `wave1 IN A ${server.address}`,
      `wave2 IN A ${world.address()}`,
      `backup-wave IN A ${world.address()}`,
    ]);
    await world.component(server, { name: wave, identities: [WAVE_IDENTITY] });

    const found = await runTrace(client, domain);
    assert.equal(found.xmpp, "reachable");
    const orders = found.steps.flatMap((step) => attemptsOf(step, "order"));
    const candidates = orders[0]?.candidates ?? [];
    assert.deepEqual(
      candidates.map(({ host, priority, weight }) => ({ host, priority, weight })),
      [
        { host: `wave1.${domain}`, priority: 10, weight: 65_535 },
        { host: `wave2.${domain}`, priority: 10, weight: 1 },
        { host: `backup-wave.${domain}`, priority: 20, weight: 0 },
      ],
    );
    assert.equal(candidates[0]?.draw?.total, 65_536);
    const dials = attemptsOf(stepOf(found, 5), "connect").map(({ status }) => status);
    assert.deepEqual(dials, ["ok", "not_reached", "not_reached"]);
  },
};
