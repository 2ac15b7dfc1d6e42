import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import type { Finding } from "#contract/traces.ts";
import { freePort, startEngine } from "../../testing/s2s-engine.ts";
import { startScriptedReceiver } from "../../testing/scripted-receiver.ts";

for (const { title, verdict, allowsDialback, reason } of [
  {
    title: "a key that the authoritative server does not know",
    verdict: "invalid",
    allowsDialback: true,
    reason: "invalid",
  },
  {
    title: "dialback where the terms ask for a certificate",
    verdict: "valid",
    allowsDialback: false,
    reason: "policy-violation",
  },
  {
    title: "a key whose authoritative server cannot be reached",
    verdict: null,
    allowsDialback: true,
    reason: "remote-server-timeout",
  },
] as const)
  test(`XEP-0220 §2.2.1: ${title} is refused, and told as that`, async (t) => {
    const authority = verdict === null ? null : await startScriptedReceiver(verdict);
    const port = await freePort();
    const overridePort = authority?.port ?? (await freePort());
    const told = Promise.withResolvers<[string, string, Finding]>();
    const us = await startEngine({
      names: new Map([["us.example", null]]),
      roots: [],
      port,
      terms: (domain) => ({
        tlsPolicy: "preferred",
        // The header's own domain may; what is claimed later is judged for itself.
        allowsDialback: allowsDialback || domain === "other.example",
        overrideHost: "127.0.0.1",
        overridePort,
      }),
      onRejected: (...said) => told.resolve(said),
    });
    t.after(async () => {
      authority?.stop();
      await us.stop();
    });
    const socket = connect(port, "127.0.0.1");
    t.after(() => socket.destroy());
    socket.on("error", () => {});
    let said = "";
    socket.on("data", (bytes: Buffer) => (said += String(bytes)));
    socket.write(
      "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' xmlns:db='jabber:server:dialback' from='other.example' to='us.example' version='1.0'>",
    );
    while (!said.includes("</stream:features>")) await once(socket, "data");
    socket.write("<db:result from='peer.example' to='us.example'>key</db:result>");
    const [name, remote, finding] = await told.promise;
    assert.deepEqual([name, remote], ["us.example", "peer.example"]);
    assert.equal(finding.code, "s2s.dialback_refused");
    assert.equal(finding.params["reason"], reason);
    while (!said.includes("<db:result")) await once(socket, "data");
    assert.match(said, /<db:result [^>]*type="(invalid|error)"/);
  });
