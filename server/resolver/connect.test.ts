import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { after, test } from "node:test";
import type { DialReport, Security } from "#protocol/resolution/evidence.ts";
import { createCertificateLab } from "#testing/certificate-lab.ts";
import {
  header,
  honest,
  offersLogin,
  offersTls,
  proceed,
  startScriptedXmpp,
  type Conversation,
  type ScriptedXmpp,
} from "#testing/scripted-xmpp.ts";
import { systemClock } from "./clock.ts";
import { createConnector, type CertificateJudge } from "./connect.ts";
import type { TlsPolicy } from "./stream-probe.ts";

const lab = createCertificateLab();
const root = lab.issue({ subject: "/CN=Root", issuer: null });
const leaf = lab.issue({
  subject: "/CN=acme.example",
  issuer: root,
  extensions: ["subjectAltName = DNS:acme.example"],
});
const credentials = { key: leaf.keyPem, cert: leaf.pem };
const running: ScriptedXmpp[] = [];
after(async () => {
  for (const server of running) await server.stop();
  lab.close();
});

const judged: { chain: number; reference: string }[] = [];
const judge: CertificateJudge = {
  judge({ chain, reference }) {
    judged.push({ chain: chain.length, reference });
    return Promise.resolve({
      reference,
      chain: [],
      trusted: true,
      nameMatch: reference,
      findings: [],
    });
  },
};
const timeouts = { tcpMs: 300, phaseMs: 300, wholeMs: 2_000 };

async function dial(
  script: ((talk: Conversation) => Promise<void> | void) | { address: string; port: number },
  security: Security = "starttls",
  signal = new AbortController().signal,
  tls: TlsPolicy = "required",
) {
  const server =
    typeof script === "function" ? await startScriptedXmpp("127.0.12.7", script) : null;
  if (server !== null) running.push(server);
  const place = server ?? (script as { address: string; port: number });
  const connector = createConnector({ judge, clock: systemClock, timeouts });
  const progress: DialReport[] = [];
  const startedAt = performance.now();
  const done = await connector.dial(
    {
      kind: "dial",
      domain: "acme.example",
      address: place.address,
      family: place.address.includes(":") ? 6 : 4,
      candidate: {
        host: "xmpp.acme.example",
        port: place.port,
        security,
        origin: "srv",
        priority: 1,
        weight: 0,
        draw: null,
      },
    },
    { from: "wave.example.com", tls, signal, onProgress: (report) => progress.push(report) },
  );
  return { ...done, progress, server, tookMs: performance.now() - startedAt };
}
const code = (done: Awaited<ReturnType<typeof dial>>) =>
  done.outcome.kind === "failed" ? done.outcome.note.code : done.outcome.kind;
const params = (done: Awaited<ReturnType<typeof dial>>) =>
  done.outcome.kind === "failed" ? done.outcome.note.params : {};

test("RFC 6120 §5.4: STARTTLS to the features, with every phase, byte and line kept", async () => {
  const names: (string | null)[] = [];
  const done = await dial(async (talk) => {
    await honest("acme.example", credentials)(talk);
    names.push(talk.servername());
  });
  assert.equal(code(done), "connected");
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
  assert.equal(code(done), "connected");
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
  assert.equal(code(done), "connected");
});

