import assert from "node:assert/strict";
import { type Incident, incidentPage, type Peer, peer, type PeerRequest } from "#contract/peers.ts";
import type { Client } from "../../stack/client.ts";
import { until } from "../../stack/wait.ts";
import { recommendedRecords } from "../../stack/world.ts";
import type { Scenario } from "../scenario.ts";

const CHECKED_MS = 60_000;

export const scenario: Scenario = {
  title:
    "the peer's server is killed and comes back: its health goes down with an incident and its cause, and up again",
  run: async (world, shared) => {
    const { client } = await shared.home();
    const domain = "mortal.example";
    const server = await world.prosody({ domain });
    await world.dns.setZone(domain, recommendedRecords(server));
    // The shortest interval stands far beyond this test: every check is asked for.
    const request: PeerRequest = {
      domain,
      expects: "xmpp",
      failuresUntilDown: 2,
      checkIntervalSeconds: 3600,
    };
    const { id } = await client.read(peer, "POST", "/api/v1/peers", request);

    await checkUntil(client, id, "up");
    assert.deepEqual(await incidentsOf(client, id), []);

    await server.kill();
    const down = await checkUntil(client, id, "down");
    assert.equal(down.health?.cause?.code, "tcp.refused", JSON.stringify(down.health));
    assert.ok(down.health.lastTraceId, "the trace of the change is kept");
    const [opened, ...others] = await incidentsOf(client, id);
    assert.deepEqual(others, []);
    assert.equal(opened?.kind, "outage");
    assert.equal(opened.closedAt, null);
    assert.equal(opened.cause.code, "tcp.refused");

    await server.start();
    await checkUntil(client, id, "up");
    const [closed] = await incidentsOf(client, id);
    assert.equal(closed?.id, opened.id);
    assert.notEqual(closed.closedAt, null);
  },
};

/** Asks for checks, one after the other, until the peer is in `state`. */
async function checkUntil(client: Client, peerId: string, state: string): Promise<Peer> {
  return await until(`the peer to be ${state}`, CHECKED_MS, async () => {
    const path = `/api/v1/peers/${peerId}`;
    const before = (await client.read(peer, "GET", path)).health?.lastCheckAt ?? null;
    await client.send("POST", "/api/v1/checks", { peerId });
    const after = await until("the check's end", CHECKED_MS, async () => {
      const current = await client.read(peer, "GET", path);
      return current.health !== null && current.health.lastCheckAt !== before ? current : undefined;
    });
    if (after.health?.state === state) return after;
    throw new Error(`it is ${after.health?.state}: ${JSON.stringify(after.health?.cause)}`);
  });
}

async function incidentsOf(client: Client, peerId: string): Promise<Incident[]> {
  const path = `/api/v1/incidents?peer=${peerId}`;
  return (await client.read(incidentPage, "GET", path)).items;
}
