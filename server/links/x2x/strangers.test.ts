import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { freePort } from "../../testing/s2s-engine.ts";
import { agree, bothHalves, byCertificate, connectionsOf, start } from "../../testing/x2x-pair.ts";
import { identify } from "./identify.ts";

const here = "127.0.0.1";

/** Somebody who connects from `localAddress`, and what becomes of the connection. */
function come(port: number, localAddress = here): Socket {
  const socket = connect({ port, host: here, localAddress });
  socket.on("error", () => {});
  socket.resume();
  return socket;
}

const byName = (hostName: string) => ({
  opens: { knownBy: "reverse_dns", addresses: [], port: null, hostName } as const,
});

test("XEP-0361 §4.2.3: a link by mutual TLS is not entered in clear through a plain one on the same port", async () => {
  const listens = { host: here, port: await freePort() };
  const ours = { domains: ["ship.example"], listens, opens: null };
  const plain = await agree({}, ours, { domains: ["radio.example"], ...byName("gw.example") });
  const secret = await agree(
    { security: "mutual_tls" },
    { ...ours, certificate: { by: "names", pins: [] } },
    {
      domains: ["hq.example"],
      opens: byCertificate,
      certificate: { by: "pins", pins: ["00".repeat(32)] },
    },
  );
  const engine = start({
    reverse: async () => ({ names: ["stranger.example"], isSecure: true, resolver: "" }),
  });
  const [secretTerms] = bothHalves(secret, { id: "b", name: "secret" });
  await engine.x2x.configure([bothHalves(plain, { id: "a", name: "radio" })[0], secretTerms]);
  await engine.until("the port", () => engine.lastError() === null);
  const stranger = come(listens.port);
  stranger.write("<message from='boss@hq.example' to='me@ship.example' id='forged'/>");
  await engine.until("its end", () => stranger.closed);
  assert.deepEqual(engine.arrived, []);
  assert.deepEqual(connectionsOf(engine), []);
  assert.equal(engine.lastError("a")?.code, "x2x.reverse_dns");

  const shown = { address: here, port: 1, chain: null };
  const deps = {
    trust: { judge: () => assert.fail() },
    reverse: () => assert.fail(),
  };
  for (const direction of ["in", "out"] as const)
    assert.equal(
      (await identify(secretTerms, shown, direction, deps)).fault?.code,
      "x2x.plain_there",
    );
});

test("who was identified by terms that have changed meanwhile is not taken by the new ones", async () => {
  const listens = { host: here, port: await freePort() };
  const terms = async (hostName: string) =>
    bothHalves(await agree({}, { listens, opens: null }, byName(hostName)))[0];
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const engine = start({
    reverse: async () => {
      asked.resolve();
      await answer.promise;
      return { names: ["old.example"], isSecure: true, resolver: "" };
    },
  });
  await engine.x2x.configure([await terms("old.example")]);
  await engine.until("the port", () => engine.lastError() === null);
  const late = come(listens.port);
  late.write("<message from='x@shore.example' to='me@ship.example' id='late'/>");
  await asked.promise;
  await engine.x2x.configure([await terms("new.example")]);
  answer.resolve();
  await engine.until("its end", () => late.closed);
  assert.deepEqual([engine.arrived, connectionsOf(engine)], [[], []]);
});

test("who was refused by terms that have changed meanwhile is not held against the new ones", async () => {
  const listens = { host: here, port: await freePort() };
  const terms = async (hostName: string) =>
    bothHalves(await agree({}, { listens, opens: null }, byName(hostName)))[0];
  const answer = Promise.withResolvers<void>();
  const answered: string[] = [];
  const engine = start({
    async reverse() {
      await answer.promise;
      answered.push("");
      return { names: ["new.example"], isSecure: true, resolver: "" };
    },
  });
  await engine.x2x.configure([await terms("old.example")]);
  await engine.until("the port", () => engine.lastError() === null);
  const peer = come(listens.port);
  await once(peer, "connect", { signal: AbortSignal.timeout(5_000) });
  await engine.x2x.configure([await terms("new.example")]);
  answer.resolve();
  await engine.until("its end", () => answered.length === 1 && peer.closed);
  assert.equal(engine.lastError(), null);
});

