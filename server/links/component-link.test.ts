import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { component, xml } from "@xmpp/component";
import type { Domain } from "#protocol/xmpp/address.ts";
import { element } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { hostHeader, type HostScript, startComponentHost } from "#testing/component-host.ts";
import { primitives } from "../primitives.ts";
import { componentLimits } from "./component.ts";
import { type ComponentLinkTimes, createComponentLink } from "./component-link.ts";
import type { LinkStatus } from "./link.ts";

const name = "wave.example.com" as Domain;
const quick: ComponentLinkTimes = {
  firstDelayMs: 20,
  maxDelayMs: 160,
  steadyMs: 10_000,
  keepaliveMs: 10_000,
  idleMs: 10_000,
  pingMs: 10_000,
};

async function start(
  script: HostScript,
  options: { times?: Partial<ComponentLinkTimes>; secret?: string; onStanza?: () => void } = {},
) {
  const host = await startComponentHost(script);
  const history: LinkStatus[] = [];
  const bugs: unknown[] = [];
  let stanzas = 0;
  const link = createComponentLink({
    id: "link-1",
    config: {
      name,
      serverDomain: "example.com" as Domain,
      host: host.host,
      port: host.port,
      security: "plain",
      secret: options.secret ?? "s3cret",
    },
    primitives,
    limits: { ...componentLimits, attachMs: 1000, closeMs: 200 },
    times: { ...quick, ...options.times },
    now: () => new Date(),
    random: () => 1,
    onStanza: () => {
      stanzas++;
      options.onStanza?.();
    },
    onRefused: () => {},
    onStatus: (status) => void history.push(status),
    onBug: (error) => void bugs.push(error),
  });
  after(async () => {
    await link.stop();
    await host.close();
  });
  link.start();
  return { host, link, history, bugs, stanzas: () => stanzas };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 5000;
  while (!condition()) {
    assert(performance.now() < deadline, "waited 5 s in vain");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const states = (history: readonly LinkStatus[]) => history.map((status) => status.state).join(" ");

test("RFC 6120 §3.3, fault h: attempts wait twice as long each time, up to a limit, with jitter", async () => {
  const { history, link, host } = await start({ secret: "another" });
  await until(() => history.filter((status) => status.state === "waiting").length >= 6);
  const waits = history.filter((status) => status.state === "waiting");
  const delays = waits.map(
    (status) => (status.nextAttemptAt?.getTime() ?? 0) - status.since.getTime(),
  );
  for (const [index, expected] of [20, 40, 80, 160, 160, 160].entries())
    assert(Math.abs((delays[index] ?? 0) - expected) <= 3, `${index}: ${delays[index]} ms`);
  assert.deepEqual(waits.map((status) => status.attempts).slice(0, 3), [1, 2, 3]);
  assert.equal(waits[0]?.lastError?.code, "link.wrong_secret");
  await link.stop();
  assert.equal(link.status().state, "stopped");
  const seen = host.connections();
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(host.connections(), seen, "a stopped link dialled");
  const shipped = component({ service: "xmpp://localhost", domain: name, password: "" });
  assert.equal((shipped as unknown as { reconnect: { delay: number } }).reconnect.delay, 1000);
});

test("a killed server: waiting with the reason, then attached again; since and error tell when and why", async () => {
  const { history, host, link } = await start({});
  await until(() => link.status().state === "attached");
  assert.equal(link.status().lastError, null);
  host.cut();
  await until(() => history.filter((status) => status.state === "attached").length === 2);
  assert.equal(states(history), "connecting attached waiting connecting attached");
  const waiting = history[2];
  assert.equal(waiting?.lastError?.code, "link.closed");
  assert(waiting?.nextAttemptAt !== null);
  assert.deepEqual(link.send(element("message", ns.stanza)).kind, "sent");
});

test("a half-dead connection is found out by a ping, and conflict afterwards is waited through", async () => {
  let isDead = false;
  let conflicts = 0;
  const pings: string[] = [];
  const { history, link } = await start(
    {
      onConnect(socket) {
        // The server still holds the old stream for alive, and refuses the second.
        if (!isDead || conflicts >= 2) return false;
        conflicts++;
        socket.end(
          `${hostHeader(name, "x")}<stream:error><conflict xmlns='${ns.streamErrors}'/></stream:error></stream:stream>`,
        );
        return true;
      },
      onStanza(stanza) {
        pings.push(`${stanza.attributes["from"]} ${stanza.attributes["to"]}`);
        isDead = true;
      },
    },
    { times: { idleMs: 40, pingMs: 40 } },
  );
  await until(() => states(history).endsWith("attached") && conflicts === 2);
  assert.equal(pings[0], `${name} example.com`);
  const errors = history
    .filter((status) => status.state === "waiting")
    .map((status) => status.lastError?.code)
    .slice(0, 3);
  assert.deepEqual(errors, ["link.silent", "link.conflict", "link.conflict"]);
  assert.equal(link.status().state, "attached");
});

test("an answered ping keeps the link, and is nobody else's business", async () => {
  let pings = 0;
  const { history, link, stanzas } = await start(
    {
      onStanza(stanza, stream) {
        pings++;
        stream.say(
          `<iq type='error' id='${stanza.attributes["id"]}' from='example.com' to='${name}'><error type='cancel'/></iq>`,
        );
      },
    },
    { times: { idleMs: 30, pingMs: 30 } },
  );
  await until(() => pings >= 3);
  assert.equal(states(history), "connecting attached");
  assert.equal(link.status().state, "attached");
  assert.equal(stanzas(), 0);
});

test("RFC 6120 §4.6.1: an idle link sends single spaces", async () => {
  let raw = "";
  const { link } = await start(
    { onAttached: (stream) => void stream.socket.on("data", (data) => (raw += String(data))) },
    { times: { keepaliveMs: 20 } },
  );
  await until(() => raw.length >= 3);
  assert.match(raw, /^ +$/);
  assert.equal(link.status().state, "attached");
});

test("RFC 6120 §4.4: stopping closes the stream politely", async () => {
  let raw = "";
  const { link, host } = await start({
    onAttached: (stream) => void stream.socket.on("data", (data) => (raw += String(data))),
  });
  await until(() => link.status().state === "attached");
  const sent = link.send(element("message", ns.stanza, { from: name, to: "a.b" }));
  assert(sent.kind === "sent");
  assert.equal(sent.sizeBytes, sent.xml.length);
  await link.stop();
  await until(() => host.openSockets() === 0);
  assert.equal(raw, `<message from="${name}" to="a.b"/></stream:stream>`);
  assert.equal(link.send(element("message", ns.stanza)).kind, "down");
});

test("hurry ends the wait", async () => {
  const { link, history } = await start(
    { secret: "another" },
    { times: { firstDelayMs: 60_000, maxDelayMs: 60_000 } },
  );
  await until(() => link.status().state === "waiting");
  link.hurry();
  await until(() => history.filter((status) => status.state === "waiting").length === 2);
});

test("a bug in what handles a stanza neither ends the process nor the stream", async () => {
  const stanza = `<message from='a.b' to='${name}'/>`;
  const { link, bugs } = await start(
    { onAttached: (stream) => stream.say(stanza + stanza) },
    {
      onStanza: () => {
        throw new Error("bug");
      },
    },
  );
  await until(() => bugs.length === 2);
  assert.equal(link.status().state, "attached");
});

test("fault g: the shipped serialiser overflows the stack at 20 000 levels; a link sends them", async () => {
  let theirs = xml("a", {});
  let ours = element("a", "urn:a");
  for (let level = 0; level < 20_000; level++) {
    theirs = xml("a", {}, theirs);
    ours = element("a", "urn:a", {}, [ours]);
  }
  assert.throws(() => String(theirs), RangeError);
  const { link } = await start({});
  await until(() => link.status().state === "attached");
  assert.equal(link.send(element("message", ns.stanza, {}, [ours])).kind, "sent");
});

test("fault c: the shipped IQ caller takes an answer from anybody (for ours see the router)", async () => {
  const host = await startComponentHost({
    onStanza: (stanza, stream) =>
      stream.say(
        `<iq type='result' id='${stanza.attributes["id"]}' from='evil.org' to='${name}'/>`,
      ),
  });
  after(() => host.close());
  const program = `
    const { component, xml } = require("@xmpp/component");
    const c = component({ service: "xmpp://${host.host}:${host.port}", domain: "${name}", password: "s3cret" });
    c.on("error", () => {});
    c.on("online", async () => {
      const answer = await c.iqCaller.request(xml("iq", { type: "get", to: "acmewave.com" }, xml("ping", "urn:xmpp:ping")));
      console.log("took it from", answer.attrs.from);
      process.exit(0);
    });
    c.start().catch(() => {});`;
  const cwd = new URL("../..", import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, ["-e", program], {
    cwd,
    timeout: 20_000,
  });
  assert.equal(stdout.trim(), "took it from evil.org");
});
