import assert from "node:assert/strict";
import { recommendedDirectRecords } from "../../stack/world.ts";
import { pingBothWays, startNeighbour, untilLogged } from "../native-traffic.ts";
import type { Scenario } from "../scenario.ts";

const DIRECT_PORT = 5270;

export const scenario: Scenario = {
  title:
    "direct TLS with Prosody in both directions: `_xmpps-server` is all that either side publishes (XEP-0368)",
  run: async (world) => {
    const native = await world.nativeSite("native19.example");
    await world.dns.setZone(
      native.domain,
      recommendedDirectRecords({ address: native.appliance.address, port: DIRECT_PORT }),
    );
    const prosody = await startNeighbour(world, {
      kind: "prosody",
      domain: "prosody19.example",
      directTlsPort: DIRECT_PORT,
      records: () =>
        ["_xmpps-server._tcp", "_xmpps-server._tcp.wave"].map(
          (owner) => `${owner} IN SRV 10 0 ${DIRECT_PORT} xmpp`,
        ),
    });
    await pingBothWays(native, prosody);
    const log = prosody.server.log();
    await untilLogged(prosody.server, /Accepting SASL EXTERNAL identity from native19\.example/);
    await untilLogged(prosody.server, /SASL EXTERNAL with native19\.example succeeded/);
    // Nobody asked for STARTTLS: TLS was there from the first byte.
    assert.doesNotMatch(log, /<starttls|<proceed/);
  },
};
