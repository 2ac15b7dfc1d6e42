import assert from "node:assert/strict";
import { join } from "node:path";
import { type Connection, connectionPage } from "#contract/connections.ts";
import { tokenCreated } from "#contract/people.ts";
import { streamPage } from "#contract/streams.ts";
import { type X2xAgreement, x2xLink, x2xLinkPage } from "#contract/x2x.ts";
import { type Client, createClient } from "../../stack/client.ts";
import { runPing } from "../../stack/operations.ts";
import { until } from "../../stack/wait.ts";
import type { NativeSite } from "../../stack/world.ts";
import type { Scenario } from "../scenario.ts";

const X2X_PORT = 5_271;
const SEEN_MS = 15_000;
/** A lease of 30 s runs out, and whoever comes next looks every ten. */
const TAKEN_MS = 60_000;

export const scenario: Scenario = {
  title:
    "two appliances on one PostgreSQL: an X2X link and the names that it speaks for are on one of them, move together when it dies, and nothing goes by a stream",
  run: async (world) => {
    const databaseUrl = await world.database();
    const env = { MASTER_KEY_FILE: join(world.folder, "shared38.key") };
    const site = await world.nativeSite("shared38.example", { appliance: { databaseUrl, env } });
    const peer = await world.nativeSite("peer38.example");
    const second = await world.appliance({ databaseUrl, env });
    const { token } = await site.client.read(tokenCreated, "POST", "/api/v1/tokens", {
      ...{ name: "second", role: "admin" },
    });
    const client = createClient(second.url, token);

    // Made at the second appliance, and taken up by the first, which has the names.
    const link = await client.read(x2xLink, "POST", "/api/v1/x2x-links", {
      ...{ name: "to peer", consent: "to peer", agreement: agreementOf(site, peer) },
    });
    await peer.client.read(x2xLink, "POST", "/api/v1/x2x-links", {
      ...{ name: "to shared", consent: "to shared", agreement: flip(agreementOf(site, peer)) },
      listenAddress: peer.appliance.address,
    });
    const first = await heldTogether(client, link.id, site);
    await untilAnswered(site.client, peer.domain);

    await site.appliance.kill();
    const next = await until("the second to take link and names", TAKEN_MS, async () => {
      const holder = await heldTogether(client, link.id, site);
      return holder === first ? undefined : holder;
    });
    assert.notEqual(next, first);
    await untilAnswered(client, peer.domain);
    for (const [asked, remote] of [
      [client, peer.domain],
      [peer.client, site.domain],
    ] as const) {
      const streams = await asked.read(streamPage, "GET", `/api/v1/streams?remote=${remote}`);
      // A ping that looks for a reason may have logged in; stanzas went by the link.
      for (const { stanzasIn, stanzasOut } of streams.items)
        assert.deepEqual([stanzasIn, stanzasOut], [0, 0]);
    }
  },
};

/** The other end of the link may not be set up yet. */
function untilAnswered(client: Client, domain: string): Promise<boolean> {
  return until<boolean>(`${domain} to answer`, SEEN_MS, async () => {
    const { xmpp } = await runPing(client, domain);
    if (xmpp.status === "answered") return true;
    const { items } = await client.read(x2xLinkPage, "GET", "/api/v1/x2x-links");
    throw new Error(JSON.stringify([xmpp, ...items.map(({ live }) => live)]));
  });
}

/** The appliance that holds the link and each of its names; waits until that is one. */
function heldTogether(client: Client, id: string, site: NativeSite): Promise<string> {
  return until("link and names to be together", SEEN_MS, async () => {
    const { nodeId } = await client.read(x2xLink, "GET", `/api/v1/x2x-links/${id}`);
    const { items } = await client.read(connectionPage, "GET", "/api/v1/connections?kind=link");
    const isOurs = ({ linkName }: Connection) => [site.domain, site.wave].includes(linkName);
    const holders = items.filter((one) => isOurs(one) && !one.isStale && one.state === "attached");
    const isTogether = holders.length === 2 && holders.every((one) => one.nodeId === nodeId);
    if (nodeId !== null && isTogether) return nodeId;
    throw new Error(
      `${nodeId} ${JSON.stringify(holders.map((one) => [one.linkName, one.nodeId]))}`,
    );
  });
}

function agreementOf(site: NativeSite, peer: NativeSite): X2xAgreement {
  const opens = { knownBy: "implicit" as const, addresses: [], port: null, hostName: null };
  return {
    ...{
      version: "0.3",
      security: "plain",
      connections: "shared",
      onInvalid: "close",
      compression: "none",
    },
    ...{ maxStanzaBytes: 65_536, keepaliveSeconds: null, idleSeconds: 600, language: null },
    sides: [
      { domains: [site.domain, site.wave], listens: null, opens, certificate: null },
      {
        domains: [peer.domain, peer.wave],
        listens: { host: peer.appliance.address, port: X2X_PORT },
        ...{ opens: null, certificate: null },
      },
    ],
  };
}

function flip(agreed: X2xAgreement): X2xAgreement {
  const [one, other] = agreed.sides;
  return { ...agreed, sides: [other, one] };
}
