import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { after, test } from "node:test";
import { freePort } from "../../testing/s2s-engine.ts";
import { agree, bothHalves, connectionsOf, start } from "../../testing/x2x-pair.ts";

// Ways between several connections or links that may carry the same stanzas.

test("XEP-0361 §4.4: a better link is used again although others keep the worse one in use", async () => {
  const alone = (port: number) => ({ listens: { host: "127.0.0.1", port }, opens: null });
  const to = async (...domains: string[]) =>
    agree({}, { listens: null }, { domains, ...alone(await freePort()) });
  const [a1, a2] = bothHalves(await to("shore.example"), { id: "A", name: "A", priority: 1 });
  const worse = await to("other.example", "shore.example");
  const [b1, b2] = bothHalves(worse, { id: "B", name: "B", priority: 2 });
  const ship = start();
  const shore = start();
  await shore.x2x.configure([b2]);
  await ship.x2x.configure([a1, b1]);
  let others = 0;
  const busy = setInterval(() => {
    for (let n = 0; n < 5; n++) ship.send("ship.example", "other.example", `o${others++}`);
  }, 1);
  after(() => clearInterval(busy));
  ship.send("ship.example", "shore.example", "s1");
  await ship.until("over the worse", () => shore.arrived.includes("s1"));
  await shore.x2x.configure([a2, b2]);
  const onBetter = () =>
    ship.x2x.statuses().find(({ id }) => id === "A")?.status.connections[0]?.stanzasOut ?? 0;
  await ship.until("the better link", () => {
    ship.send("ship.example", "shore.example", "s");
    return onBetter() > 0;
  });
  const count = others;
  await ship.until("the others go on", () => shore.arrived.includes(`o${count}`));
  clearInterval(busy);
  assert.deepEqual(ship.bounced, []);
});

test("XEP-0361 §4.3: to reconnect opens nothing while the peer's connection carries stanzas: none overtakes", async () => {
  const order: number[] = [];
  const opened: Socket[] = [];
  const listen = (socket: Socket) => {
    let text = "";
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      text += String(bytes);
      for (let end = 0; (end = text.indexOf("</message>")) !== -1; text = text.slice(end + 10))
        order.push(Number(/ id="(\d+)"/.exec(text)?.[1]));
    });
  };
  const server = createServer((socket) => {
    opened.push(socket);
    listen(socket);
  });
  const there = { host: "127.0.0.1", port: await freePort() };
  const here = { host: "127.0.0.1", port: await freePort() };
  server.listen(there.port, there.host);
  await once(server, "listening");
  const a = start({ limits: { maxQueuedBytes: 64 * 1024 * 1024 } });
  await a.x2x.configure([bothHalves(await agree({}, { listens: here }, { listens: there }))[0]]);
  await a.until("the port", () => a.lastError() === null);
  const theirs = connect(here.port, here.host);
  after(() => {
    theirs.destroy();
    server.close();
    for (const socket of opened) socket.destroy();
  });
  await once(theirs, "connect");
  await a.until("the peer's connection", () => connectionsOf(a).length === 1);
  const body = "x".repeat(5_000);
  const sent = 2_000;
  for (let id = 0; id < sent; id++) a.send("ship.example", "shore.example", `${id}`, body);
  await a.until("no more taken", () => (connectionsOf(a)[0]?.waitingBytes ?? 0) > 0);
  assert.equal(a.x2x.hurry("link"), true);
  assert.equal(connectionsOf(a).length, 1);
  assert.equal(a.x2x.statuses()[0]?.status.state, "up");
  a.send("ship.example", "shore.example", `${sent}`, body);
  listen(theirs);
  await a.until("all", () => order.length === sent + 1);
  assert.deepEqual(
    order,
    Array.from({ length: sent + 1 }, (_, id) => id),
  );
  assert.equal(opened.length, 0);
});

const nowhere = async () => ({
  listens: { host: "127.0.0.1", port: await freePort() },
  opens: null,
});

test("XEP-0361 §4.4: what waits on a link that does not come up goes before what another one is given", async () => {
  const [a1] = bothHalves(await agree({}, { listens: null }, await nowhere()), {
    ...{ id: "A", name: "A", priority: 1 },
  });
  const domains = ["other.example", "shore.example"];
  const [b1, b2] = bothHalves(
    await agree({}, { listens: null }, { domains, ...(await nowhere()) }),
    { id: "B", name: "B", priority: 2 },
  );
  const ship = start({ limits: { firstDelayMs: 60_000, maxDelayMs: 60_000 } });
  const shore = start();
  await ship.x2x.configure([a1, b1]);
  ship.send("ship.example", "other.example", "o");
  await ship.until("B fails", () => ship.bounced.length === 1);
  ship.send("ship.example", "shore.example", "s0");
  await ship.until("A fails, too", () => ship.bounced.length === 2);
  ship.send("ship.example", "shore.example", "s1");
  await shore.x2x.configure([b2]);
  assert.equal(ship.x2x.hurry("B"), true);
  ship.send("ship.example", "shore.example", "s2");
  await ship.until("both", () => shore.arrived.length === 2);
  assert.deepEqual(shore.arrived, ["s1", "s2"]);
});

test("XEP-0361 §2: what was agreed with the other link is too large for this one, and goes back alone", async () => {
  const [a1] = bothHalves(
    await agree({ maxStanzaBytes: 1_000_000 }, { listens: null }, await nowhere()),
    { id: "A", name: "A", priority: 1 },
  );
  const [b1, b2] = bothHalves(
    await agree({ maxStanzaBytes: 10_000 }, { listens: null }, await nowhere()),
    { id: "B", name: "B", priority: 2 },
  );
  const ship = start();
  const shore = start();
  await shore.x2x.configure([b2]);
  await ship.x2x.configure([a1, b1]);
  ship.send("ship.example", "shore.example", "small");
  ship.send("ship.example", "shore.example", "large", "x".repeat(500_000));
  ship.send("ship.example", "shore.example", "last");
  await ship.until("the others", () => shore.arrived.includes("last"));
  assert.deepEqual(shore.arrived, ["small", "last"]);
  assert.deepEqual(ship.tooLarge, ["large"]);
  assert.deepEqual(ship.bounced, []);
});
