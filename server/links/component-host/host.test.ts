import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { after, test } from "node:test";
import { createSecureContext, type TLSSocketOptions } from "node:tls";
import { promisify } from "node:util";
import type { Domain } from "#protocol/xmpp/address.ts";
import type { XmlElement } from "#protocol/xmpp/element.ts";
import { createCertificateLab } from "#testing/certificate-lab.ts";
import { ids, message, name, outgoing, secret, startHost } from "#testing/hosted-components.ts";
import { componentHeader, handshake, until } from "#testing/raw-component.ts";
import { primitives } from "../../primitives.ts";
import { attachComponent, componentLimits } from "../component.ts";

test("XEP-0114 §3: a component with the right secret gets an empty <handshake/>, then stanzas both ways", async () => {
  const { service, attach, stanzas, statuses } = startHost();
  const component = await attach();
  assert.match(component.heard(), /<stream:stream[^>]* from="rooms\.example\.com" id="[^" ]{20,}"/);
  assert.match(component.heard(), /<handshake\/>$/);
  assert.equal(service.deliver(name, message("1")), "taken");
  await until(() => ids(component).length === 1);
  component.say(outgoing(`from='lobby@${name}/kim' to='kim@acmewave.com' id='2'`));
  await until(() => stanzas.length === 1);
  assert.equal(stanzas[0]?.namespace, "jabber:client");
  assert.equal(statuses.at(-1)?.instances, 1);
  assert.equal(service.instances("link-1")[0]?.stanzasOut, 1);
});

test("XEP-0114 §3: a wrong secret ends stream and connection with not-authorized, and the link says so", async () => {
  const { connect, statuses } = startHost();
  const wrong = [
    (id: string) => handshake(id, "other"),
    (id: string) => handshake(id, secret).toUpperCase().replaceAll("HANDSHAKE", "handshake"),
    () => "<handshake/>",
    (id: string) => handshake(id, secret).replace("</", "0</"),
  ];
  for (const answer of wrong) {
    const component = await connect();
    component.say(componentHeader(name));
    await until(() => component.streamId() !== null);
    component.say(answer(component.streamId() ?? ""));
    await until(component.isClosed);
    assert.match(component.heard(), /<not-authorized [^>]*\/><\/stream:error><\/stream:stream>$/);
    assert.doesNotMatch(component.heard(), /<handshake/);
  }
  assert.equal(statuses.at(-1)?.lastError?.code, "hosted.wrong_secret");
  assert.match(String(statuses.at(-1)?.lastError?.params["address"]), /^127\.[\d.]+:\d+$/);
  assert.equal(statuses.length, 1, "the same fault again and again is told once");
});

test("XEP-0114 §3: whether a digest is right is what the comparison in constant time says, of right and wrong lengths", async () => {
  const compared: string[] = [];
  const isSameSecret = (guess: string, digest: string) => {
    compared.push(guess);
    assert.match(digest, /^[0-9a-f]{40}$/);
    return guess === "short";
  };
  const { connect } = startHost({ primitives: { ...primitives, isSameSecret } });
  const guess = async (digest: (id: string) => string) => {
    const component = await connect();
    component.say(componentHeader(name));
    await until(() => component.streamId() !== null);
    component.say(digest(component.streamId() ?? ""));
    return component;
  };
  const right = await guess((id) => handshake(id, secret));
  await until(right.isClosed);
  assert.match(right.heard(), /<not-authorized /);
  const short = await guess(() => "<handshake>short</handshake>");
  await until(() => short.heard().endsWith("<handshake/>"));
  await until((await guess(() => "<handshake/>")).isClosed);
  assert.deepEqual([compared[0]?.length, compared[1], compared[2]], [40, "short", ""]);
});

