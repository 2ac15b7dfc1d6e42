import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { after, test } from "node:test";
import { freePort } from "../../testing/s2s-engine.ts";
import { agree, bothHalves, start } from "../../testing/x2x-pair.ts";

// One link takes over from another that still has stanzas to send.

/** A place to connect to, all connections to it, and the ids of what came over them. */
async function place(port: number, hasPaused = false) {
  const sockets: Socket[] = [];
  const ids: number[] = [];
  const server = createServer((socket) => {
    let text = "";
    sockets.push(socket);
    socket.on("error", () => {});
    socket.on("data", (bytes: Buffer) => {
      text += bytes.toString("latin1");
      for (let end = 0; (end = text.indexOf("</message>")) !== -1; text = text.slice(end + 10))
        ids.push(Number(/ id="(\d+)"/.exec(text)?.[1]));
      if (text.includes("</stream:stream>")) socket.end("</stream:stream>");
    });
    if (hasPaused) socket.pause();
  });
  after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return { sockets, ids };
}

async function twoLinks(earlyMs: number) {
  const ports = [await freePort(), await freePort()] as const;
  const to = async (port: number) =>
    agree({}, { listens: null }, { listens: { host: "127.0.0.1", port }, opens: null });
  const [better] = bothHalves(await to(ports[0]), { id: "A", name: "A", priority: 1 });
  const [worse] = bothHalves(await to(ports[1]), { id: "B", name: "B", priority: 2 });
  const slow = await place(ports[1], true);
  const us = start({ limits: { earlyMs, maxQueuedBytes: 64 * 1024 * 1024 } });
  const send = (id: number) =>
    us.send("ship.example", "shore.example", `${id}`, "x".repeat(60_000));
  const linkOf = (id: string) => us.x2x.statuses().find((one) => one.id === id)?.status;
  return { ports, better, worse, slow, us, send, linkOf };
}

const sent = 200;

for (const earlyMs of [0, 60_000])
  test(`XEP-0361 §4.4: what a worse link leaves that breaks while it is closed for the better one goes there first (${earlyMs})`, async () => {
    const { ports, better, worse, slow, us, send, linkOf } = await twoLinks(earlyMs);
    await us.x2x.configure([better, worse]);
    await us.until("the better fails", () => linkOf("A")?.state !== "connecting");
    for (let id = 0; id < sent; id++) {
      send(id);
      if (id === 0) await us.until("over the worse", () => slow.sockets.length === 1);
    }
    await us.until("a backlog", () => (linkOf("B")?.connections[0]?.waitingBytes ?? 0) > 0);
    const fast = await place(ports[0]);
    await us.until("the worse is closed", () => linkOf("B")?.connections[0]?.state === "closing");
    send(sent);
    assert.deepEqual(fast.ids, []);
    slow.sockets[0]?.resetAndDestroy();
    await us.until("the last", () => fast.ids.includes(sent));
    const back = us.bounced.map(({ id }) => Number(id));
    const [first = 0] = fast.ids;
    assert.ok(back.length <= 1 && first > 0);
    assert.deepEqual(
      fast.ids,
      Array.from({ length: sent + 1 - first }, (_, index) => first + index),
    );
    assert.equal(slow.sockets.length, 1, "the worse is not opened again for them");
  });

test("XEP-0361 §4.4: when the link that carries is deleted, the other waits for its end", async () => {
  const { ports, better, worse, slow, us, send, linkOf } = await twoLinks(0);
  const fast = await place(ports[0]);
  await us.x2x.configure([worse]);
  send(0);
  await us.until("over the worse", () => slow.sockets.length === 1);
  await us.x2x.configure([{ ...better, priority: 3 }, worse]);
  for (let id = 1; id < sent; id++) send(id);
  await us.until("a backlog", () => (linkOf("B")?.connections[0]?.waitingBytes ?? 0) > 0);
  const done = us.x2x.configure([{ ...better, priority: 3 }]);
  send(sent);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.deepEqual(fast.ids, [], "nothing overtakes");
  slow.sockets[0]?.resume();
  await done;
  await us.until("the last", () => fast.ids.includes(sent));
  assert.deepEqual(
    [...slow.ids, ...fast.ids],
    Array.from({ length: sent + 1 }, (_, id) => id),
  );
});
