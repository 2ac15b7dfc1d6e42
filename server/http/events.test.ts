import assert from "node:assert/strict";
import { once } from "node:events";
import { get, type IncomingMessage, request as httpRequest } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { after, test } from "node:test";
import Fastify from "fastify";
import type { Actor, App } from "./app-types.ts";
import { eventRoutes } from "./events.ts";

const HEARTBEAT_MS = 20;
const ada: Actor = { kind: "user", id: "1", name: "ada", role: "auditor", sessionId: "s" };

/** A listening application that has nothing but live events. */
async function openEvents(heartbeatMs = HEARTBEAT_MS) {
  const listeners = new Set<(resource: string) => void>();
  const who = { actor: ada as Actor | null, isKnown: Promise.resolve() };
  const app = Fastify({ forceCloseConnections: true }) as unknown as App;
  const changes = {
    on(listener: (resource: string) => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  eventRoutes(app, changes, async () => Promise.resolve(who.actor), heartbeatMs);
  // As guardRoutes does it: who asks is found out first.
  app.addHook("onRequest", () => who.isKnown);
  after(() => app.close());
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/api/v1/events`;
  return { url, who, emit: (resource: string) => listeners.forEach((tell) => tell(resource)) };
}

const open = (url: string) =>
  new Promise<IncomingMessage>((resolve, reject) => {
    get(url, resolve).once("error", reject);
  });

test("a stream ends by itself once its session has", { timeout: 10_000 }, async () => {
  const { url, who, emit } = await openEvents();
  const stream = (await open(url)).setEncoding("utf8");
  let text = "";
  const ended = new Promise((resolve) => stream.once("end", resolve));
  const told = new Promise<void>((resolve) => {
    stream.on("data", (piece: string) => {
      text += piece;
      if (text.includes('"resource":"peers"') && text.includes(": still here")) resolve();
    });
  });
  emit("peers");
  await told;
  who.actor = null;
  await ended;
});

test("a session that is ended loses its stream at once", { timeout: 10_000 }, async () => {
  const { url, who, emit } = await openEvents(3600_000);
  const stream = await open(url);
  const ended = new Promise((resolve) => stream.once("end", resolve));
  const hello = new Promise((resolve) => stream.once("data", resolve));
  await hello;
  who.actor = null;
  emit("session");
  await ended;
});

test("a reader that does not read is cut off, not written for", { timeout: 30_000 }, async () => {
  const { url, emit } = await openEvents();
  const stuck = await open(url);
  stuck.pause();
  const isCut = new Promise((resolve) => stuck.once("error", resolve).once("close", resolve));
  const resource = `traces/${"x".repeat(4000)}`;
  const emitting = setInterval(() => {
    for (let count = 0; count < 500; count++) emit(resource);
  }, 1);
  await new Promise<void>((resolve) => {
    stuck.socket.once("close", () => resolve());
  }).finally(() => clearInterval(emitting));
  stuck.resume();
  await isCut;
});

test("HEAD of the live events is answered, not left open", { timeout: 10_000 }, async () => {
  const { url } = await openEvents();
  const status = await new Promise((resolve, reject) => {
    httpRequest(url, { method: "HEAD" }, (answer) => resolve(answer.statusCode))
      .once("error", reject)
      .end();
  });
  assert.equal(status, 404);
});

const firstEvent = async (url: string) => {
  const stream = (await open(url)).setEncoding("utf8");
  const [text] = (await once(stream, "data")) as [string];
  return { stream, name: /^event: (\w+)$/m.exec(text)?.[1] };
};

test(
  "who leaves while asked who they are takes no place for good",
  { timeout: 20_000 },
  async () => {
    const { url, who } = await openEvents();
    const known = Promise.withResolvers<void>();
    who.isKnown = known.promise;
    const { hostname, port, pathname } = new URL(url);
    for (let count = 0; count < 205; count++) {
      const leaving = connect(Number(port), hostname);
      leaving.write(`GET ${pathname} HTTP/1.1\r\nHost: x\r\n\r\n`);
      await once(leaving, "connect");
      leaving.destroy();
    }
    setTimeout(known.resolve, 50);
    await known.promise;
    const { stream, name } = await firstEvent(url);
    assert.equal(name, "hello");
    stream.destroy();
  },
);

test("one person cannot take the streams of all", { timeout: 20_000 }, async () => {
  const { url } = await openEvents();
  const opened = await Promise.all(Array.from({ length: 51 }, () => firstEvent(url)));
  assert.equal(opened.filter(({ name }) => name === "hello").length, 50);
  assert.equal(opened.filter(({ name }) => name === "full").length, 1);
  for (const { stream } of opened) stream.destroy();
});
