import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { element } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { type Engine, freePort, startEngine } from "../../testing/s2s-engine.ts";
import { startScriptedReceiver } from "../../testing/scripted-receiver.ts";
import { s2sLimits } from "./limits.ts";

/** Asks until the connection is gone, and reads nothing; how much was kept for it at most. */
async function flood(socket: Socket, question: string, engine: Engine): Promise<number> {
  socket.pause();
  socket.on("error", () => {});
  const text = question.repeat(1_000);
  let most = 0;
  for (let sent = 0; !socket.destroyed; sent += text.length) {
    assert.ok(sent < 40_000_000, `${most} bytes of answers are kept`);
    await new Promise((resolve) => socket.write(text, resolve));
    await new Promise((resolve) => setImmediate(resolve));
    most = Math.max(most, ...engine.s2s.streams().map(({ waitingBytes }) => waitingBytes));
  }
  return most;
}

test("RFC 6120 §13.12: a stranger that asks and does not read the answers has few of them kept", async (t) => {
  const port = await freePort();
  const us = await startEngine({
    names: new Map([["us.example", null]]),
    roots: [],
    port,
    terms: () => ({ tlsPolicy: "never" }),
  });
  t.after(us.stop);
  const socket = connect({ port, host: "127.0.0.1" });
  await once(socket, "connect");
  socket.write(
    "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' " +
      "from='peer.example' to='us.example' version='1.0'>",
  );
  await once(socket, "data");
  const most = await flood(socket, "<enable xmlns='urn:xmpp:sm:3'/>", us);
  assert.ok(most < s2sLimits.maxEarlyBytes * 40, `${most}`);
  assert.deepEqual(us.s2s.streams(), []);
});

test("RFC 6120 §13.12: a peer that asks for acknowledgements and does not read them is given up", async (t) => {
  const peer = await startScriptedReceiver("valid", {}, "<sm xmlns='urn:xmpp:sm:3'/>");
  t.after(peer.stop);
  const bounced: (string | null)[] = [];
  const maxQueuedBytes = 50_000;
  const us = await startEngine({
    names: new Map([["us.example", null]]),
    roots: [],
    port: await freePort(),
    terms: () => ({ tlsPolicy: "never", overrideHost: "127.0.0.1", overridePort: peer.port }),
    limits: { maxQueuedBytes },
    onBounce: (_stanza, { text }) => bounced.push(text),
  });
  t.after(us.stop);
  const addresses = { from: "us.example", to: "peer.example", id: "1" };
  us.link("us.example").send(element("message", ns.stanza, addresses));
  const socket = await peer.read("1");
  socket.write("<enabled xmlns='urn:xmpp:sm:3'/>");
  const most = await flood(socket, "<r xmlns='urn:xmpp:sm:3'/>", us);
  assert.ok(most < maxQueuedBytes * 5, `${most}`);
  for (const end = performance.now() + 5_000; bounced.length === 0;) {
    assert.ok(performance.now() < end, "what it did not acknowledge does not come back");
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(bounced, ["s2s.silent"]);
});
