import assert from "node:assert/strict";
import { type X2xAgreement, x2xLink, x2xOffer, type X2xLink } from "#contract/x2x.ts";
import type { Client } from "../../stack/client.ts";
import { runPing } from "../../stack/operations.ts";
import { until } from "../../stack/wait.ts";
import type { NativeSite } from "../../stack/world.ts";
import type { Scenario } from "../scenario.ts";

const X2X_PORT = 5271;
const UP_MS = 15_000;

export const scenario: Scenario = {
  title:
    "two appliances with an agreement (XEP-0361): one exports, the other imports and pings of both go over the link",
  run: async (world) => {
    const [ship, shore] = await Promise.all([
      world.nativeSite("ship28.example"),
      world.nativeSite("shore28.example"),
    ]);
    const ours = await ship.client.read(x2xLink, "POST", "/api/v1/x2x-links", {
      name: "to shore",
      agreement: agreementOf(ship, shore),
      listenAddress: ship.appliance.address,
      bindAddress: ship.appliance.address,
    });
    const offer = await ship.client.read(x2xOffer, "GET", `/api/v1/x2x-links/${ours.id}/offer`);
    const theirs = await shore.client.read(x2xLink, "POST", "/api/v1/x2x-links", {
      name: "to ship",
      agreement: offer.agreement,
      listenAddress: shore.appliance.address,
      bindAddress: shore.appliance.address,
    });
    assert.equal(theirs.fingerprint, ours.fingerprint);
    assert.equal(theirs.fingerprint, offer.fingerprint);

    for (const [from, to] of [
      [ship, shore],
      [shore, ship],
    ] as const) {
      const pong = await runPing(from.client, to.domain);
      assert.equal(pong.xmpp.status, "answered", JSON.stringify(pong));
      assert.equal(pong.wave.status, "answered", JSON.stringify(pong));
      assert.equal(pong.agreedLink, from === ship ? "to shore" : "to ship");
    }
    for (const [site, link] of [
      [ship, ours],
      [shore, theirs],
    ] as const) {
      const { live } = await until("the link's traffic to be written", UP_MS, async () => {
        const seen = await linkOf(site.client, link.id);
        const [one] = seen.live?.connections ?? [];
        return one !== undefined && one.stanzasIn >= 4 && one.stanzasOut >= 4 ? seen : undefined;
      });
      assert.equal(live?.state, "up");
      assert.deepEqual(
        live.connections.map(({ tls }) => tls?.version),
        ["TLSv1.3"],
      );
    }
  },
};

function agreementOf(ours: NativeSite, theirs: NativeSite): X2xAgreement {
  const sideOf = ({ domain, wave, appliance }: NativeSite) => ({
    domains: [domain, wave],
    listens: { host: appliance.address, port: X2X_PORT },
    opens: {
      knownBy: "certificate" as const,
      addresses: [appliance.address],
      port: null,
      hostName: null,
    },
    certificate: { by: "names" as const, pins: [] },
  });
  return {
    version: "0.3",
    security: "mutual_tls",
    connections: "shared",
    onInvalid: "close",
    maxStanzaBytes: 262_144,
    keepaliveSeconds: null,
    idleSeconds: 600,
    language: null,
    sides: [sideOf(ours), sideOf(theirs)],
  };
}

async function linkOf(client: Client, id: string): Promise<X2xLink> {
  return await client.read(x2xLink, "GET", `/api/v1/x2x-links/${id}`);
}
