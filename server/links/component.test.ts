import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { after, test } from "node:test";
import { promisify } from "node:util";
import type { Finding } from "#contract/traces.ts";
import type { Domain } from "#protocol/xmpp/address.ts";
import { textOf, childElements, type XmlElement } from "#protocol/xmpp/element.ts";
import { createCertificateLab } from "#testing/certificate-lab.ts";
import { hostHeader, type HostScript, startComponentHost } from "#testing/component-host.ts";
import { primitives } from "../primitives.ts";
import {
  attachComponent,
  type AttachPhase,
  type ComponentConfig,
  componentLimits,
  type ComponentLimits,
  type ComponentStream,
} from "./component.ts";

const name = "wave.example.com" as Domain;
const limits: ComponentLimits = {
  ...componentLimits,
  attachMs: 400,
  closeMs: 100,
  maxStanzaBytes: 20_000,
  ceilingBytes: 2_000_000,
  maxDepth: 50,
};

/** A host that follows the script, and one attempt to attach to it. */
async function attach(
  script: HostScript,
  changed: Partial<ComponentConfig> = {},
  changedLimits: Partial<ComponentLimits> = {},
) {
  const host = await startComponentHost(script);
  const stanzas: XmlElement[] = [];
  const refused: XmlElement[] = [];
  const phases: AttachPhase[] = [];
  const config: ComponentConfig = {
    name,
    serverDomain: "example.com" as Domain,
    host: host.host,
    port: host.port,
    security: "plain",
    secret: "s3cret",
    ...changed,
  };
  const outcome = await attachComponent(
    config,
    { ...limits, ...changedLimits },
    primitives,
    {
      onStanza: (stanza) => void stanzas.push(stanza),
      onRefused: (head) => void refused.push(head),
      onPhase: (phase) => void phases.push(phase),
    },
    new AbortController().signal,
  );
  after(async () => {
    if ("send" in outcome) await outcome.close();
    await host.close();
  });
  return { host, stanzas, refused, phases, outcome, config };
}

function opened(outcome: ComponentStream | Finding): ComponentStream {
  assert("send" in outcome, JSON.stringify(outcome));
  return outcome;
}

