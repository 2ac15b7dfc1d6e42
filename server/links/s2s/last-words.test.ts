import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { test, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { element } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { freePort, startEngine } from "../../testing/s2s-engine.ts";

const answers: [RegExp, string][] = [
  [
    /<stream:stream[^>]*>/,
    "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' xmlns:db='jabber:server:dialback' " +
      "id='1' from='peer.example' to='us.example' version='1.0'><stream:features><dialback xmlns='urn:xmpp:features:dialback'/>" +
      "<sm xmlns='urn:xmpp:sm:3'/></stream:features>",
  ],
  [/<db:result/, "<db:result from='peer.example' to='us.example' type='valid'/>"],
  [/<message/, "<enabled xmlns='urn:xmpp:sm:3'/>"],
];

/** A peer that says `last` once it has heard our closing tag; what it heard, and what came back to senders. */
async function closeBefore(t: TestContext, last: string) {
  let heard = "";
  const bounced: (string | undefined)[] = [];
  const asked = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const server = createServer((socket) => {
    const left = [...answers];
    socket.on("error", () => {});
    socket.on("data", (bytes: Buffer) => {
      heard += String(bytes);
      const [next] = left;
      if (next?.[0].test(heard) === true) {
        left.shift();
        socket.write(next[1]);
      }
      if (heard.includes("<r ")) asked.resolve();
      if (heard.endsWith("</stream:stream>")) socket.write(last);
    });
    socket.on("end", () => ended.resolve());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const overridePort = (server.address() as AddressInfo).port;
  const us = await startEngine({
    names: new Map([["us.example", null]]),
    roots: [],
    port: await freePort(),
    terms: () => ({ tlsPolicy: "never", overrideHost: "127.0.0.1", overridePort }),
    limits: { closeMs: 200 },
    onBounce: ({ attributes }) => void bounced.push(attributes["id"]),
  });
  const send = (id: string) => {
    const addresses = { from: "us.example", to: "peer.example", id };
    us.link("us.example").send(element("message", ns.stanza, addresses));
  };
  send("1");
  await asked.promise;
  send("2");
  for (const { id } of us.s2s.streams()) us.s2s.closeStream(id);
  await ended.promise;
  await us.stop();
  // A bounce comes in a turn of its own.
  await delay(20);
  return { heard, bounced };
}

test("RFC 6120 §4.4: a peer that acknowledges less than all behind our closing tag is told nothing more", async (t) => {
  const ack = "<a xmlns='urn:xmpp:sm:3' h='0'/>";
  const { heard, bounced } = await closeBefore(t, ack + ack);
  assert.deepEqual(bounced, ["1", "2"]);
  assert.match(heard, /<r [^>]*\/><a [^>]*\/><\/stream:stream>$/);
});

test("XEP-0198 §4: what a peer acknowledges behind our closing tag has arrived, and does not come back", async (t) => {
  const { bounced } = await closeBefore(t, "<a xmlns='urn:xmpp:sm:3' h='2'/></stream:stream>");
  assert.deepEqual(bounced, []);
});