test("XEP-0114 §3: faults of the header come as whole header, error and end", async () => {
  const { connect } = startHost();
  const faults: [string, string][] = [
    [componentHeader("other.example.com"), "host-unknown"],
    [componentHeader("not a name"), "host-unknown"],
    [componentHeader(name).replace(/ to='[^']*'/, ""), "host-unknown"],
    [componentHeader(name, "jabber:server"), "invalid-namespace"],
    [componentHeader(name).replace("etherx", "other"), "invalid-namespace"],
    ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", "not-well-formed"],
    ["<!DOCTYPE x>", "restricted-xml"],
    [`<stream:stream junk='${"x".repeat(5000)}'`, "policy-violation"],
  ];
  for (const [said, condition] of faults) {
    const component = await connect();
    component.say(said);
    await until(component.isClosed);
    assert.match(
      component.heard(),
      new RegExp(
        `^<\\?xml version='1.0'\\?><stream:stream [^>]*from=""[^>]*><stream:error><${condition} [^>]*/></stream:error></stream:stream>$`,
      ),
      said.slice(0, 100),
    );
  }
});

test("XEP-0114 §3: the component's name is compared in canonical form, and stanzas get it so", async () => {
  const { connect, stanzas } = startHost();
  const component = await connect();
  await component.attach("Rooms.EXAMPLE.com.", secret);
  component.say(outgoing(`from='lobby@ROOMS.example.com/Kim' to='kim@acmewave.com'`));
  await until(() => stanzas.length === 1);
  assert.equal(stanzas[0]?.attributes["from"], `lobby@${name}/Kim`);
});

test("RFC 6120 §4.3.5: stanzas before the handshake are not taken, however they are sent", async () => {
  const { connect, stanzas } = startHost();
  const component = await connect();
  component.say(componentHeader(name) + outgoing(`from='${name}' to='kim@acmewave.com'`));
  await until(component.isClosed);
  assert.match(component.heard(), /<not-authorized /);
  const flooding = await connect();
  flooding.say(componentHeader(name));
  flooding.say(" ".repeat(10_000));
  await until(flooding.isClosed);
  assert.match(flooding.heard(), /<policy-violation /);
  assert.deepEqual(stanzas, []);
});

test("XEP-0114 §3: a `from` of another domain ends the stream with invalid-from; none at all is told", async () => {
  const { attach, stanzas, statuses } = startHost();
  for (const from of ["kim@acmewave.com", "example.com", `kim@sub.${name}`, "", "@", `"@${name}`]) {
    const component = await attach();
    component.say(outgoing(`from='${from.replace('"', "&quot;")}' to='kim@acmewave.com'`));
    await until(component.isClosed);
    assert.match(
      component.heard(),
      /<invalid-from [^>]*\/><\/stream:error><\/stream:stream>$/,
      from,
    );
  }
  assert.equal(statuses.at(-1)?.lastError?.code, "hosted.invalid_from");
  const component = await attach();
  component.say(outgoing(`from='lobby@${name}' id='no-to'`));
  component.say(outgoing(`to='kim@acmewave.com' id='no-from'`));
  component.say(outgoing(`from='lobby@${name}' type='error' id='silent'`));
  component.say(outgoing(`from='lobby@${name}' to='kim@acmewave.com' id='good'`));
  await until(() => stanzas.length === 1 && ids(component).length === 2);
  assert.deepEqual(ids(component), ["no-to", "no-from"]);
  assert.match(
    component.heard(),
    /id="no-to" to="lobby@rooms\.example\.com"><error type="modify"><bad-request/,
  );
  assert.equal(component.isClosed(), false);
});

test("a stanza that is too large gets policy-violation, and the stream lives on", async () => {
  const { attach, stanzas, refused } = startHost({ limits: { maxStanzaBytes: 20_000 } });
  const component = await attach();
  const body = "x".repeat(100_000);
  component.say(
    `<iq type='set' id='big' from='lobby@${name}' to='kim@acmewave.com'><x xmlns='urn:x'>${body}</x></iq>`,
  );
  component.say(outgoing(`from='lobby@${name}' to='kim@acmewave.com' id='small'`));
  await until(() => stanzas.length === 1);
  assert.equal(refused[0]?.attributes["id"], "big");
  await until(() => component.heard().includes("policy-violation"));
  assert.match(component.heard(), /<iq type="error" id="big"/);
});

test("silence before the handshake ends in time, and connections of one address are counted", async () => {
  const { connect, service } = startHost({
    limits: { negotiationMs: 1_500, closeMs: 50, maxWaitingPerAddress: 3 },
  });
  const silent = [await connect(), await connect(), await connect()];
  silent[1]?.say(componentHeader(name));
  const dribble = setInterval(() => silent[2]?.say(" "), 10);
  after(() => clearInterval(dribble));
  const refused = await connect();
  await until(refused.isClosed);
  assert.equal(refused.heard(), "");
  await until(() => silent.every((one) => one.isClosed()));
  assert.match(silent[0]?.heard() ?? "", /<connection-timeout /);
  // They see their end a moment before the host has counted it.
  const tryToAttach = async () => {
    const component = await connect();
    component.say(componentHeader(name));
    await until(() => component.streamId() !== null || component.isClosed());
    component.say(handshake(component.streamId() ?? "", secret));
    return component.streamId() !== null;
  };
  while (!(await tryToAttach()));
  await until(() => service.statuses()[0]?.instances === 1);
});

test("a new secret or a removed name ends the streams that were made with the old one", async () => {
  const { service, attach, connect, bounced } = startHost();
  const old = await attach();
  service.configure([{ linkId: "link-1", name, secret: "new" }]);
  await until(old.isClosed);
  assert.match(old.heard(), /<reset /);
  const renewed = await connect();
  await renewed.attach(name, "new");
  service.configure([{ linkId: "link-1", name, secret: "new" }]);
  assert.equal(service.statuses()[0]?.instances, 1, "nothing changed, nothing is ended");
  service.configure([]);
  await until(renewed.isClosed);
  assert.match(renewed.heard(), /<reset /);
  assert.equal(service.listening().port, null, "no name, no port");
  assert.deepEqual(bounced, []);
});

test("a port that is taken is told, tried again, and had when it is free", async () => {
  const blocker = createServer();
  await new Promise<void>((resolve) => void blocker.listen(0, "127.0.34.250", resolve));
  const bound = blocker.address();
  assert(bound !== null && typeof bound === "object");
  const { service, statuses } = startHost({
    address: { host: "127.0.34.250", port: bound.port },
    limits: { listenAgainMs: 20 },
  });
  await until(() => service.listening().problem !== null);
  assert.equal(service.listening().problem?.code, "hosted.port_in_use");
  assert.equal(statuses.at(-1)?.lastError?.code, "hosted.port_in_use");
  await new Promise((resolve) => void blocker.close(resolve));
  await until(() => service.listening().port === bound.port);
  assert.equal(service.listening().problem, null);
  assert.equal(service.statuses()[0]?.lastError, null);
  service.listenAt(null);
  assert.equal(service.statuses()[0]?.lastError?.code, "hosted.no_port");
});

test("XEP-0114 §4: off loopback there is no port without TLS, and no connection without it", async () => {
  const { service } = startHost({ address: { host: "0.0.0.0", port: 0 } });
  assert.equal(service.listening().problem?.code, "hosted.no_tls");
  assert.equal(service.listening().port, null);

  const lab = createCertificateLab();
  after(() => lab.close());
  const made = lab.issue({
    subject: "/CN=example.com",
    issuer: null,
    extensions: ["subjectAltName = DNS:example.com"],
  });
  let options: TLSSocketOptions | null = null;
  const secure = startHost({
    address: { host: "0.0.0.0", port: 0 },
    limits: { listenAgainMs: 20 },
    tls: () => options,
  });
  assert.equal(secure.service.statuses()[0]?.lastError?.code, "hosted.no_tls");
  options = { secureContext: createSecureContext({ key: made.keyPem, cert: made.pem }) };
  await until(() => secure.service.listening().port !== null);
  const stream = await attachComponent(
    {
      name,
      serverDomain: "example.com" as Domain,
      host: "127.0.34.2",
      port: secure.service.listening().port ?? 0,
      security: "tls",
      secret,
      extraRoots: [made.pem],
    },
    componentLimits,
    primitives,
    { onStanza: () => {}, onRefused: () => {} },
    new AbortController().signal,
  );
  assert("send" in stream, JSON.stringify(stream));
  assert.equal(secure.service.instances("link-1")[0]?.isEncrypted, true);
  await stream.close();
  const plain = await secure.connect();
  plain.say(componentHeader(name));
  await until(plain.isClosed);
  assert.doesNotMatch(plain.heard(), /stream/);
});

test("our own component class attaches with a secret beyond ASCII, sends and is sent to", async () => {
  const { service, host, stanzas } = startHost({}, [
    { linkId: "link-1", name, secret: "s€cret ü" },
  ]);
  await until(() => service.listening().port !== null);
  const got: XmlElement[] = [];
  const stream = await attachComponent(
    {
      name,
      serverDomain: "example.com" as Domain,
      host,
      port: service.listening().port ?? 0,
      security: "plain",
      secret: "s€cret ü",
    },
    componentLimits,
    primitives,
    { onStanza: (stanza) => void got.push(stanza), onRefused: () => {} },
    new AbortController().signal,
  );
  assert("send" in stream, JSON.stringify(stream));
  stream.send(outgoing(`from='lobby@${name}' to='kim@acmewave.com'`));
  service.deliver(name, message("1"));
  await until(() => stanzas.length === 1 && got.length === 1);
  await stream.close();
  await until(() => service.statuses()[0]?.instances === 0);
  assert.equal(service.statuses()[0]?.lastError, null, "a farewell is no error");
});

test("the shipped @xmpp/component attaches, answers a ping, sends, and understands a refusal", async () => {
  const { service, host, stanzas } = startHost({ limits: { idleMs: 50, keepaliveMs: 50 } });
  await until(() => service.listening().port !== null);
  const shipped = (domain: string, password: string, body: string) =>
    promisify(execFile)(
      process.execPath,
      [
        "-e",
        `const { component, xml } = require("@xmpp/component");
        const c = component({ service: "xmpp://${host}:${service.listening().port}", domain: "${domain}", password: "${password}" });
        c.on("error", (error) => { console.log("error", error.condition ?? error.message); process.exit(0); });
        setTimeout(() => process.exit(0), 5000);
        ${body}
        c.start().catch(() => {});`,
      ],
      { cwd: new URL("../../..", import.meta.url).pathname, timeout: 20_000 },
    );
  const { stdout } = await shipped(
    name,
    secret,
    `c.on("online", () => c.send(xml("message", { from: "lobby@${name}", to: "kim@acmewave.com" }, xml("body", {}, "hi"))));
     c.on("stanza", (stanza) => { if (stanza.is("iq")) { console.log("pinged"); setTimeout(() => c.stop().then(() => process.exit(0)), 100); } });`,
  );
  assert.match(stdout, /pinged/);
  assert.equal(stanzas.length, 1);
  assert.equal(stanzas[0]?.name, "message", "the answer to our ping is nobody else's business");
  const wrong = await shipped(name, "wrong", "");
  assert.match(wrong.stdout, /error not-authorized/);
  const unknown = await shipped("other.example.com", secret, "");
  assert.match(unknown.stdout, /error host-unknown/);
});

test("what is not XML as XMPP allows it ends an attached stream with its error, and the link says so", async () => {
  const { attach, statuses } = startHost({
    limits: { maxStanzaBytes: 50_000, ceilingBytes: 100_000 },
  });
  const cases: [string, string][] = [
    ["<message><body>&foo;</body></message>", "restricted-xml"],
    ["<!-- a comment -->", "restricted-xml"],
    ["<message></iq>", "not-well-formed"],
    ["<message to='\u0001'/>", "not-well-formed"],
    [`<message><body>${"x".repeat(200_000)}`, "policy-violation"],
  ];
  for (const [said, condition] of cases) {
    const component = await attach();
    component.say(said);
    await until(component.isClosed);
    assert.match(
      component.heard(),
      new RegExp(`<${condition} [^>]*/></stream:error>`),
      said.slice(0, 40),
    );
    await until(() => statuses.at(-1)?.instances === 0);
    assert.equal(statuses.at(-1)?.lastError?.code, "hosted.unreadable");
  }
  const broken = await attach();
  broken.say(new Uint8Array([0x3c, 0x6d, 0xc3, 0x28]));
  await until(broken.isClosed);
  assert.match(broken.heard(), /<unsupported-encoding /);
});

test("a component that only closes its half, or dies in the middle of a stanza, is gone at once", async () => {
  const { attach, service, stanzas } = startHost();
  const half = await attach();
  half.say("<message from='a@rooms.example.com' to='b@acmewave.com'><body>never en");
  half.socket.end();
  await until(() => service.statuses()[0]?.instances === 0);
  const dead = await attach();
  dead.say("<message from='a@rooms.example.com'");
  dead.socket.resetAndDestroy();
  await until(() => service.statuses()[0]?.instances === 0);
  assert.equal(service.statuses()[0]?.lastError?.code, "hosted.closed");
  assert.deepEqual(stanzas, []);
});

test("connections that say nothing, garbage, or stop halfway leave nothing behind, and one that is right gets in", async () => {
  const { connect, attach, service } = startHost({
    limits: { negotiationMs: 200, closeMs: 50, maxWaitingPerAddress: 1_000, maxWaiting: 1_000 },
  });
  const before = process.getActiveResourcesInfo().filter((one) => one === "TCPSocketWrap").length;
  const said = [
    "",
    "GET / HTTP/1.1\r\n\r\n",
    "<stream:stream xmlns='x",
    componentHeader(name),
    "\0\0\0",
  ];
  const crowd = await Promise.all(
    Array.from({ length: 300 }, async (_, index) => {
      const one = await connect();
      one.say(said[index % said.length] ?? "");
      if (index % 7 === 0) one.socket.destroy();
      return one;
    }),
  );
  const right = await attach();
  await until(() => crowd.every((one) => one.isClosed()));
  right.socket.destroy();
  await until(() => service.statuses()[0]?.instances === 0);
  await until(
    () =>
      process.getActiveResourcesInfo().filter((one) => one === "TCPSocketWrap").length <= before,
  );
});
