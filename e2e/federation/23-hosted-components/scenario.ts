import assert from "node:assert/strict";
import { attachComponent, type Component } from "../../stack/component.ts";
import { addHosted, useForXmpp, waitForLink } from "../../stack/operations.ts";
import { COMPONENT_PORT } from "../../stack/prosody.ts";
import type { NativeSite } from "../../stack/world.ts";
import { until } from "../../stack/wait.ts";
import type { Scenario } from "../scenario.ts";

const PING = "<ping xmlns='urn:xmpp:ping'/>";

export const scenario: Scenario = {
  title:
    "components on the component hosts of two appliances talk across, and with one on a strict Prosody",
  run: async (world) => {
    const [left, right, prosody] = await Promise.all([
      world.nativeSite("left23.example", { labels: ["bot"] }),
      world.nativeSite("right23.example", { labels: ["bot"] }),
      world.prosody({ domain: "prosody23.example", components: ["bot.prosody23.example"] }),
    ]);
    await world.dns.setZone("prosody23.example", [
      ...["", ".bot"].map(
        (label) => `_xmpp-server._tcp${label} IN SRV 10 0 ${prosody.s2sPort} xmpp`,
      ),
      `xmpp IN A ${prosody.address}`,
    ]);
    const [a, b, c] = await Promise.all([
      host(left),
      host(right),
      world.component(prosody, {
        name: "bot.prosody23.example",
        identities: ["component/generic"],
      }),
    ]);
    const all: [Component, string][] = [
      [a, "bot.left23.example"],
      [b, "bot.right23.example"],
      [c, "bot.prosody23.example"],
    ];
    for (const [from, name] of all)
      for (const [, to] of all) {
        if (to === name) continue;
        const answer = await from.query(to, PING, 10_000);
        assert.equal(
          answer.attributes["type"],
          "result",
          `${name} -> ${to}: ${JSON.stringify(answer)}`,
        );
        assert.equal(answer.attributes["from"], to);
      }
  },
};

async function host(site: NativeSite): Promise<Component> {
  const name = `bot.${site.domain}`;
  const { id, secret } = await addHosted(site.client, { domainId: site.domainId, name });
  const place = { host: site.appliance.address, port: COMPONENT_PORT };
  const component = await until(`${name} to be attached`, 10_000, () =>
    attachComponent({ ...place, name, secret, identities: ["component/generic"] }),
  );
  if (site.certificateId !== null) await useForXmpp(site.client, site.certificateId, [name]);
  await waitForLink(site.client, site.domainId, id, "attached");
  return component;
}
