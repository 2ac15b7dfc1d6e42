import assert from "node:assert/strict";
import { connect } from "node:net";
import { test, type TestContext } from "node:test";
import { element } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { freePort, startEngine } from "../../testing/s2s-engine.ts";
import { startScriptedReceiver } from "../../testing/scripted-receiver.ts";

/** Us, whose terms and policy change, and a peer that takes its time. */
async function start(t: TestContext, before: "login" | "verdict") {
  const gate = Promise.withResolvers<void>();
  const peer = await startScriptedReceiver("valid", { [before]: gate.promise });
  const port = await freePort();
  const now = { tls: "preferred" as "preferred" | "required", allowed: true };
  const bounced = Promise.withResolvers<string>();
  const us = await startEngine({
    names: new Map([["us.example", null]]),
    roots: [],
    port,
    terms: () => ({
      tlsPolicy: now.tls,
      allowsDialback: true,
      overrideHost: "127.0.0.1",
      overridePort: peer.port,
    }),
    policy: { decide: () => ({ allowed: now.allowed, rule: "block:1", peerId: null }) },
    onBounce: (_stanza, { condition }) => bounced.resolve(condition),
  });
  t.after(async () => {
    peer.stop();
    await us.stop();
  });
  const until = async (what: string, isSo: () => boolean) => {
    for (const end = performance.now() + 5_000; !isSo();) {
      assert.ok(performance.now() < end, what);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const send = () =>
    us
      .link("us.example")
      .send(element("message", ns.stanza, { from: "us.example", to: "peer.example", id: "1" }));
  return { us, port, now, gate, bounced: bounced.promise, until, send, peer };
}

for (const [what, change, condition] of [
  ["TLS is required", { tls: "required" }, "remote-server-timeout"],
  ["the peer is blocked", { allowed: false }, "not-allowed"],
] as const)
  test(`when ${what} while we log in, nothing of what waits is sent`, async (t) => {
    const { us, now, gate, bounced, until, send, peer } = await start(t, "login");
    send();
    await until("no login", () => us.s2s.streams().length === 1);
    Object.assign(now, change);
    await us.s2s.recheck();
    gate.resolve();
    const never = peer.read("1").then(() => "sent");
    assert.equal(await Promise.race([bounced, never]), condition);
  });

test("when TLS is required while a peer proves itself without, its stream is ended once it has", async (t) => {
  const { us, port, now, gate, until } = await start(t, "verdict");
  const socket = connect(port, "127.0.0.1");
  let heard = "";
  socket.on("data", (bytes: Buffer) => (heard += String(bytes)));
  socket.write(
    "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' xmlns:db='jabber:server:dialback' from='peer.example' to='us.example' version='1.0'>",
  );
  socket.write("<db:result from='peer.example' to='us.example'>key</db:result>");
  await until("nobody is asked", () =>
    us.s2s.streams().some(({ direction }) => direction === "out"),
  );
  now.tls = "required";
  await us.s2s.recheck();
  gate.resolve();
  await until("it goes on", () => /type="valid".*<not-authorized.*<\/stream:stream>/s.test(heard));
  socket.destroy();
});