const slow = async (talk: Conversation, text: string) => {
  for (const character of text) {
    if (talk.socket.destroyed) return;
    talk.say(character);
    await talk.wait(20);
  }
};
const deep = `${"<a>".repeat(20_000)}`;
const failures: [
  string,
  string,
  (talk: Conversation) => Promise<void> | void,
  Record<string, unknown>?,
][] = [
  ["garbage", "stream.not_xmpp", (talk) => talk.say(Buffer.from([0, 1, 2, 255, 254, 10, 13, 60]))],
  [
    "HTTP",
    "stream.not_xmpp",
    (talk) => talk.say("HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n"),
    { firstBytes: "HTTP/1.1 400 Bad Request" },
  ],
  ["an SMTP greeting", "stream.not_xmpp", (talk) => talk.say("220 mail.example ESMTP\r\n")],
  ["an HTML page", "stream.not_xmpp", (talk) => talk.say("<!DOCTYPE html><html>")],
  ["nothing", "stream.timeout", () => {}, { phase: "stream" }],
  [
    "a header and then nothing",
    "stream.timeout",
    (talk) => talk.say(header("acme.example")),
    { phase: "stream" },
  ],
  [
    "one byte after another, slowly",
    "stream.timeout",
    (talk) => slow(talk, header("acme.example") + offersTls),
    { phase: "stream" },
  ],
  [
    "endless spaces",
    "stream.timeout",
    async (talk) => {
      talk.say(header("acme.example"));
      while (!talk.socket.destroyed) {
        talk.say(" ");
        await talk.wait(5);
      }
    },
  ],
  [
    "an endless header",
    "stream.not_xmpp",
    async (talk) => {
      talk.say("<stream:stream ");
      for (let i = 0; !talk.socket.destroyed && i < 400; i += 1) {
        talk.say(`a${i}='${"x".repeat(1_000)}' `);
        await talk.wait(0);
      }
    },
  ],
  [
    "20 000 levels of nesting",
    "stream.invalid",
    (talk) => talk.say(header("acme.example") + deep),
    { condition: "policy-violation" },
  ],
  [
    "a document type",
    "stream.invalid",
    (talk) => talk.say(`${header("acme.example")}<!DOCTYPE x>`),
  ],
  [
    "entities",
    "stream.invalid",
    (talk) => talk.say(`${header("acme.example")}<x>&lol;</x>`),
    { condition: "not-well-formed" },
  ],
  [
    "bytes that are not UTF-8",
    "stream.invalid",
    (talk) =>
      talk.say(
        Buffer.concat([
          Buffer.from(header("acme.example")),
          Buffer.from([60, 120, 62, 0xc3, 0x28]),
        ]),
      ),
  ],
  [
    "host-unknown",
    "stream.host_unknown",
    (talk) =>
      talk.say(
        `${header("")}<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>`,
      ),
    { domain: "acme.example", host: "xmpp.acme.example" },
  ],
  [
    "a policy error",
    "stream.policy",
    (talk) =>
      talk.say(
        `${header("acme.example")}<stream:error><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>go away</text></stream:error></stream:stream>`,
      ),
    { condition: "policy-violation", text: "go away" },
  ],
  [
    "a close without a word",
    "stream.closed",
    (talk) => void talk.socket.end(),
    { phase: "stream" },
  ],
  ["a reset", "stream.closed", (talk) => void talk.socket.resetAndDestroy()],
  [
    "features without STARTTLS",
    "tls.not_offered",
    (talk) => talk.say(`${header("acme.example")}<stream:features/>`),
  ],
  ["a server before XMPP 1.0", "tls.not_offered", (talk) => talk.say(header("acme.example", ""))],
  [
    "a refused STARTTLS",
    "tls.not_offered",
    async (talk) => {
      talk.say(header("acme.example") + offersTls);
      await talk.heard("<starttls");
      talk.say("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>");
    },
  ],
  [
    "no answer to STARTTLS",
    "stream.timeout",
    (talk) => talk.say(header("acme.example") + offersTls),
    { phase: "starttls" },
  ],
  [
    "stanzas injected behind proceed",
    "stream.invalid",
    async (talk) => {
      talk.say(header("acme.example") + offersTls);
      await talk.heard("<starttls");
      talk.say(`${proceed}<message xmlns='jabber:server'/>`);
    },
  ],
  [
    "no TLS after proceed",
    "tls.handshake",
    async (talk) => {
      talk.say(header("acme.example") + offersTls);
      await talk.heard("<starttls");
      talk.say(proceed);
      await talk.wait(20);
      talk.say("not a ServerHello at all, sorry");
    },
  ],
  [
    "silence in the TLS handshake",
    "tls.handshake",
    async (talk) => {
      talk.say(header("acme.example") + offersTls);
      await talk.heard("<starttls");
      talk.say(proceed);
    },
    { alert: "timeout" },
  ],
  [
    "TLS 1.0 at most",
    "tls.handshake",
    honest("acme.example", {
      ...credentials,
      minVersion: "TLSv1",
      maxVersion: "TLSv1.1",
      ciphers: "ALL:@SECLEVEL=0",
    }),
  ],
  [
    "silence after TLS",
    "stream.timeout",
    async (talk) => {
      talk.say(header("acme.example") + offersTls);
      await talk.heard("<starttls");
      talk.say(proceed);
      await talk.secure(credentials);
    },
    { phase: "restart" },
  ],
  [
    "a close in the TLS handshake",
    "tls.handshake",
    async (talk) => {
      talk.say(header("acme.example") + offersTls);
      await talk.heard("<starttls");
      talk.say(proceed);
      talk.socket.once("data", () => talk.socket.destroy());
    },
  ],
];
for (const [name, expected, script, wanted] of failures) {
  test(`a server that sends ${name} -> ${expected}, in time, and nothing stays open`, async () => {
    const done = await dial(script);
    assert.equal(code(done), expected, JSON.stringify(done.outcome));
    for (const [key, value] of Object.entries(wanted ?? {}))
      assert.equal(params(done)[key], value, key);
    assert.ok(done.tookMs < 1_500, String(done.tookMs));
    assert.ok(done.report.transcript.length <= 40);
    assert.equal(done.report.phases.at(-1)?.status, "failed");
    await closed(done.server);
  });
}

