import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Stream, StreamDetail, StreamPage, StreamState } from "#contract/streams.ts";
import type { Links } from "#links/links.ts";
import type { StreamView } from "#links/s2s/stream-view.ts";
import { createNodeCalls } from "#store/node-calls.ts";
import { nodeCalls, nodes } from "#store/schema.ts";
import { openTestApp } from "#testing/app.ts";
import { createStreamDesk } from "./stream-desk.ts";

const since = new Date("2026-05-12T08:00:00Z");
const view = (id: string, local: string, remote: string, more: Partial<StreamView> = {}) =>
  ({
    ...{ id, local, remote, direction: "out", state: "open" as StreamState, since, port: 5269 },
    ...{ address: "192.0.2.7", tls: null, authentication: "dialback", trustedBy: null },
    ...{ fingerprint: null, presented: null, isBidirectional: false, isAcknowledged: true },
    ...{ stanzasIn: 0, stanzasOut: 3, bytesIn: 0, bytesOut: 300 },
    ...{ waitingBytes: 0, unacknowledged: 1 },
    unproven: 0,
    provenAt: null,
    askedAt: null,
    ...more,
  }) satisfies StreamView;

/** An appliance's streams, and what its engine was told to do. */
function engineOf(name: string, streams: StreamView[]) {
  const calls: string[] = [];
  const native: NonNullable<Links["native"]> = {
    loginFor: () => null,
    isServed: (local) => local === name,
    places: () => [],
    standings: () => [],
    streams: () => streams,
    closeStream(id) {
      const place = streams.findIndex((one) => one.id === id);
      if (place >= 0) streams.splice(place, 1);
      return place >= 0;
    },
    tap: () => () => {},
    reachBack: async (local, remote) => {
      calls.push(`reach ${local} ${remote}`);
      return await Promise.resolve({ stream: null, wasOpen: false, afterMs: null });
    },
    reconnect(local, remote) {
      if (local === name) calls.push(`reconnect ${local} ${remote}`);
      return local === name;
    },
    route: () => null,
    unproven: () => 0,
  };
  return { calls, native };
}

const names = Array.from({ length: 5 }, (_, index) => `d${index}.example`);
const here = engineOf(
  "here.example",
  names.map((remote, index) => view(`h${index}`, "here.example", remote)),
);
const there = engineOf(
  "there.example",
  names.map((remote, index) =>
    view(`t${index}`, "there.example", remote, {
      waitingBytes: index * 1_000,
      since: new Date(since.getTime() + index),
    }),
  ),
);
const { request, store, changes } = await openTestApp({ native: here.native });
const { db } = store;
const now = () => new Date();
const errors: unknown[] = [];
const other = createNodeCalls({
  ...{ db, changes, nodeId: "othernod", now },
  onError: (error) => void errors.push(error),
});
createStreamDesk({ db, native: () => there.native, nodeId: "othernod", nodes: other, now });
await other.start();
after(other.stop);
await db
  .insert(nodes)
  .values({ id: "othernod", startedAt: now(), seenAt: now(), software: "test", host: "box2" });

const list = async (query: string) =>
  (await request("auditor", "GET", `/api/v1/streams${query}`)).json<StreamPage>();

test("streams of all appliances are one list, page by page, each with the appliance that has it", async () => {
  const seen: Stream[] = [];
  let cursor = "";
  for (let pages = 0; pages < 4; pages++) {
    const page = await list(`?limit=3${cursor}`);
    assert.equal(page.total, 10);
    assert.deepEqual(
      [page.nodeId, page.others],
      ["testnode", [{ id: "othernod", host: "box2", isAnswering: true }]],
    );
    seen.push(...page.items);
    cursor = `&cursor=${page.next}`;
    assert.equal(page.next === null, pages === 3);
  }
  assert.deepEqual(
    seen.map(({ id, nodeId }) => `${id} ${nodeId}`),
    names.flatMap((_, index) => [`h${index} testnode`, `t${index} othernod`]),
  );
  assert.equal((await list("?local=there.example")).total, 5);
  assert.deepEqual(
    (await list("?sort=-queue&limit=2")).items.map(({ id }) => id),
    ["t4", "t3"],
  );
  assert.equal((await list("?sort=-since&limit=1")).items[0]?.id, "t4");
});

test("one stream of another appliance is shown, closed, made anew and asked for from here", async () => {
  const path = "/api/v1/streams/t1";
  const shown = (await request("auditor", "GET", path)).json<StreamDetail>();
  assert.deepEqual([shown.nodeId, shown.remote], ["othernod", "d1.example"]);
  assert.equal((await request("admin", "DELETE", path)).statusCode, 204);
  assert.equal((await request("auditor", "GET", path)).statusCode, 404);
  const pair = { local: "there.example", remote: "d1.example" };
  const again = await request("admin", "POST", "/api/v1/streams/reconnections", pair);
  assert.equal(again.statusCode, 204, again.body);
  const asked = await request("admin", "POST", "/api/v1/streams/reach-backs", pair);
  assert.equal(asked.json<{ nodeId: string }>().nodeId, "othernod");
  assert.deepEqual(there.calls, [
    "reconnect there.example d1.example",
    "reach there.example d1.example",
  ]);
  assert.deepEqual(here.calls, []);
  const nobodys = { ...pair, local: "nobody.example" };
  const refused = await request("admin", "POST", "/api/v1/streams/reconnections", nobodys);
  assert.equal(refused.json<{ code: string }>().code, "stream.not_served");
});

test("an appliance that does not answer is named, and its streams are known to be missing", async () => {
  await other.stop();
  const page = await list("");
  assert.deepEqual(
    [page.total, page.others],
    [5, [{ id: "othernod", host: "box2", isAnswering: false }]],
  );
  assert.deepEqual(errors, []);
  assert.deepEqual(await db.select().from(nodeCalls), [], "no question is left behind");
});
