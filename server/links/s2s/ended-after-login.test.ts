import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { Domain } from "#protocol/xmpp/address.ts";
import { element } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { freePort, startEngine } from "../../testing/s2s-engine.ts";
import { startScriptedReceiver } from "../../testing/scripted-receiver.ts";

/** A peer that takes the login, reads a stanza, and is told what to do then. */
async function bench(t: TestContext, features = "") {
  const peer = await startScriptedReceiver("valid", {}, features);
  const bounces: string[] = [];
  const us = await startEngine({
    names: new Map([["us.example", null]]),
    roots: [],
    port: await freePort(),
    terms: () => ({
      tlsPolicy: "never",
      overrideHost: "127.0.0.1",
      overridePort: peer.port,
    }),
    limits: { firstDelayMs: 60_000, maxDelayMs: 60_000 },
    onBounce: ({ attributes }, { condition, text }) =>
      bounces.push(`${attributes["id"]} ${condition} ${text}`),
  });
  t.after(async () => {
    peer.stop();
    await us.stop();
  });
  const send = (id: string) =>
    us
      .link("us.example")
      .send(element("message", ns.stanza, { from: "us.example", to: "peer.example", id }));
  const route = () => us.s2s.route("us.example" as Domain, "peer.example" as Domain);
  return { peer, us, send, route, bounces };
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  for (const end = performance.now() + 10_000; !isSo();) {
    assert.ok(performance.now() < end, `waited 10 s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const errorOf = (condition: string) =>
  `<stream:error><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>`;

for (const [condition, code] of [
  ["policy-violation", "s2s.closed"],
  ["undefined-condition", "s2s.closed"],
  ["system-shutdown", "s2s.closed"],
  ["resource-constraint", "limit.remote"],
] as const)
  test(`RFC 6120 §3.3: a peer that takes the login and then says ${condition} is not dialled again with each stanza`, async (t) => {
    const { peer, us, send, route, bounces } = await bench(t);
    send("1");
    (await peer.read("1")).end(errorOf(condition));
    await until("the end of the stream", () => us.s2s.streams().length === 0);
    assert.equal(route()?.state, "failing");
    assert.equal(route()?.lastError?.code, code);
    for (const id of ["2", "3"]) send(id);
    await until("both to come back", () => bounces.length === 2);
    assert.deepEqual(bounces, [
      `2 remote-server-timeout ${code}`,
      `3 remote-server-timeout ${code}`,
    ]);
    assert.deepEqual([peer.connections(), route()?.attempts], [1, 1]);
  });

test("a peer that takes the login and hangs up without a word is not dialled again with each stanza either", async (t) => {
  const { peer, us, send, route, bounces } = await bench(t);
  send("1");
  (await peer.read("1")).destroy();
  await until("the end of the stream", () => us.s2s.streams().length === 0);
  send("2");
  await until("the stanza to come back", () => bounces.length === 1);
  assert.deepEqual([peer.connections(), route()?.lastError?.code], [1, "s2s.lost"]);
});

test("XEP-0198 §4: once it has acknowledged, its stream has carried: the next one is opened with the next stanza", async (t) => {
  const { peer, us, send, bounces } = await bench(t, "<sm xmlns='urn:xmpp:sm:3'/>");
  send("1");
  const socket = await peer.read("1");
  socket.write("<enabled xmlns='urn:xmpp:sm:3'/>");
  await until("a request", () => peer.heard().includes("<r "));
  socket.write("<a xmlns='urn:xmpp:sm:3' h='1'/>");
  await until("the proof", () => us.s2s.streams()[0]?.provenAt != null);
  socket.end(errorOf("system-shutdown"));
  await until("the end of the stream", () => us.s2s.streams().length === 0);
  send("2");
  await peer.read("2");
  assert.deepEqual([peer.connections(), bounces], [2, []]);
});
