import assert from "node:assert/strict";
import { runPing } from "../../stack/operations.ts";
import { pingNative, startNeighbour, untilLogged } from "../native-traffic.ts";
import type { Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title:
    "Prosody with mod_smacks and mod_s2s_bidi: one stream carries both ways, and each side acknowledges what it got",
  run: async (world) => {
    const native = await world.nativeSite("native20.example");
    const prosody = await startNeighbour(world, {
      kind: "prosody",
      domain: "prosody20.example",
      modules: ["smacks", "s2s_bidi"],
    });
    const { server } = prosody;

    // They dial: our answer goes back over their stream, and we acknowledge what came.
    await pingNative(native, prosody);
    await untilLogged(server, /Requesting bidirectional stream/);
    assert.doesNotMatch(server.log(), /Incoming s2s connection native/, "we opened no stream");
    // What waited for the stream goes before stream management begins: another one is counted.
    await pingNative(native, prosody);
    await untilLogged(server, /#queue = 0 \(acked: [1-9]/);

    // We dial: their answer comes back over our stream, and they acknowledge.
    const pong = await runPing(native.client, prosody.domain);
    assert.equal(pong.xmpp.status, "answered", JSON.stringify(pong));
    await untilLogged(server, /Requested bidirectional stream/);
    await untilLogged(
      server,
      /Setting up to handle route from prosody20\.example to (wave\.)?native20\.example/,
    );
    await untilLogged(server, /Received ack request, acking for [1-9]/);
    const dials = server.log().match(/opening a new outgoing connection for this stanza/g);
    assert.equal(dials?.length, 1, "they opened no stream but their own first one");
  },
};
