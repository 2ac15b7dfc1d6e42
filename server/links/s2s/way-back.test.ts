import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import type { Domain } from "#protocol/xmpp/address.ts";
import { element } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { freePort, startEngine } from "../../testing/s2s-engine.ts";
import { startScriptedReceiver } from "../../testing/scripted-receiver.ts";

test("RFC 6120 §13.12: what is too large on the way back over our own stream can be answered, and the stream lives", async () => {
  const [ourPort, theirPort] = [await freePort(), await freePort()];
  const refused = Promise.withResolvers<string>();
  const greeted = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<void>();
  const terms = (port: number) => () =>
    ({ tlsPolicy: "never", overrideHost: "127.0.0.1", overridePort: port }) as const;
  const us = await startEngine({
    names: new Map([["us.example", null]]),
    roots: [],
    port: ourPort,
    terms: terms(theirPort),
    limits: { maxStanzaBytes: 10_000 },
    onRefused: (_name, head) => refused.resolve(head.attributes["id"] ?? ""),
    onStanza: () => answered.resolve(),
  });
  const them = await startEngine({
    names: new Map([["peer.example", null]]),
    roots: [],
    port: theirPort,
    terms: terms(ourPort),
    onStanza: () => greeted.resolve(),
  });
  const say = (from: string, to: string, id: string, text: string) =>
    element("message", ns.stanza, { from, to, id }, [element("body", ns.stanza, {}, [text])]);
  us.link("us.example").send(say("us.example", "peer.example", "1", "hello"));
  await greeted.promise;
  them.link("peer.example").send(say("peer.example", "us.example", "big", "x".repeat(20_000)));
  them.link("peer.example").send(say("peer.example", "us.example", "small", "x"));
  assert.equal(await refused.promise, "big");
  await answered.promise;
  assert.deepEqual(
    us.s2s.streams().map(({ direction, isBidirectional }) => [direction, isBidirectional]),
    [["out", true]],
  );
  const cost = us.s2s.loginCost("us.example" as Domain, "peer.example" as Domain);
  assert.ok(cost !== null && cost.bytesSent > 300 && cost.bytesReceived > 300 && cost.ms >= 0);
  assert.equal(us.s2s.loginCost("peer.example" as Domain, "us.example" as Domain), null);
  await Promise.all([us.stop(), them.stop()]);
});

/** A stream of the peer's that takes stanzas, too, without acknowledgements. */
interface TwoWay {
  readonly socket: Socket;
  readonly heard: (text: string) => Promise<void>;
  readonly said: () => string;
}

async function openTwoWay(port: number, isProving = true): Promise<TwoWay> {
  const socket = connect(port, "127.0.0.1");
  let said = "";
  const heard = (text: string) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!said.includes(text)) return;
        socket.off("data", look);
        resolve();
      };
      socket.on("data", look);
      look();
    });
  socket.on("error", () => {});
  socket.prependListener("data", (bytes: Buffer) => (said += String(bytes)));
  socket.write(
    "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' xmlns:db='jabber:server:dialback' from='peer.example' to='us.example' version='1.0'>",
  );
  await heard("</stream:features>");
  socket.write("<bidi xmlns='urn:xmpp:bidi'/>");
  if (isProving) {
    socket.write("<db:result from='peer.example' to='us.example'>key</db:result>");
    await heard('type="valid"');
  }
  return { socket, heard, said: () => said };
}

