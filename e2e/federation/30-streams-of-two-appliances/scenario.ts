import assert from "node:assert/strict";
import { join } from "node:path";
import { tokenCreated } from "#contract/people.ts";
import { reachBack, type StreamPage, streamDetail, streamPage } from "#contract/streams.ts";
import { type Client, createClient } from "../../stack/client.ts";
import { runPing } from "../../stack/operations.ts";
import { until } from "../../stack/wait.ts";
import { startNeighbour } from "../native-traffic.ts";
import type { Scenario } from "../scenario.ts";

const SEEN_MS = 10_000;

export const scenario: Scenario = {
  title:
    "two appliances on one PostgreSQL: either lists the streams of both, closes one of the other's, asks by it, and names it when it is gone",
  run: async (world) => {
    const databaseUrl = await world.database();
    const env = { MASTER_KEY_FILE: join(world.folder, "shared30.key") };
    const site = await world.nativeSite("shared30.example", { appliance: { databaseUrl, env } });
    const second = await world.appliance({ databaseUrl, env });
    const { token } = await site.client.read(tokenCreated, "POST", "/api/v1/tokens", {
      name: "second",
      role: "admin",
    });
    const client = createClient(second.url, token);
    const prosody = await startNeighbour(world, { kind: "prosody", domain: "prosody30.example" });
    assert.equal((await runPing(site.client, prosody.domain)).xmpp.status, "answered");

    const here = await list(site.client, prosody.domain);
    const there = await list(client, prosody.domain);
    assert.ok(here.total > 0);
    assert.deepEqual(idsOf(there), idsOf(here));
    assert.notEqual(there.nodeId, here.nodeId);
    assert.deepEqual(
      there.others.map(({ id, isAnswering }) => [id, isAnswering]),
      [[here.nodeId, true]],
    );
    const [stream] = there.items;
    assert.ok(stream);
    assert.equal(stream.nodeId, here.nodeId);
    const path = `/api/v1/streams/${stream.id}`;
    const detail = await client.read(streamDetail, "GET", path);
    assert.ok(detail.certificate, "the chain is told across appliances");

    const { local } = stream;
    const asked = await client.read(reachBack, "POST", "/api/v1/streams/reach-backs", {
      ...{ local, remote: prosody.domain, seconds: 10 },
    });
    assert.deepEqual([asked.outcome, asked.nodeId], ["came", here.nodeId]);

    await client.send("DELETE", path);
    await until("the stream to be closed where it lives", SEEN_MS, async () =>
      (await site.client.request("GET", path)).status === 404 ? true : undefined,
    );

    await site.appliance.kill();
    const alone = await list(client, prosody.domain);
    assert.deepEqual([alone.total, alone.others[0]?.isAnswering], [0, false]);
  },
};

async function list(client: Client, remote: string): Promise<StreamPage> {
  return await client.read(streamPage, "GET", `/api/v1/streams?remote=${remote}`);
}

function idsOf(page: StreamPage): string[] {
  return page.items.map(({ id }) => id).toSorted();
}
