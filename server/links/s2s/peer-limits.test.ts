import assert from "node:assert/strict";
import { test } from "node:test";
import { element } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { startScriptedReceiver } from "#testing/scripted-receiver.ts";
import { freePort, startEngine } from "../../testing/s2s-engine.ts";

const limits = "<limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>10000</max-bytes></limits>";

test("XEP-0478 §4: a stanza that escaping has made larger than the peer takes comes back, the next one arrives", async () => {
  const peer = await startScriptedReceiver("valid", {}, limits);
  const bounced = Promise.withResolvers<string>();
  const engine = await startEngine({
    names: new Map([["us.example", null]]),
    roots: [],
    port: await freePort(),
    terms: () => ({ tlsPolicy: "never", overrideHost: "127.0.0.1", overridePort: peer.port }),
    onBounce: (stanza, why) => bounced.resolve(`${stanza.attributes["id"]}: ${why.condition}`),
  });
  const send = (id: string, body: string) => {
    const addresses = { from: "us.example", to: "peer.example", id };
    const children = [element("body", ns.stanza, {}, [body])];
    engine.link("us.example").send(element("message", ns.stanza, addresses, children));
  };
  send("large", "&".repeat(2_500));
  send("small", "&".repeat(1_500));
  assert.equal(await bounced.promise, "large: policy-violation");
  await peer.read("small");
  assert.ok(!peer.heard().includes('id="large"'));
  await engine.stop();
  peer.stop();
});

test("what is handed over is counted in the bytes of its text", async (t) => {
  const engine = await startEngine({
    names: new Map([["us.example", null]]),
    roots: [],
    port: await freePort(),
    terms: () => ({ tlsPolicy: "never", overrideHost: "127.0.0.1", overridePort: 1 }),
  });
  t.after(engine.stop);
  const addresses = { from: "us.example", to: "peer.example", id: "é€🙂" };
  const outcome = engine.link("us.example").send(element("message", ns.stanza, addresses));
  assert(outcome.kind === "sent");
  assert.equal(outcome.sizeBytes, Buffer.byteLength(outcome.xml));
});