async function closed(server: ScriptedXmpp | null): Promise<void> {
  const until = performance.now() + 2_000;
  while ((server?.open() ?? 0) > 0) {
    assert.ok(performance.now() < until, "a connection stays open");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test("direct TLS to a port that speaks plain XMPP -> tls.handshake", async () => {
  const done = await dial((talk) => talk.say(header("acme.example") + offersLogin), "direct_tls");
  assert.equal(code(done), "tls.handshake");
  assert.match(String(params(done)["alert"]), /wrong version number|packet length|record/);
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
  assert.equal(code(await dial({ address: "127.0.12.7", port: 9 })), "tcp.refused");
});

test("nobody answers -> tcp.timeout after the time-out of TCP", async () => {
  // A listener that never accepts and whose queue is full, as a firewall that drops.
  const script =
    "const s = require('node:net').createServer(); s.listen({host: '127.0.12.7', port: 0, backlog: 1}, () => {" +
    "require('node:fs').writeSync(1, String(s.address().port)); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20000); })";
  const child = spawn(process.execPath, ["-e", script]);
  const fillers: Socket[] = [];
  try {
    const port = await new Promise<number>((resolve) => {
      child.stdout.once("data", (text: Buffer) => resolve(Number(text)));
    });
    for (let i = 0; i < 4; i += 1) {
      const socket = connect({ host: "127.0.12.7", port });
      socket.on("error", () => {});
      fillers.push(socket);
      await Promise.race([once(socket, "connect"), new Promise((r) => setTimeout(r, 100))]);
    }
    const done = await dial({ address: "127.0.12.7", port });
    assert.equal(code(done), "tcp.timeout");
    assert.equal(params(done)["seconds"], 0.3);
  } finally {
    for (const socket of fillers) socket.destroy();
    child.kill("SIGKILL");
  }
});

test("no route -> tcp.unreachable with the errno", async () => {
  // TCP has no route to a multicast address on any machine.
  for (const address of ["224.0.0.1", "ff02::1"]) {
    const done = await dial({ address, port: 5269 });
    assert.equal(code(done), "tcp.unreachable");
    assert.equal(params(done)["errno"], "ENETUNREACH");
  }
});

test("an aborted dial ends at once as stopped and closes its socket", async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 50);
  const done = await dial(() => {}, "starttls", controller.signal);
  assert.equal(code(done), "stopped");
  assert.ok(done.tookMs < 250);
  await closed(done.server);
});
