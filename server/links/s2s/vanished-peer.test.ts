import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { test } from "node:test";
import { element } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { freePort, startEngine } from "../../testing/s2s-engine.ts";

const header =
  "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' xmlns:db='jabber:server:dialback' " +
  "id='1' from='peer.example' to='us.example' version='1.0'><stream:features><dialback xmlns='urn:xmpp:features:dialback'/></stream:features>";

for (const { how, leave, unproven } of [
  {
    how: "ends its connection in mid-stream",
    leave: (socket: Socket) => socket.end(),
    unproven: 3,
  },
  {
    how: "breaks its connection",
    leave: (socket: Socket) => socket.resetAndDestroy(),
    unproven: 3,
  },
  {
    how: "closes its stream as agreed",
    leave: (socket: Socket) => socket.end("</stream:stream>"),
    unproven: 0,
  },
])
  test(`RFC 6120 §4.4: a peer without acknowledgements that ${how}: ${unproven} of 3 stanzas unproven`, async () => {
    const read = Promise.withResolvers<Socket>();
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
        if (heard.includes('id="3"')) read.resolve(socket);
      });
    });
    const port = await freePort();
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    const engine = await startEngine({
      names: new Map([["us.example", null]]),
      roots: [],
      port: await freePort(),
      terms: () => ({ tlsPolicy: "never", overrideHost: "127.0.0.1", overridePort: port }),
      onBounce: () => assert.fail("it was written"),
    });
    for (const id of ["1", "2", "3"]) {
      const addresses = { from: "us.example", to: "peer.example", id };
      engine.link("us.example").send(element("message", ns.server, addresses));
    }
    const socket = await read.promise;
    leave(socket);
    for (const end = performance.now() + 5_000; engine.s2s.streams().length > 0;) {
      assert.ok(performance.now() < end, "the stream goes on");
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(engine.s2s.unproven(), unproven);
    await engine.stop();
    server.close();
  });