async function startUs(t: TestContext) {
  const peer = await startScriptedReceiver();
  const port = await freePort();
  const bounced: string[] = [];
  const us = await startEngine({
    names: new Map([["us.example", null]]),
    roots: [],
    port,
    terms: () => ({ tlsPolicy: "never", overrideHost: "127.0.0.1", overridePort: peer.port }),
    onBounce: ({ attributes }) => bounced.push(attributes["id"] ?? ""),
  });
  t.after(async () => {
    peer.stop();
    await us.stop();
  });
  const send = (id: string) =>
    us
      .link("us.example")
      .send(element("message", ns.stanza, { from: "us.example", to: "peer.example", id }));
  const untilOpen = async (count: number) => {
    for (const end = performance.now() + 5_000; ;) {
      const open = us.s2s.streams().filter(({ state }) => state === "open");
      if (open.length === count) return;
      assert.ok(performance.now() < end, `${open.length} streams are open`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  return { us, port, send, bounced, untilOpen, peer };
}

test("XEP-0288 §2.2: nothing goes back before the peer is proven, nor for another pair, and its key is asked for elsewhere", async (t) => {
  const { us, port, send, peer, untilOpen } = await startUs(t);
  const unproven = await openTwoWay(port, false);
  send("1");
  await peer.read("1");
  us.s2s.streams().forEach(({ id, direction }) => direction === "out" && us.s2s.closeStream(id));
  await untilOpen(0);
  const proven = await openTwoWay(port);
  assert.doesNotMatch(proven.said(), /<db:verify/);
  const other = { from: "us.example", to: "other.example", id: "2" };
  us.link("us.example").send(element("message", ns.stanza, other));
  send("3");
  await proven.heard('id="3"');
  assert.doesNotMatch(proven.said(), /other\.example/);
  assert.doesNotMatch(unproven.said(), /<message/);
});

test("XEP-0288: of several streams that a peer opened the last one is the way back; when it dies, the one before is", async (t) => {
  const { us, port, send, untilOpen } = await startUs(t);
  const first = await openTwoWay(port);
  const second = await openTwoWay(port);
  send("1");
  await second.heard('id="1"');
  second.socket.destroy();
  await untilOpen(1);
  send("2");
  await first.heard('id="2"');
  const open = us.s2s.streams().filter(({ state }) => state === "open");
  assert.deepEqual(
    open.map(({ direction }) => direction),
    ["in"],
  );
});

test("XEP-0288: who leaves a pair of domains for another way waits for the end of the stream that took its stanzas back", async (t) => {
  const { us, port, send, bounced } = await startUs(t);
  const { socket, heard } = await openTwoWay(port);
  const pair = ["us.example" as Domain, "peer.example" as Domain] as const;
  send("1");
  await heard('id="1"');
  const left = us.s2s.leave(...pair);
  assert.ok(left !== null);
  let hasEnded = false;
  void left.then(() => (hasEnded = true));
  await heard("</stream:stream>");
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(hasEnded, false, "the peer has not said that it has read all");
  socket.write("</stream:stream>");
  await left;
  assert.equal(us.s2s.leave(...pair), null);
  assert.deepEqual(bounced, []);
  socket.destroy();
});

for (const { how, leave, unproven } of [
  {
    how: "closes it in order",
    leave: (socket: Socket) => socket.write("</stream:stream>"),
    unproven: 0,
  },
  { how: "ends the connection", leave: (socket: Socket) => socket.end(), unproven: 2 },
  {
    how: "ends it with an error",
    leave: (socket: Socket) =>
      socket.write(
        "<stream:error><reset xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>",
      ),
    unproven: 2,
  },
])
  test(`RFC 6120 §4.4: a peer that took 2 stanzas back over its own stream and ${how}: ${unproven} unproven`, async (t) => {
    const { us, port, send, untilOpen, bounced } = await startUs(t);
    const { socket, heard } = await openTwoWay(port);
    send("1");
    send("2");
    await heard('id="2"');
    leave(socket);
    await untilOpen(0);
    assert.equal(us.s2s.unproven(), unproven);
    assert.deepEqual(bounced, []);
    socket.destroy();
  });

test("a bug that one stanza brings to light is told, and the stream that brought it lives on, either way", async (t) => {
  const [ourPort, theirPort] = [await freePort(), await freePort()];
  const bugs: string[] = [];
  const taken = Promise.withResolvers<void>();
  const terms = (port: number) => () =>
    ({ tlsPolicy: "never", overrideHost: "127.0.0.1", overridePort: port }) as const;
  const take = (name: string, id: string | undefined) => {
    if (id === "bad") throw new Error(`at ${name}`);
    taken.resolve();
  };
  const start = (name: string, port: number, other: number) =>
    startEngine({
      names: new Map([[name, null]]),
      roots: [],
      port,
      terms: terms(other),
      onStanza: (at, { attributes }) => take(at, attributes["id"]),
      onBug: (error) => bugs.push((error as Error).message),
    });
  const us = await start("us.example", ourPort, theirPort);
  const them = await start("peer.example", theirPort, ourPort);
  t.after(() => Promise.all([us.stop(), them.stop()]));
  const say = (from: string, to: string, id: string) =>
    element("message", ns.stanza, { from, to, id });
  const told = async (count: number) => {
    const end = performance.now() + 5_000;
    while (bugs.length < count && performance.now() < end)
      await new Promise((resolve) => setTimeout(resolve, 5));
  };
  us.link("us.example").send(say("us.example", "peer.example", "bad"));
  await told(1);
  them.link("peer.example").send(say("peer.example", "us.example", "bad"));
  await told(2);
  them.link("peer.example").send(say("peer.example", "us.example", "good"));
  await taken.promise;
  assert.deepEqual(bugs, ["at peer.example", "at us.example"]);
  assert.equal(us.s2s.streams().length, 1);
});