function failed(outcome: ComponentStream | Finding): Finding {
  assert("code" in outcome, "it attached");
  return outcome;
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 5000;
  while (!condition()) {
    assert(performance.now() < deadline, "waited 5 s in vain");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** The code of a program with the shipped library that attaches to `port`, run as a process. */
async function shipped(port: number, body: string) {
  const program = `
    const { component, xml } = require("@xmpp/component");
    const c = component({ service: "xmpp://127.0.11.1:${port}", domain: "${name}", password: "s3cret" });
    c.on("error", (error) => console.log("error", error.condition ?? error.message));
    setTimeout(() => { console.log("alive"); process.exit(0); }, 700);
    ${body}
    c.start().catch((error) => console.log("start failed", error.message));`;
  const run = promisify(execFile);
  const options = { cwd: new URL("../..", import.meta.url).pathname, timeout: 20_000 };
  return run(process.execPath, ["-e", program], options).then(
    ({ stdout }) => ({ code: 0, stdout }),
    (error: { code: number; stdout: string }) => ({ code: error.code, stdout: error.stdout }),
  );
}

const message = (body: string) =>
  `<message from='a@acmewave.com' to='${name}'><body>${body}</body></message>`;

test("XEP-0114 §3: header to the component's name, SHA-1 handshake, stanzas flow both ways", async () => {
  const said: XmlElement[] = [];
  const { outcome, stanzas, phases, host } = await attach({
    streamId: "3BF96D32 & 'ü'",
    onAttached: (stream) => stream.say(message("hello")),
    onStanza: (stanza) => said.push(stanza),
  });
  const stream = opened(outcome);
  await until(() => stanzas.length === 1);
  assert.equal(stream.send("<iq type='get' id='1'/>"), "sent");
  assert.equal(stream.send("<iq type='get' id='2'/>"), "sent");
  await until(() => said.length === 2);
  assert.deepEqual(
    said.map((stanza) => stanza.attributes["id"]),
    ["1", "2"],
  );
  assert.deepEqual(host.headers, [name]);
  assert.deepEqual(phases, ["resolve", "connect", "stream", "handshake"]);
  await stream.close();
  assert.equal(await stream.ended, null);
  assert.equal(stream.send(" "), "down", "sending after the end does not throw");
});

test("XEP-0114 §3 fault: a secret beyond ASCII is hashed as UTF-8", async () => {
  const { outcome } = await attach({ secret: "geheim-ü-🙂" }, { secret: "geheim-ü-🙂" });
  opened(outcome);
});

test("fault a: an undefined entity ends the shipped library's process; here the stream, with a reason", async () => {
  const script: HostScript = {
    onAttached: (stream) => stream.say(`${message("before")}<message>&foo;</message>`),
  };
  const { host, outcome, stanzas } = await attach(script);
  const reason = await opened(outcome).ended;
  assert.equal(reason?.code, "link.unreadable");
  assert.equal(reason?.params["condition"], "restricted-xml");
  assert.equal(stanzas.length, 1);
  const theirs = await shipped(host.port, "");
  assert.notEqual(theirs.code, 0);
  assert.doesNotMatch(theirs.stdout, /alive/);
});

test("fault b: UTF-8 cut by a segment is corrupted by the shipped library; here it is whole", async () => {
  const bytes = new TextEncoder().encode(message("déjà 🙂"));
  const script: HostScript = {
    onAttached(stream) {
      stream.socket.setNoDelay(true);
      const at = bytes.indexOf(0xf0) + 2;
      stream.say(bytes.slice(0, at));
      setTimeout(() => stream.say(bytes.slice(at)), 40);
    },
  };
  const { host, stanzas } = await attach(script);
  await until(() => stanzas.length === 1);
  const [stanza] = stanzas;
  assert(stanza);
  assert.equal(textOf(childElements(stanza)[0] ?? stanza), "déjà 🙂");
  const theirs = await shipped(
    host.port,
    'c.on("stanza", (s) => console.log("got", s.getChildText("body")));',
  );
  assert.match(theirs.stdout, /got déjà .*\ufffd/);
});

test("faults d, e: DTD, comments, PIs, unbound prefixes, controls and duplicates end the stream by name", async () => {
  const cases: [string, string][] = [
    ["<!DOCTYPE x>", "restricted-xml"],
    ["<!-- x -->", "restricted-xml"],
    ["<?php x?>", "restricted-xml"],
    ["<x:message/>", "not-well-formed"],
    ["<message>\u0000</message>", "not-well-formed"],
    ["<message a='1' a='2'/>", "not-well-formed"],
    ["<message></iq>", "not-well-formed"],
  ];
  for (const [bad, condition] of cases) {
    let answer = "";
    const { outcome, stanzas } = await attach({
      onAttached(stream) {
        stream.socket.on("data", (data) => (answer += String(data)));
        stream.say(bad + message("after"));
      },
    });
    const reason = await opened(outcome).ended;
    assert.deepEqual(
      [reason?.code, reason?.params["condition"]],
      ["link.unreadable", condition],
      bad,
    );
    assert.equal(stanzas.length, 0, bad);
    await until(() => answer.includes("</stream:stream>"));
    assert.match(answer, new RegExp(`<stream:error><${condition} `), "the server is told why");
  }
});

test("faults d, e: the shipped library goes on over a DTD in silence, and takes comments and duplicates", async () => {
  const swallowing = await startComponentHost({
    onAttached: (stream) => stream.say(`<!DOCTYPE x>${message("lost")}`),
  });
  const accepting = await startComponentHost({
    onAttached: (stream) =>
      stream.say(`<!-- x --><message a='1' a='2' x:y='3'><body>taken</body></message>`),
  });
  after(() => Promise.all([swallowing.close(), accepting.close()]));
  const listen = 'c.on("stanza", (s) => console.log("got", s.getChildText("body")));';
  const [first, second] = await Promise.all([
    shipped(swallowing.port, listen),
    shipped(accepting.port, listen),
  ]);
  assert.doesNotMatch(first.stdout, /lost|error/);
  assert.match(second.stdout, /got taken/);
});

test("fault f: what is too big or too deep is read past, and the stream carries on", async () => {
  const deep = `<message from='x@acmewave.com' to='${name}' id='deep'>${"<a>".repeat(20_000)}${"</a>".repeat(20_000)}</message>`;
  const { outcome, refused, stanzas } = await attach({
    onAttached: (stream) => stream.say(message("x".repeat(100_000)) + deep + message("after")),
  });
  await until(() => stanzas.length === 1);
  assert.deepEqual(
    refused.map((head) => head.attributes["from"]),
    ["a@acmewave.com", "x@acmewave.com"],
  );
  assert.equal(opened(outcome).isOpen(), true);
});

test("fault f: what has no end is cut off at the ceiling", async () => {
  const { outcome } = await attach(
    { onAttached: (stream) => stream.say(`<message>${"x".repeat(600_000)}`) },
    {},
    { ceilingBytes: 500_000 },
  );
  const reason = await opened(outcome).ended;
  assert.equal(reason?.params["condition"], "policy-violation");
});

test("fault i: TLS to the component port, with the certificate's names checked", async () => {
  const lab = createCertificateLab();
  after(() => lab.close());
  const root = lab.root();
  const good = lab.leaf(root, "example.com");
  const wrong = lab.leaf(root, "other.org", { subject: "/CN=example.com" });
  const tls = (certificate: typeof good) => ({
    tls: { cert: certificate.pem, key: certificate.keyPem },
  });
  const secure = { security: "tls", extraRoots: [root.pem] } as const;
  const accepted = await attach(tls(good), secure, { attachMs: 3000 });
  opened(accepted.outcome);
  assert.deepEqual(accepted.phases, ["resolve", "connect", "tls", "stream", "handshake"]);
  assert.equal(
    failed((await attach(tls(wrong), secure, { attachMs: 3000 })).outcome).code,
    "link.tls_untrusted",
  );
  assert.equal(
    failed((await attach(tls(good), { security: "tls" }, { attachMs: 3000 })).outcome).code,
    "link.tls_untrusted",
  );
  assert.equal(
    failed(
      (await attach({ onConnect: (socket) => socket.end("no tls here") !== null }, secure)).outcome,
    ).code,
    "link.tls_failed",
  );
});

test("every way not to attach has a code of its own", async () => {
  const error = (condition: string) =>
    `<stream:error><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>`;
  const answering = (text: string): HostScript => ({
    onConnect: (socket) => {
      socket.end(text);
      return true;
    },
  });
  const instead = (condition: string): HostScript => ({
    onHeader: (stream) => {
      stream.socket.end(hostHeader(name, "x") + error(condition));
      return true;
    },
  });
  const cases: [HostScript, string][] = [
    [instead("host-unknown"), "link.unknown_name"],
    [instead("conflict"), "link.conflict"],
    [instead("system-shutdown"), "link.server_stopped"],
    [instead("see-other-host"), "link.stream_error"],
    [instead("invalid-namespace"), "link.wrong_port"],
    [{ secret: "another" }, "link.wrong_secret"],
    [answering("HTTP/1.1 400 Bad Request\r\n\r\n"), "link.not_xmpp"],
    [answering("\u0000\u0001\u0002"), "link.not_xmpp"],
    [
      answering(hostHeader(name, "x").replace("jabber:component:accept", "jabber:client")),
      "link.wrong_port",
    ],
    [answering(""), "link.closed"],
    [{ onConnect: () => true }, "link.timeout"],
    [{ onHeader: () => true }, "link.timeout"],
  ];
  for (const [script, code] of cases) {
    const { outcome, host } = await attach(script);
    assert.equal(failed(outcome).code, code);
    await until(() => host.openSockets() === 0);
  }
  const http = failed((await attach(answering("HTTP/1.1 400 Bad Request\r\n\r\n"))).outcome);
  assert.match(String(http.params["firstBytes"]), /^HTTP\/1\.1 400/);
});

test("a port where nothing listens, and a name without an address", async () => {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.11.1", resolve));
  const address = probe.address();
  assert(address !== null && typeof address === "object");
  await new Promise((resolve) => probe.close(resolve));
  assert.equal(failed((await attach({}, { port: address.port })).outcome).code, "link.refused");
  const nowhere = failed(
    (await attach({}, { host: "no-such-host.invalid" }, { attachMs: 5000 })).outcome,
  );
  assert.equal(nowhere.code, "link.unresolved");
});

test("a server of one byte a second does not hold an attempt beyond its time", async () => {
  const header = hostHeader(name, "x");
  const from = performance.now();
  const { outcome, host } = await attach({
    onConnect(socket) {
      let at = 0;
      const timer = setInterval(() => socket.write(header.charAt(at++)), 30);
      socket.on("close", () => clearInterval(timer));
      return true;
    },
  });
  assert.equal(failed(outcome).code, "link.timeout");
  assert.equal(failed(outcome).params["phase"], "stream");
  assert(performance.now() - from < 2000);
  await until(() => host.openSockets() === 0);
});

test("RFC 6120 §4.3.5: stanzas before the accepted handshake are not processed", async () => {
  const { outcome, stanzas } = await attach({
    onHeader: (stream) => {
      stream.say(hostHeader(name, "stream-1") + message("early"));
      return true;
    },
    onAttached: (stream) => stream.say(message("late")),
  });
  opened(outcome);
  await until(() => stanzas.length === 1);
  assert.equal(stanzas.length, 1);
  assert(stanzas[0]);
  assert.equal(textOf(childElements(stanzas[0])[0] ?? stanzas[0]), "late");
});

test("a server that does not read makes sending full, not the memory", async () => {
  const { outcome } = await attach(
    { onAttached: (stream) => stream.socket.pause() },
    {},
    { maxQueuedBytes: 1_000_000 },
  );
  const stream = opened(outcome);
  const stanza = message("x".repeat(10_000));
  let sent = 0;
  while (sent < 10_000 && stream.send(stanza) === "sent") {
    sent++;
    if (sent % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  assert(sent < 10_000, "it never was full");
  assert.equal(stream.send(stanza), "full");
});

test("stopping during an attempt ends it at once", async () => {
  const host = await startComponentHost({ onConnect: () => true });
  after(() => host.close());
  const stopping = new AbortController();
  const attempt = attachComponent(
    {
      name,
      serverDomain: "example.com" as Domain,
      host: host.host,
      port: host.port,
      security: "plain",
      secret: "x",
    },
    { ...limits, attachMs: 60_000 },
    primitives,
    { onStanza: () => {}, onRefused: () => {} },
    stopping.signal,
  );
  await until(() => host.connections() === 1);
  stopping.abort();
  assert("code" in (await attempt));
  await until(() => host.openSockets() === 0);
});
