import assert from "node:assert/strict";
import { test } from "node:test";
import type { Domain } from "#protocol/xmpp/address.ts";
import { buildPing } from "#protocol/xmpp/ping.ts";
import { buildRequest } from "#protocol/xmpp/stanza.ts";
import { fakeLink } from "#testing/fake-link.ts";
import { primitives } from "../primitives.ts";
import { createRouter, type RouterDeps } from "./router.ts";
import { createTrafficCounters } from "./traffic.ts";

// Between two names that are both federated here, nothing goes over a line.

const us = "wave.example.com" as Domain;
const others = "wave.other.org" as Domain;

function setUp(given: Partial<RouterDeps> = {}) {
  const links = [us, others].map((name, at) => fakeLink(`link-${at}`, name, "native", "s2s").link);
  const traffic = createTrafficCounters();
  const router = createRouter({
    nodeId: "node0001",
    primitives,
    policy: { decide: () => ({ allowed: true, rule: "mode:open", peerId: null }) },
    traffic,
    now: () => new Date(1000),
    onReachability() {},
    onError: assert.ifError,
    ...given,
  });
  router.configure(
    links,
    links.map(({ id, name }) => ({ name, role: "plain", linkId: id })),
  );
  const ping = (to: string) =>
    router.request({ from: us, to, type: "get", payload: buildPing(), timeoutMs: 1_000 });
  return { traffic, ping };
}

test("what passes between two names of ours is counted in bytes, as what passes over a line is", async () => {
  const { traffic, ping } = setUp();
  const sizes = [];
  for (const local of ["e", "é"]) {
    await ping(`${local}@${others}`);
    const asked = traffic.take().find((one) => one.linkId === "link-0" && one.remoteDomain !== "");
    sizes.push(asked?.bytesOut ?? 0);
  }
  assert.equal((sizes[1] ?? 0) - (sizes[0] ?? 0), 1);
});

test("a service of ours that fails on what another sends costs that stanza, not the process", async () => {
  const bug = new Error("a bug");
  const errors: unknown[] = [];
  const { ping } = setUp({
    handle: () => {
      throw bug;
    },
    onError: (error) => errors.push(error),
  });
  await ping(others);
  assert.deepEqual(errors, [bug]);
});

test("an answer goes out under our name as the stream knows it, whatever the peer's spelling repeats", async () => {
  const { link, sent } = fakeLink("link-1", us, "native", "s2s");
  const router = createRouter({
    nodeId: "node0001",
    primitives,
    policy: { decide: () => ({ allowed: true, rule: "mode:open", peerId: null }) },
    traffic: createTrafficCounters(),
    now: () => new Date(1000),
    onReachability() {},
    onError: assert.ifError,
  });
  router.configure([link], [{ name: us, role: "plain", linkId: "link-1" }]);
  const to = `${us}@WAVE.Example.com/${us}`;
  const addresses = { from: "a@them.example", to, id: "1" };
  router.receive(link, buildRequest("get", addresses, buildPing()), 100);
  assert.equal(sent[0]?.attributes["from"], `${us}@${us}/${us}`);
});
