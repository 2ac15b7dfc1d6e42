import assert from "node:assert/strict";
import { WAVE_FEATURE } from "../../stack/component.ts";
import { attemptsOf, runTrace, stepOf } from "../../stack/operations.ts";
import type { Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title:
    "the disco item lives on another host: step 7 resolves it by itself and dials it before calling it found",
  run: async (world, shared) => {
    const { client } = await shared.home();
    const domain = "elsewhere.example";
    const service = "waveservice.hosting.example";
    const server = await world.prosody({ domain, discoItems: [service] });
    const hosting = await world.prosody({ domain: "hosting.example", components: [service] });
    await world.dns.setZone(domain, [
      "_xmpp-server._tcp IN SRV 10 0 5269 xmpp",
      `xmpp IN A ${server.address}`,
    ]);
    await world.dns.setZone("hosting.example", [
      "_xmpp-server._tcp.waveservice IN SRV 10 0 5269 xmpp",
      `xmpp IN A ${hosting.address}`,
    ]);
    // Recognised by the feature alone, as the software that Apache Wave shipped announced it.
    await world.component(hosting, {
      name: service,
      identities: ["component/generic"],
      features: [WAVE_FEATURE],
    });

    const found = await runTrace(client, domain);
    assert.equal(found.xmpp, "reachable", JSON.stringify(found.findings));
    assert.equal(found.wave, "found", JSON.stringify(found.findings));
    assert.equal(found.jid, service);
    const questions = attemptsOf(stepOf(found, 7), "dns").map(({ question }) => question.name);
    assert.ok(questions.includes(`_xmpp-server._tcp.${service}`), questions.join());
    const dials = found.steps.flatMap((step) => attemptsOf(step, "connect"));
    assert.ok(dials.some(({ address, winner }) => winner && address === hosting.address));
    const info = attemptsOf(stepOf(found, 6), "disco").find(
      ({ to, query }) => to === service && query === "info",
    );
    assert.equal(info?.matched, "feature");
    assert.equal(stepOf(found, 8).status, "ok");
    assert.equal(stepOf(found, 9).status, "skipped");
    assert.equal(stepOf(found, 12).status, "ok");
  },
};
