import assert from "node:assert/strict";
import { test } from "node:test";
import { element } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { freePort, startEngine } from "../../testing/s2s-engine.ts";

test("what failed by the terms of a peer is tried at once when they are others", async () => {
  const [ownPort, theirPort] = [await freePort(), await freePort()];
  let isAgreed = false;
  const failed = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<string>();
  const ours = await startEngine({
    names: new Map([["us.example", null]]),
    roots: [],
    port: ownPort,
    terms: () => ({
      tlsPolicy: isAgreed ? "never" : "required",
      overrideHost: "127.0.0.1",
      overridePort: theirPort,
    }),
    limits: { firstDelayMs: 60_000, maxDelayMs: 60_000 },
    onBounce: () => failed.resolve(),
  });
  const theirs = await startEngine({
    names: new Map([["them.example", null]]),
    roots: [],
    port: theirPort,
    terms: () => ({ tlsPolicy: "never", overrideHost: "127.0.0.1", overridePort: ownPort }),
    onStanza: (_name, stanza) => arrived.resolve(stanza.attributes["id"] ?? ""),
  });
  const send = (id: string) =>
    ours
      .link("us.example")
      .send(element("message", ns.stanza, { from: "us.example", to: "them.example", id }));
  send("1");
  await failed.promise;
  isAgreed = true;
  await ours.s2s.recheck();
  send("2");
  assert.equal(await arrived.promise, "2");
  await Promise.all([ours.stop(), theirs.stop()]);
});
