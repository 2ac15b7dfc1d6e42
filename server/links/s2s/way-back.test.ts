import assert from "node:assert/strict";
import { test } from "node:test";
import { element } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { freePort, startEngine } from "../../testing/s2s-engine.ts";

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
  await Promise.all([us.stop(), them.stop()]);
});
