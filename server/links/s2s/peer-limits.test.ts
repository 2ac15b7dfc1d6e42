import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { element } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { freePort, startEngine } from "../../testing/s2s-engine.ts";

const header =
  "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' xmlns:db='jabber:server:dialback' " +
  "id='1' from='peer.example' to='us.example' version='1.0'><stream:features><dialback xmlns='urn:xmpp:features:dialback'/>" +
  "<limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>10000</max-bytes></limits></stream:features>";

test("XEP-0478 §4: a stanza that escaping has made larger than the peer takes comes back, the next one arrives", async () => {
  const arrived = Promise.withResolvers<string>();
  const server = createServer((socket) => {
    let heard = "";
    const answers: [RegExp, string][] = [
      [/<stream:stream[^>]*>/, header],
      [/<db:result/, "<db:result from='peer.example' to='us.example' type='valid'/>"],
    ];
    socket.on("error", () => {});
    socket.on("data", (bytes: Buffer) => {
      heard += String(bytes);
      const [next] = answers;
      if (next !== undefined && next[0].test(heard)) {
        answers.shift();
        socket.write(next[1]);
      }
      if (heard.includes('id="small"')) arrived.resolve(heard);
    });
  });
  const port = await freePort();
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const bounced = Promise.withResolvers<string>();
  const engine = await startEngine({
    names: new Map([["us.example", null]]),
    roots: [],
    port: await freePort(),
    terms: () => ({ tlsPolicy: "never", overrideHost: "127.0.0.1", overridePort: port }),
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
  assert.ok(!(await arrived.promise).includes('id="large"'));
  await engine.stop();
  server.close();
});
