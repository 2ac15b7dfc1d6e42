import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { test } from "node:test";
import { element } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { freePort, startEngine } from "../../testing/s2s-engine.ts";

test("RFC 6120 §13.12: names invented without end are dialled a few at a time, and remembered up to a number", async () => {
  const open = new Set<Socket>();
  let arrived = 0;
  let most = 0;
  const server = createServer((socket) => {
    arrived++;
    open.add(socket);
    most = Math.max(most, open.size);
    socket.on("error", () => {});
    socket.on("close", () => open.delete(socket));
    socket.resume();
  });
  const port = await freePort();
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const bounced: string[] = [];
  const engine = await startEngine({
    names: new Map([["us.example", null]]),
    roots: [],
    port: await freePort(),
    terms: () => ({ tlsPolicy: "never", overrideHost: "127.0.0.1", overridePort: port }),
    limits: { maxDials: 2, maxRoutes: 3, firstDelayMs: 60_000 },
    onBounce: ({ attributes }) => bounced.push(attributes["to"] ?? ""),
  });
  const until = async (what: string, holds: () => boolean) => {
    const end = performance.now() + 10_000;
    do {
      assert.ok(performance.now() < end, `${what}: ${arrived} came, ${bounced.length} bounced`);
      await new Promise((resolve) => setImmediate(resolve));
    } while (!holds());
  };
  const names = [1, 2, 3, 4, 5].map((number) => `invented${number}.example`);
  const send = (to: string) =>
    engine.link("us.example").send(element("message", ns.stanza, { from: "us.example", to }));
  for (const name of names) send(name);
  await until("two at once", () => open.size === 2);
  // Each is turned away; whoever waited comes then.
  while (bounced.length < names.length) {
    await until("the next ones", () => open.size > 0 || bounced.length === names.length);
    for (const socket of open) socket.destroy();
  }
  assert.deepEqual([arrived, most], [5, 2]);
  // What is remembered is not tried again so soon; what had to go is.
  send("another.example");
  await until("one more", () => arrived === 6);
  send(names[0] ?? "");
  await until("the first again", () => arrived === 7);
  await engine.stop();
  server.close();
});
