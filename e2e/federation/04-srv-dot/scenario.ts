import assert from "node:assert/strict";
import { findingOf, runTrace, stepOf } from "../../stack/operations.ts";
import type { Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title:
    "SRV target `.`: the domain says that it offers no service, and no address is tried in its place",
  run: async (world, shared) => {
    const { client } = await shared.home();
    const domain = "no-service.example";
    // The address has a listening server, so that falling back to it would succeed and be seen.
    const server = await world.prosody({ domain });
    await world.dns.setZone(domain, [
      "_xmpp-server._tcp IN SRV 0 0 0 .",
      `@ IN A ${server.address}`,
    ]);

    const found = await runTrace(client, domain, { reading: "strict" });
    assert.equal(found.xmpp, "unreachable");
    assert.equal(found.headline?.code, "srv.dot");
    assert.equal(findingOf(found, "srv.dot").owner, "peer");
    assert.equal(stepOf(found, 13).status, "failed");
    const dials = found.steps.flatMap((step) =>
      step.attempts.filter(({ kind }) => kind === "connect"),
    );
    assert.deepEqual(dials, []);
  },
};