test("a stranger on a link that is up is told of, and delays nothing: no back-off of before counts again for it", async () => {
  const known = { knownBy: "address", addresses: [here], port: null, hostName: null } as const;
  const agreement = await agree({}, { opens: known }, { opens: known });
  const { port } = agreement.sides[0].listens ?? assert.fail();
  const engine = start({ limits: { firstDelayMs: 600_000, maxDelayMs: 600_000 } });
  await engine.x2x.configure([bothHalves(agreement)[0]]);
  await engine.until("the port", () => engine.lastError() === null);
  const state = () => engine.x2x.statuses()[0]?.status.state;
  engine.send("ship.example", "shore.example", "1");
  await engine.until("nobody listens there", () => state() === "failing");
  const peer = come(port);
  await engine.until("up", () => state() === "up");
  assert.equal(engine.lastError(), null);
  come(port, "127.0.77.9");
  await engine.until("who came", () => engine.lastError()?.code === "x2x.source_address");
  assert.equal(state(), "up");
  peer.end("</stream:stream>");
  await engine.until("its end", () => connectionsOf(engine).length === 0);
  assert.equal(state(), "idle");
  const again = come(port);
  await engine.until("up again", () => state() === "up");
  assert.equal(engine.lastError(), null);
  again.destroy();
});

test("who comes and is not the peer hides neither why a link is down nor who else came", async () => {
  const known = { knownBy: "address", addresses: [here], port: null, hostName: null } as const;
  const agreement = await agree({}, { opens: known }, { opens: known });
  const { port } = agreement.sides[0].listens ?? assert.fail();
  const engine = start({ limits: { firstDelayMs: 600_000, maxDelayMs: 600_000 } });
  await engine.x2x.configure([bothHalves(agreement)[0]]);
  await engine.until("the port", () => engine.lastError() === null);
  const status = () => engine.x2x.statuses()[0]?.status ?? assert.fail();
  engine.send("ship.example", "shore.example", "1");
  await engine.until("nobody listens there", () => status().state === "failing");
  for (const address of ["127.62.1.1", "127.62.1.2"]) {
    come(port, address);
    const isTold = () => status().visitors[0]?.finding.params["address"] === address;
    await engine.until("who came", isTold);
  }
  assert.equal(status().lastError?.code, "x2x.refused");
  assert.deepEqual(
    status().visitors.map(({ finding: { code }, address, count }) => [code, address, count]),
    [["x2x.source_address", "127.62.1.2", 2]],
  );
  const peer = come(port);
  await engine.until("up", () => status().state === "up");
  assert.deepEqual(status().visitors, [], "the peer has come");
  peer.destroy();
});

test("once half of the places are taken, whoever connects and says nothing has to go soon", async () => {
  const listens = { host: here, port: await freePort() };
  const certificate = { by: "names", pins: [] } as const;
  const agreement = await agree(
    { security: "mutual_tls" },
    { listens, opens: null, certificate },
    { listens: null, opens: byCertificate, certificate },
  );
  const pair = { key: "", cert: "", notAfter: new Date() };
  const engine = start({
    certificates: new Map([["ship.example", pair]]),
    limits: { maxUnidentified: 2 },
  });
  await engine.x2x.configure([bothHalves(agreement)[0]]);
  await engine.until("the port", () => engine.lastError() === null);
  const first = come(listens.port);
  await once(first, "connect", { signal: AbortSignal.timeout(5_000) });
  const second = come(listens.port);
  await engine.until("the end of the second", () => second.closed);
  assert.equal(first.closed, false);
  first.destroy();
});
