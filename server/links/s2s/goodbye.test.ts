import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectTcp, createServer, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { connect as connectTls } from "node:tls";
import { element } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { createCertificateLab } from "../../testing/certificate-lab.ts";
import { freePort, startEngine } from "../../testing/s2s-engine.ts";

const lab = createCertificateLab();
const root = lab.root();
const issue = (name: string) => {
  const { keyPem, pem } = lab.issue({
    subject: `/CN=${name}`,
    issuer: root,
    extensions: [`subjectAltName = DNS:${name}`, "extendedKeyUsage = serverAuth, clientAuth"],
  });
  return { key: keyPem, cert: pem };
};
const ours = issue("us.example");
const theirs = issue("peer.example");
lab.close();

const open = (from: string) =>
  `<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' from='${from}' to='us.example' version='1.0'>`;

/** A connection to `port`, of which every TLS record's type that comes back is noted. */
async function relayTo(port: number, t: TestContext) {
  const types: number[] = [];
  const ended = Promise.withResolvers<void>();
  const server = createServer((near: Socket) => {
    const far = connectTcp(port, "127.0.0.1");
    let bytes = Buffer.alloc(0);
    let isTls = false;
    far.on("data", (chunk: Buffer) => {
      near.write(chunk);
      isTls ||= chunk[0] === 22;
      if (!isTls) return;
      bytes = Buffer.concat([bytes, chunk]);
      while (bytes.length >= 5 && bytes.length >= 5 + bytes.readUInt16BE(3)) {
        types.push(bytes[0] ?? 0);
        bytes = bytes.subarray(5 + bytes.readUInt16BE(3));
      }
    });
    far.on("end", () => ended.resolve());
    near.on("data", (chunk) => far.write(chunk));
    for (const socket of [near, far]) socket.on("error", () => {});
    near.on("close", () => far.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return { port: address.port, types, ended: ended.promise };
}

test("RFC 6120 §4.4: TLS says good-bye (close_notify) before TCP does", async (t) => {
  const port = await freePort();
  const us = await startEngine({
    names: new Map([["us.example", ours]]),
    roots: [root.pem],
    port,
    terms: () => ({ allowsDialback: true }),
  });
  t.after(us.stop);
  const relay = await relayTo(port, t);
  const plain = connectTcp(relay.port, "127.0.0.1");
  t.after(() => plain.destroy());
  plain.write(open("peer.example"));
  let said = "";
  while (!said.includes("</stream:features>")) said += String((await once(plain, "data"))[0]);
  plain.write("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  while (!said.includes("<proceed")) said += String((await once(plain, "data"))[0]);
  // In TLS 1.2 the type of a record can be seen from outside: 21 is an alert, and of those close_notify is the last.
  const secure = connectTls({
    socket: plain,
    servername: "us.example",
    maxVersion: "TLSv1.2",
    rejectUnauthorized: false,
  });
  secure.on("error", () => {});
  await once(secure, "secureConnect");
  secure.write(`${open("peer.example")}</stream:stream>`);
  secure.resume();
  await relay.ended;
  assert.equal(relay.types.at(-1), 21, `records: ${relay.types.join(" ")}`);
});

test("RFC 6120 §13.7.2.3: a stream is closed in order when a certificate that it was made with ends", async (t) => {
  const [ourPort, theirPort] = [await freePort(), await freePort()];
  const arrived = Promise.withResolvers<void>();
  const terms = (port: number) => () => ({ overrideHost: "127.0.0.1", overridePort: port });
  const us = await startEngine({
    names: new Map([["us.example", ours]]),
    roots: [root.pem],
    port: ourPort,
    terms: terms(theirPort),
    ownNotAfter: () => new Date(Date.now() + 1_000),
    onBounce: () => assert.fail("it arrived"),
  });
  const them = await startEngine({
    names: new Map([["peer.example", theirs]]),
    roots: [root.pem],
    port: theirPort,
    terms: terms(ourPort),
    onStanza: () => arrived.resolve(),
  });
  t.after(() => Promise.all([us.stop(), them.stop()]));
  us.link("us.example").send(
    element("message", ns.stanza, { from: "us.example", to: "peer.example", id: "1" }),
  );
  await arrived.promise;
  assert.equal(us.s2s.streams().length, 1);
  for (const end = performance.now() + 10_000; us.s2s.streams().length > 0;) {
    assert.ok(performance.now() < end, "the stream goes on");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal(us.s2s.unproven(), 0);
});
