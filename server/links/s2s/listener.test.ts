import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { after, test } from "node:test";
import { createSecureContext } from "node:tls";
import type { Domain } from "#protocol/xmpp/address.ts";
import { primitives } from "../../primitives.ts";
import type { LinkStatus } from "../link.ts";
import { createListener, type ListenAddress, type Listener } from "./listener.ts";
import { createS2s } from "./s2s.ts";

const address = "127.0.0.1";
const running: { stop: () => Promise<void> }[] = [];
after(async () => {
  for (const each of running) await each.stop();
});

test("a place that is given up while it is being opened is free for the next at once", async () => {
  const place = await freePlace();
  const first = listen(place);
  await first.stop();
  const second = listen(place);
  assert.equal(await second.told, null);
});

test("who came in stays when a listener ends, and does not hold it up", async () => {
  const place = await freePlace();
  const listener = listen(place);
  await listener.told;
  const peer = connect(place.port, address);
  const [greeting] = (await once(peer, "data")) as [Buffer];
  assert.equal(String(greeting), "in");
  await listener.stop();
  assert.equal(peer.readyState, "open");
  assert.equal(await listen(place).told, null);
  peer.destroy();
});

test("a name that begins to be served while the place is being set: one listener, not two that fight", async () => {
  const place = await freePlace();
  const { s2s, start } = serveNames();
  const set = s2s.configure({ places: [place], apart: new Set(), limits: {} });
  const { statuses } = start("example.com");
  await set;
  await s2s.configure({ places: [place, await freePlace()], apart: new Set(), limits: {} });
  assert.deepEqual(
    statuses.filter(({ lastError }) => lastError !== null).map(({ lastError }) => lastError),
    [],
  );
});

test("ports of one name: only it is told of them, only it needs them, and the others are not touched", async () => {
  const [shared, own] = [await freePlace(), await freePlace()];
  const { s2s, start } = serveNames();
  const one = start("one.example");
  const two = start("two.example");
  const ofTwo = { ...own, only: "two.example" as Domain };
  const apart = new Set(["two.example" as Domain]);
  const blocker = createServer().listen(own.port, address);
  await once(blocker, "listening");
  await s2s.configure({ places: [shared], apart: new Set(), limits: {} });
  const visitor = connect(shared.port, address);
  await once(visitor, "connect");
  await s2s.configure({ places: [shared, ofTwo], apart: new Set(), limits: {} });
  await two.told("waiting");
  assert.deepEqual(two.last()?.lastError?.params, { address, port: own.port, errno: "EADDRINUSE" });
  assert.equal(one.last()?.state, "attached");
  blocker.close();
  await s2s.configure({ places: [shared], apart: new Set(), limits: {} });
  assert.equal(two.last()?.state, "attached");
  await s2s.configure({ places: [shared, ofTwo], apart, limits: {} });
  const guest = connect(own.port, address);
  await once(guest, "connect");
  assert.equal(visitor.readyState, "open");
  // Nobody is left whom the shared port answers for.
  await one.link.stop();
  const refused = connect(shared.port, address);
  const [error] = (await once(refused, "error")) as [NodeJS.ErrnoException];
  assert.equal(error.code, "ECONNREFUSED");
  for (const socket of [visitor, guest]) socket.destroy();
});

/** Native names that nobody talks to. */
function serveNames() {
  const s2s = createS2s({
    primitives,
    policy: { decide: () => ({ allowed: true, rule: "mode:open", peerId: null }) },
    opener: { open: () => assert.fail("nothing is sent") },
    trust: {
      termsFor: () => assert.fail("nobody comes"),
      judge: () => assert.fail("nobody comes"),
      admit: () => assert.fail("nobody comes"),
    },
    certificates: { credentials: () => null, serverOptions: () => null },
    dialbackSecret: "a secret",
    now: () => new Date(),
    random: () => 0.5,
    onStanza: () => {},
    onRefused: () => {},
    onBounce: () => {},
    onRoute: () => {},
    onRejected: () => {},
    onBug(error) {
      throw error;
    },
  });
  running.push(s2s);
  const start = (name: string) => {
    const statuses: LinkStatus[] = [];
    const link = s2s.attach({
      ...{ id: name, kind: "s2s", name: name as Domain },
      onStatus: (one) => statuses.push(one),
    });
    link.start();
    return {
      link,
      statuses,
      last: () => statuses.at(-1),
      told: async (state: LinkStatus["state"]) => {
        const deadline = performance.now() + 5_000;
        while (statuses.at(-1)?.state !== state) {
          assert(performance.now() < deadline, `${name} is ${statuses.at(-1)?.state}`);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      },
    };
  };
  return { s2s, start };
}

test("RFC 6120 §13.12: a TLS handshake that does not begin is not waited for longer than is set now", async () => {
  const place: ListenAddress = { ...(await freePlace()), security: "direct" };
  let handshakeMs = 60_000;
  const secureContext = createSecureContext();
  const listener = listen(place, {
    tls: () => ({ secureContext }),
    handshakeMs: () => handshakeMs,
  });
  await listener.told;
  handshakeMs = 50;
  const peer = connect(place.port, address);
  peer.resume();
  await once(peer, "close", { signal: AbortSignal.timeout(5_000) });
});

function listen(
  place: ListenAddress,
  changed: Partial<Parameters<typeof createListener>[1]> = {},
): Listener & { readonly told: Promise<string | null> } {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const listener = createListener(place, {
    tls: () => null,
    admit: () => true,
    accept: (socket) => socket.write("in"),
    handshakeMs: () => 5_000,
    ...changed,
    onChange: () => setImmediate(() => resolve(listener.fault())),
  });
  running.push(listener);
  return { ...listener, told: promise };
}

async function freePlace(): Promise<ListenAddress> {
  const server = createServer().listen(0, address);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return { address, port, security: "starttls", only: null };
}
