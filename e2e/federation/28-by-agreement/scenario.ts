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
    "two appliances with an agreement (XEP-0361): one exports, the other imports and pings of both go over the link, then compressed",
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
      const { live } = await untilUsed(site.client, link.id);
      assert.equal(live?.state, "up");
      assert.deepEqual(
        live.connections.map(({ tls, inflated }) => [tls?.version, inflated]),
        [["TLSv1.3", null]],
      );
    }
    await proveCompression(ship, shore, ours, theirs);
  },
};

/** Both agree to compress from now on; the digits to compare say so. */
async function proveCompression(
  ship: NativeSite,
  shore: NativeSite,
  ours: X2xLink,
  theirs: X2xLink,
): Promise<void> {
  const deflate = "deflate" as const;
  const [packed, unpacked] = [
    await ship.client.read(x2xLink, "PATCH", `/api/v1/x2x-links/${ours.id}`, {
      agreement: { ...ours.agreement, compression: deflate },
    }),
    await shore.client.read(x2xLink, "PATCH", `/api/v1/x2x-links/${theirs.id}`, {
      agreement: { ...theirs.agreement, compression: deflate },
    }),
  ];
  assert.notEqual(packed.fingerprint, ours.fingerprint);
  assert.equal(packed.fingerprint, unpacked.fingerprint);
  await until("both to go by it", 2 * UP_MS, async () => {
    for (const from of [ship, shore]) {
      const pong = await runPing(from.client, from === ship ? shore.domain : ship.domain);
      assert.equal(pong.xmpp.status, "answered", JSON.stringify(pong));
    }
    const links = await Promise.all([
      linkOf(ship.client, ours.id),
      linkOf(shore.client, theirs.id),
    ]);
    for (const { live } of links) {
      const { bytesIn = 0, bytesOut = 0, inflated = null } = live?.connections[0] ?? {};
      assert.ok(inflated !== null, JSON.stringify(live));
      assert.ok(inflated.bytesIn > 2 * bytesIn && inflated.bytesOut > 2 * bytesOut);
    }
    return true;
  });
}

async function untilUsed(client: Client, id: string): Promise<X2xLink> {
  return await until("the link's traffic to be written", UP_MS, async () => {
    const seen = await linkOf(client, id);
    const [one] = seen.live?.connections ?? [];
    return one !== undefined && one.stanzasIn >= 4 && one.stanzasOut >= 4 ? seen : undefined;
  });
}

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
    compression: "none",
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
