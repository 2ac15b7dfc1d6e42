import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { Domain } from "#protocol/xmpp/address.ts";
import { element, type XmlElement } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { type Engine, freePort, startEngine } from "../../testing/s2s-engine.ts";
import { startScriptedReceiver } from "../../testing/scripted-receiver.ts";
import type { S2sLimits } from "./limits.ts";

const message = (id: string) =>
  element("message", ns.stanza, { from: "us.example", to: "peer.example", id });

/** Us, and a peer without acknowledgements that is told what to say; a second engine speaks in its name. */
async function bench(t: TestContext, limits: Partial<S2sLimits> = { probeAfterStanzas: 3 }) {
  const peer = await startScriptedReceiver();
  const [ourPort, backPort] = [await freePort(), await freePort()];
  const received: XmlElement[] = [];
  const us = await startEngine({
    names: new Map([["us.example", null]]),
    roots: [],
    port: ourPort,
    terms: (domain) => ({
      tlsPolicy: "never",
      overrideHost: "127.0.0.1",
      overridePort: domain === "peer.example" ? peer.port : backPort,
    }),
    limits,
    onStanza: (_name, stanza) => received.push(stanza),
  });
  t.after(async () => {
    peer.stop();
    await us.stop();
  });
  const send = (...ids: string[]) => {
    for (const id of ids) us.link("us.example").send(message(id));
  };
  return { peer, us, send, received, ourPort, backPort };
}

const outgoing = (us: Engine) => us.s2s.streams().find(({ direction }) => direction === "out");

async function until<T>(what: string, find: () => T | null | undefined | false): Promise<T> {
  for (const end = performance.now() + 8_000; ;) {
    const found = find();
    if (found !== null && found !== undefined && found !== false) return found;
    assert.ok(performance.now() < end, `waited 8 s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A server that sends answers to us over a stream of its own, as `name`. */
async function speaker(
  { ourPort, backPort }: Awaited<ReturnType<typeof bench>>,
  t: TestContext,
  name: string,
): Promise<(id: string, type: "result" | "error") => void> {
  const them = await startEngine({
    names: new Map([[name, null]]),
    roots: [],
    port: backPort,
    terms: () => ({ tlsPolicy: "never", overrideHost: "127.0.0.1", overridePort: ourPort }),
  });
  t.after(them.stop);
  return (id, type) => {
    them.link(name).send(element("iq", ns.stanza, { from: name, to: "us.example", id, type }));
  };
}

test("XEP-0199 §4.3: behind so many stanzas a ping goes out, and its answer proves them, and only them", async (t) => {
  const { peer, us, send } = await bench(t);
  send("1", "2", "3");
  const { id, socket } = await peer.pinged("3");
  assert.match(id, /^[\w-]{22}$/, "128 bits");
  send("4", "5");
  await peer.read("5");
  assert.equal(outgoing(us)?.unproven, 5);
  assert.equal(outgoing(us)?.provenAt, null);
  assert.ok(outgoing(us)?.askedAt);
  // Over the stream itself it is no answer: that goes one way.
  socket.write(`<iq type='result' id='${id}' from='peer.example' to='us.example'/>`);
  send("6");
  await peer.read("6");
  assert.equal(outgoing(us)?.unproven, 6);
  assert.equal(peer.pings().length, 1, "one at a time");
});

for (const type of ["result", "error"] as const)
  test(`XEP-0199 §4.3: an answer (${type}) over the stream that the peer opened counts, is nobody's traffic, and counts once`, async (t) => {
    const it = await bench(t);
    const { us, peer, send, received } = it;
    send("1", "2", "3", "4");
    const { id } = await peer.pinged("3");
    assert.equal(outgoing(us)?.unproven, 4);
    const say = await speaker(it, t, "peer.example");
    say(id, type);
    await until("the proof", () => outgoing(us)?.provenAt != null);
    assert.ok((outgoing(us)?.unproven ?? 9) <= 1);
    assert.deepEqual(received, []);
    say(id, type);
    await until("the second answer", () => received.length === 1);
    peer.stop();
    await until("its end", () => outgoing(us) === undefined);
    assert.ok(us.s2s.unproven() <= 1, "what was proven is not counted as lost");
  });

test("XEP-0199: an answer of another domain proves nothing and goes where any stanza goes", async (t) => {
  const it = await bench(t);
  const { us, peer, send, received } = it;
  send("1", "2", "3");
  const { id } = await peer.pinged("3");
  const forge = await speaker(it, t, "other.example");
  forge(id, "result");
  await until("the forgery", () => received.length === 1);
  assert.equal(outgoing(us)?.unproven, 3);
});

test("the answer to the question whether a peer reaches us is nobody's traffic", async (t) => {
  const [ourPort, theirPort] = [await freePort(), await freePort()];
  const received: XmlElement[] = [];
  const answered = Promise.withResolvers<void>();
  const start = (name: string, port: number, to: number, onStanza: (stanza: XmlElement) => void) =>
    startEngine({
      names: new Map([[name, null]]),
      roots: [],
      port,
      terms: () => ({ tlsPolicy: "never", overrideHost: "127.0.0.1", overridePort: to }),
      onStanza: (_name, stanza) => onStanza(stanza),
    });
  const us = await start("us.example", ourPort, theirPort, (stanza) => received.push(stanza));
  const them = await start("peer.example", theirPort, ourPort, (stanza) => {
    const { id = "" } = stanza.attributes;
    const back = { from: "peer.example", to: "us.example", type: "result", id };
    them.link("peer.example").send(element("iq", ns.stanza, back));
    // Behind the answer, on the same stream: when it is here, so is the answer.
    them.link("peer.example").send(element("message", ns.stanza, { ...back, type: "normal" }));
    answered.resolve();
  });
  t.after(() => Promise.all([us.stop(), them.stop()]));
  const outcome = await us.s2s.reachBack("us.example" as Domain, "peer.example" as Domain, 5_000);
  assert.ok("stream" in outcome && outcome.stream !== null);
  await answered.promise;
  await until("what follows the answer", () => received.length > 0);
  assert.deepEqual(
    received.map(({ name }) => name),
    ["message"],
  );
});
