import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { LocalDomain } from "#contract/domains.ts";
import type { HostedInstances, LinkCreated } from "#contract/links.ts";
import { createNodeCalls } from "#store/node-calls.ts";
import { nodes } from "#store/schema.ts";
import { absentPeers } from "#testing/absent-peers.ts";
import { openTestApp } from "#testing/app.ts";
import { createLinkDesk } from "./link-desk.ts";

// Its own links are never started: it holds none.
const { request, store, changes } = await openTestApp({ s2s: absentPeers });
const { db } = store;
const now = () => new Date();
const other = createNodeCalls({
  ...{ db, changes, nodeId: "othernod", now },
  onError: (error) => assert.fail(String(error)),
});
const calls: string[] = [];
let held = "";
const told: HostedInstances = {
  port: { host: "192.0.2.5", port: 5347, isTls: true, isOpen: true, problem: null },
  waitingStanzas: 2,
  items: [
    {
      ...{ id: "one", address: "192.0.2.9 40000", isEncrypted: true, attachedAt: null },
      ...{ stanzasIn: 1, stanzasOut: 2, bytesIn: 3, bytesOut: 4, queuedStanzas: 0 },
    },
  ],
};
createLinkDesk({
  nodes: other,
  links: {
    retry: (id) => calls.push(`retry ${id === held}`) > 0,
    hosted: {
      isHeld: (id) => id === held,
      instances: () => told,
      closeInstance: (_id, instanceId) => calls.push(`close ${instanceId}`) > 0,
    },
  },
});
await other.start();
after(other.stop);
await db
  .insert(nodes)
  .values({ id: "othernod", startedAt: now(), seenAt: now(), software: "test", host: "box2" });

test("what is connected to a link that another appliance holds is told, closed and hurried from here", async () => {
  const domain = await request("admin", "POST", "/api/v1/domains", { domain: "far.example" });
  const made = await request("admin", "POST", "/api/v1/links", {
    ...{ kind: "hosted", name: "irc.far.example" },
    domainId: domain.json<LocalDomain>().id,
  });
  const { id } = made.json<LinkCreated>();
  const path = `/api/v1/links/${id}`;
  const nobody = await request("auditor", "GET", `${path}/instances`);
  assert.equal(nobody.json<HostedInstances>().port.isOpen, false, "nobody holds it yet");
  held = id;
  const there = await request("auditor", "GET", `${path}/instances`);
  assert.deepEqual(there.json<HostedInstances>(), told);
  const close = (instance: string) => request("admin", "DELETE", `${path}/instances/${instance}`);
  assert.equal((await close("two")).statusCode, 404);
  assert.equal((await close("one")).statusCode, 204);
  assert.equal((await request("admin", "POST", `${path}/retry`)).statusCode, 204);
  assert.deepEqual(calls, ["close one", "retry true"]);
});
