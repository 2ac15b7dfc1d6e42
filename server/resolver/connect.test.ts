import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startDeafListener } from "#testing/deaf-listener.ts";
import { closed, codeOf, createDialHarness, paramsOf } from "#testing/dial-harness.ts";
import {
  header,
  honest,
  offersLogin,
  offersTls,
  proceed,
  type Conversation,
} from "#testing/scripted-xmpp.ts";

const patient = { tcpMs: 1_000, phaseMs: 5_000, wholeMs: 20_000 };
const harness = createDialHarness("127.0.12.7", patient);
const { lab, root, leaf, credentials, judged, dial } = harness;
after(harness.stop);

test("RFC 6120 §5.4: STARTTLS to the features, with every phase, byte and line kept", async () => {
  const names: (string | null)[] = [];
  const done = await dial(async (talk) => {
    await honest("acme.example", credentials)(talk);
    names.push(talk.servername());
  });
  assert.equal(codeOf(done), "connected");
  assert.deepEqual(
    done.report.phases.map(({ name, status }) => `${name} ${status}`),
    ["tcp ok", "stream ok", "starttls ok", "tls ok", "restart ok", "certificate ok"],
  );
  assert.deepEqual(done.report.features, ["mechanisms", "dialback"]);
  assert.match(done.report.tls?.version ?? "", /^TLSv1\.[23]$/);
  assert.equal(done.report.tls?.servername, "acme.example");
  assert.deepEqual(judged.at(-1), { chain: 1, reference: "acme.example" });
  assert.ok(done.report.bytesSent > 300 && done.report.bytesReceived > 600);
  const lines = done.report.transcript.map(
    ({ direction, xml }) => `${direction} ${xml.slice(0, 22)}`,
  );
  assert.deepEqual(lines.slice(0, 4), [
    "out <?xml version='1.0'?><",
    'in <stream:stream xmlns="',
    "in <stream:features><star",
    'out <starttls xmlns="urn:i',
  ]);
  assert.ok(done.progress.length >= 5);
  await closed(done.server);
  assert.deepEqual(names, ["acme.example"], "RFC 7590 §3.5, XEP-0368 §3.6: SNI is the domain");
});

test("XEP-0368 §3: direct TLS with SNI of the domain and ALPN xmpp-server", async () => {
  let alpn: unknown = null;
  const done = await dial(async (talk) => {
    const script = honest("acme.example", { ...credentials, alpn: ["xmpp-server"] }, true);
    const whole = script(talk);
    await talk.heard("<stream:stream");
    alpn = talk.alpn();
    await whole;
  }, "direct_tls");
  assert.equal(codeOf(done), "connected");
  assert.equal(done.report.tls?.alpn, "xmpp-server");
  assert.equal(alpn, "xmpp-server");
  assert.deepEqual(
    done.report.phases.map(({ name }) => name),
    ["tcp", "tls", "stream", "certificate"],
  );
});

test("the chain is kept as it was sent, in its order, unrelated certificates too", async () => {
  const stranger = lab.issue({ subject: "/CN=Stranger", issuer: null });
  const done = await dial(
    honest("acme.example", { key: leaf.keyPem, cert: leaf.pem + stranger.pem + root.pem }),
  );
  assert.deepEqual(
    done.chain.map((der) => Buffer.from(der).toString("base64")),
    [leaf, stranger, root].map((each) => Buffer.from(each.der).toString("base64")),
  );
});

test("no certificate makes the TLS layer refuse: it is judged instead", async () => {
  const own = lab.issue({
    subject: "/CN=nobody.example",
    issuer: null,
    notBefore: new Date(0),
    notAfter: new Date(86_400_000),
  });
  const done = await dial(honest("acme.example", { key: own.keyPem, cert: own.pem }));
  assert.equal(codeOf(done), "connected");
});

test("direct TLS to a port that speaks plain XMPP -> tls.handshake", async () => {
  const done = await dial((talk) => talk.say(header("acme.example") + offersLogin), "direct_tls");
  assert.equal(codeOf(done), "tls.handshake");
  assert.match(String(paramsOf(done)["alert"]), /wrong version number|packet length|record/);
});

test("a peer whose terms put up with it is connected to without TLS, which is said", async () => {
  const plain = (talk: Conversation) => talk.say(`${header("acme.example")}<stream:features/>`);
  const done = await dial(plain, "starttls", undefined, "preferred");
  assert.ok(done.outcome.kind === "connected");
  assert.equal(done.outcome.notes[0]?.code, "tls.not_offered");
  assert.equal(done.report.certificate, null);
  const offered = await dial(
    honest("acme.example", credentials),
    "starttls",
    undefined,
    "preferred",
  );
  assert.ok(offered.outcome.kind === "connected" && offered.outcome.notes.length === 0);
});

test("RFC 6120 §5.4.3.1: a server that wants our certificate has been reached, and that is said", async () => {
  const done = await dial(async (talk) => {
    talk.say(header("acme.example") + offersTls);
    await talk.heard("<starttls");
    talk.say(proceed);
    await talk.secure(credentials);
    await talk.heard("<stream:stream");
    const error = "<not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>";
    talk.say(`${header("acme.example")}<stream:error>${error}</stream:error></stream:stream>`);
  });
  assert.ok(done.outcome.kind === "connected", JSON.stringify(done.outcome));
  assert.equal(done.outcome.notes[0]?.code, "stream.certificate_wanted");
  assert.equal(done.report.certificate?.reference, "acme.example");
});

test("nobody listens -> tcp.refused", async () => {
  assert.equal(codeOf(await dial({ address: "127.0.12.7", port: 9 })), "tcp.refused");
});

test("nobody answers -> tcp.timeout after the time-out of TCP", async () => {
  const deaf = await startDeafListener("127.0.12.7");
  const done = await dial({ address: "127.0.12.7", port: deaf.port });
  deaf.stop();
  assert.equal(codeOf(done), "tcp.timeout");
  assert.equal(paramsOf(done)["seconds"], 1);
});

test("no route -> tcp.unreachable with the errno", async () => {
  // TCP has no route to a multicast address on any machine.
  for (const address of ["224.0.0.1", "ff02::1"]) {
    const done = await dial({ address, port: 5269 });
    assert.equal(codeOf(done), "tcp.unreachable");
    assert.equal(paramsOf(done)["errno"], "ENETUNREACH");
  }
});

test("an aborted dial ends at once as stopped and closes its socket", async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 50);
  const done = await dial(() => {}, "starttls", controller.signal);
  assert.equal(codeOf(done), "stopped");
  assert.ok(done.tookMs < 4_000);
  await closed(done.server);
});
