import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { test } from "node:test";
import { element } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { freePort, startEngine } from "../../testing/s2s-engine.ts";

const header =
  "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' xmlns:db='jabber:server:dialback' " +
  "id='1' from='peer.example' to='us.example' version='1.0'><stream:features><dialback xmlns='urn:xmpp:features:dialback'/></stream:features>";
const valid = "<db:result from='peer.example' to='us.example' type='valid'/>";

test("RFC 6120 §10.4: a peer that accepts the login and closes in the same breath gets no stanzas, and the next one opens another stream", async (t) => {
  let connections = 0;
  const taken = Promise.withResolvers<string>();
  const server = createServer((socket) => {
    const isFirst = ++connections === 1;
    let heard = "";
    socket.on("error", () => {});
    socket.on("data", (bytes: Buffer) => {
      const before = heard;
      heard += String(bytes);
      if (!before.includes("<stream:stream") && heard.includes("<stream:stream"))
        socket.write(header);
      if (!before.includes("<db:result") && heard.includes("<db:result"))
        socket.write(isFirst ? `${valid}</stream:stream>` : valid);
      const id = /<message [^>]*id="(\d)"/.exec(heard)?.[1];
      if (id !== undefined) taken.resolve(id);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const bounced = Promise.withResolvers<string>();
  const us = await startEngine({
    names: new Map([["us.example", null]]),
    roots: [],
    port: await freePort(),
    terms: () => ({
      tlsPolicy: "never",
      overrideHost: "127.0.0.1",
      overridePort: (server.address() as AddressInfo).port,
    }),
    limits: { firstDelayMs: 0 },
    onBounce: ({ attributes }) => bounced.resolve(attributes["id"] ?? ""),
  });
  t.after(async () => {
    server.close();
    await us.stop();
  });
  const send = (id: string) =>
    us
      .link("us.example")
      .send(element("message", ns.stanza, { from: "us.example", to: "peer.example", id }));
  send("1");
  assert.equal(await bounced.promise, "1");
  send("2");
  const late = setTimeout(() => taken.reject(new Error("it never came")), 5_000);
  assert.equal(await taken.promise, "2");
  clearTimeout(late);
});
