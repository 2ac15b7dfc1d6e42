import assert from "node:assert/strict";
import { test } from "node:test";
import { element } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { freePort, startEngine } from "../../testing/s2s-engine.ts";

for (const { opener, what, depth } of [
  { opener: "peer.example", what: "taken", depth: 1 },
  { opener: "peer.example", what: "too deep", depth: 9 },
  { opener: "us.example", what: "taken", depth: 1 },
  { opener: "us.example", what: "too deep", depth: 9 },
] as const)
  test(`RFC 6120 §13.12: stanzas that are ${what} are read no faster than they may come on a stream of ${opener}'s`, async (t) => {
    const [ourPort, theirPort] = [await freePort(), await freePort()];
    let came = 0;
    const greeted = Promise.withResolvers<void>();
    const terms = (port: number) => () =>
      ({ tlsPolicy: "never", overrideHost: "127.0.0.1", overridePort: port }) as const;
    const us = await startEngine({
      names: new Map([["us.example", null]]),
      roots: [],
      port: ourPort,
      terms: terms(theirPort),
      limits: { maxDepth: 8, stanzasPerSecond: 100 },
      onRefused: () => came++,
      onStanza: () => came++,
    });
    const them = await startEngine({
      names: new Map([["peer.example", null]]),
      roots: [],
      port: theirPort,
      terms: terms(ourPort),
      onStanza: () => greeted.resolve(),
    });
    t.after(() => Promise.all([us.stop(), them.stop()]));
    const say = (from: string, to: string) => {
      let inner = element("x", "urn:x");
      for (let level = 1; level < depth; level++) inner = element("x", "urn:x", {}, [inner]);
      return element("message", ns.stanza, { from, to }, [inner]);
    };
    if (opener === "us.example") {
      us.link("us.example").send(say("us.example", "peer.example"));
      await greeted.promise;
    }
    const began = performance.now();
    const stanza = say("peer.example", "us.example");
    // A burst of five seconds is free; a hundred beyond it are a second's worth, the last of which need not be waited for.
    for (let sent = 0; sent < 500; sent++) them.link("peer.example").send(stanza);
    await until(() => came === 500);
    for (let sent = 0; sent < 100; sent++) them.link("peer.example").send(stanza);
    await until(() => came === 600);
    them.link("peer.example").send(stanza);
    await until(() => came === 601);
    const tookMs = performance.now() - began;
    assert.ok(tookMs > 500, `${tookMs} ms`);
    assert.equal(us.s2s.streams().length, 1);
    assert.equal(us.s2s.streams()[0]?.direction, opener === "us.example" ? "out" : "in");
  });

async function until(isSo: () => boolean): Promise<void> {
  for (const end = performance.now() + 8_000; !isSo();) {
    assert.ok(performance.now() < end, "waited 8 s in vain");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
