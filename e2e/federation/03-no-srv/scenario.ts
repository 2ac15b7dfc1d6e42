import assert from "node:assert/strict";
import { WAVE_IDENTITY } from "../../stack/component.ts";
import {
  assertFoundByDisco,
  attemptsOf,
  findingOf,
  runTrace,
  stepOf,
} from "../../stack/operations.ts";
import type { Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title:
    "no SRV record: step 3 takes the domain's own address and port 5269, and the trace says that this is allowed",
  run: async (world, shared) => {
    const { client } = await shared.home();
    const domain = "no-srv.example";
    const wave = `wave.${domain}`;
    const server = await world.prosody({ domain, components: [wave] });
    await world.dns.setZone(domain, [`@ IN A ${server.address}`, `wave IN A ${server.address}`]);
    await world.component(server, { name: wave, identities: [WAVE_IDENTITY] });

    const found = await runTrace(client, domain);
    assertFoundByDisco(found, wave);
    assert.equal(stepOf(found, 3).status, "ok");
    assert.equal(findingOf(found, "dns.nodata").owner, "nobody");
    const [dial] = attemptsOf(stepOf(found, 5), "connect").filter((attempt) => attempt.winner);
    assert.equal(dial?.candidate.origin, "fallback");
    assert.equal(dial.candidate.port, 5269);
    assert.equal(dial.address, server.address);
  },
};
