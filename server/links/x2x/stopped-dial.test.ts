import assert from "node:assert/strict";
import { test } from "node:test";
import { createServer } from "node:net";
import { once } from "node:events";
import { createTaps } from "#links/s2s/tap.ts";
import { primitives } from "../../primitives.ts";
import { x2xLimits } from "./terms.ts";
import { createX2xTls } from "./tls.ts";
import { dialPeer } from "./dial.ts";
import { createX2xLink } from "./link.ts";
import { agree, bothHalves } from "../../testing/x2x-pair.ts";

// A link that is taken away while it is being connected.

test("an attempt that is given up tries no further address", async (t) => {
  let met = 0;
  const server = createServer((socket) => {
    met++;
    socket.destroy();
  });
  t.after(() => void server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert(address !== null && typeof address === "object");
  const listens = { host: "shore.example", port: address.port };
  const agreement = await agree({}, { listens: null }, { listens, opens: null });
  const controller = new AbortController();
  const outcome = await dialPeer(bothHalves(agreement)[0], controller.signal, {
    tls: createX2xTls(),
    limits: { ...x2xLimits, connectMs: 2_000 },
    certificates: { credentials: () => null },
    async addressesOf() {
      controller.abort();
      return ["127.0.0.1"];
    },
    reverse: () => assert.fail(),
    trust: { judge: () => assert.fail() },
  });
  if ("socket" in outcome) outcome.socket.destroy();
  assert("code" in outcome, "it connects");
  assert.equal(met, 0);
});

test("a link that is stopped while its peer is judged has an end", async () => {
  const listens = { host: "127.0.0.1", port: 1 };
  const agreement = await agree({}, { listens: null }, { listens, opens: null });
  const dialled = Promise.withResolvers<never>();
  let destroyed = 0;
  const nothing = () => {};
  const link = createX2xLink({
    terms: bothHalves(agreement)[0],
    limits: x2xLimits,
    dial: () => dialled.promise,
    ...{ now: () => new Date(), random: () => 0, serialize: () => "", ownEnd: () => null },
    ...{ onStanza: nothing, onRefused: nothing, onUndelivered: nothing, onUncertain: nothing },
    ...{ onStatus: nothing, onUnproven: nothing, onBomb: nothing, onOutside: nothing },
    onError: (error) => assert.fail(String(error)),
    ...{ judge: () => assert.fail(), primitives },
    proofs: { ask: () => assert.fail() },
    taps: createTaps(() => new Date()),
  });
  link.probe();
  const end = link.stop(10);
  dialled.resolve({ socket: { destroy: () => destroyed++ } } as never);
  const late = new Promise((resolve) => setTimeout(resolve, 1_000, "late"));
  assert.notEqual(await Promise.race([end, late]), "late");
  assert.equal(destroyed, 1);
});
