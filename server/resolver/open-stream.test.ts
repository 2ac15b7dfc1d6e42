import assert from "node:assert/strict";
import { TLSSocket } from "node:tls";
import { after, describe, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { serialize } from "#protocol/xmpp/serialize.ts";
import { createCertificateLab } from "#testing/certificate-lab.ts";
import {
  createOpenerHarness,
  expectOpened,
  failureOf,
  type OpenWish,
  untilOpen,
} from "#testing/opener-harness.ts";
import {
  header,
  honest,
  offersLogin,
  offersTls,
  proceed,
  type Conversation,
} from "#testing/scripted-xmpp.ts";
import { traceFor } from "#testing/trace-harness.ts";
import { startZone, type Zone } from "#testing/scripted-zone.ts";
import type { OpenedStream } from "./opened-stream.ts";

const harness = createOpenerHarness({ dns: "127.0.16.53", server: "127.0.16.7" });
const { listen, open, openTo } = harness;
const lab = createCertificateLab();
const root = lab.issue({ subject: "/CN=Root", issuer: null });
const credentialsFor = (name: string) => {
  const extensions = [`subjectAltName = DNS:${name}`];
  const leaf = lab.issue({ subject: `/CN=${name}`, issuer: root, extensions });
  return { key: leaf.keyPem, cert: leaf.pem + root.pem };
};
const acme = credentialsFor("acme.example");
const ours = credentialsFor("example.com");
after(async () => {
  await harness.stop();
  lab.close();
});

const zoneOf = (port: number) => ({
  [srv]: [`0 0 ${port} xmpp.acme.example`],
  "A xmpp.acme.example": ["127.0.16.7"],
});
const srv = "SRV _xmpp-server._tcp.acme.example";
const direct = "SRV _xmpps-server._tcp.acme.example";

/** STARTTLS up to the peer's features and `behind`, in one write cut in two at `cut`. */
const speaks = (behind: string, cut = Infinity, later = "") => {
  return async (talk: Conversation) => {
    await talk.heard("<stream:stream");
    talk.say(header("acme.example") + offersTls);
    await talk.heard("<starttls");
    talk.say(proceed);
    await talk.secure(acme);
    await talk.heard("<stream:stream");
    const text = header("acme.example") + offersLogin + behind;
    talk.say(text.slice(0, cut));
    if (cut < text.length) {
      await talk.wait(5);
      talk.say(text.slice(cut));
    }
    if (later !== "") talk.say(later);
    talk.say("<x xmlns='last'/>");
  };
};

/** Everything behind the features, as whoever takes the stream over reads it, up to `<x xmlns="last">`. */
async function readOn(stream: OpenedStream): Promise<string[]> {
  const read: string[] = [];
  const events = [...stream.unread];
  let isDone = false;
  const take = () => {
    for (const event of events.splice(0)) {
      assert.ok(event.kind === "element", event.kind);
      read.push(serialize(event.element));
      isDone ||= event.element.namespace === "last";
    }
  };
  take();
  await new Promise<void>((resolve, reject) => {
    if (isDone) return resolve();
    stream.socket.on("data", (bytes: Buffer) => {
      events.push(...stream.reader.write(bytes));
      take();
      if (isDone) resolve();
    });
    stream.socket.once("close", () => reject(new Error("closed")));
    stream.socket.resume();
  });
  return read;
}

describe("the hand-over", () => {
  test("RFC 6120 §4.3: a stream at its features: who, where, with which TLS and chain", async () => {
    const headers: string[] = [];
    const before = Date.now();
    const { end, server } = await openTo(async (talk) => {
      headers.push(await talk.heard("<stream:stream"));
      talk.say(header("acme.example") + offersTls);
      await talk.heard("<starttls");
      talk.say(proceed);
      await talk.secure(acme);
      headers.push(await talk.heard("<stream:stream"), talk.servername() ?? "");
      talk.say(header("acme.example") + offersLogin);
    });
    const stream = expectOpened(end);
    assert.deepEqual([stream.state.phase, stream.state.deadline], ["ready", null]);
    assert.equal(stream.state.header?.from, "acme.example");
    assert.deepEqual(stream.state.features.mechanisms, ["EXTERNAL"]);
    assert.deepEqual(
      [stream.host, stream.address, stream.port],
      ["xmpp.acme.example", "127.0.16.7", server.port],
    );
    assert.match(stream.tls?.version ?? "", /^TLSv1\.[23]$/);
    assert.match(stream.tls?.cipher ?? "", /^TLS_/);
    assert.equal(stream.chain.length, 2);
    assert.ok(stream.startedMs >= before - 1 && stream.connectedMs >= stream.startedMs);
    assert.ok(stream.socket.isPaused() && stream.socket.listenerCount("data") === 0);
    assert.ok(stream.socket.listenerCount("error") > 0);
    for (const sent of headers.slice(0, 2))
      assert.match(sent, / from="example\.com" to="acme\.example"/);
    assert.equal(headers[2], "acme.example", "RFC 7590 §3.5: SNI is the domain");
    assert.deepEqual(stream.unread, []);
    stream.socket.destroy();
    await untilOpen(server, 0);
  });

  test("an open stream keeps nothing alive of how it was found and dialled", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const dials: WeakRef<object>[] = [];
    const { end, server } = await openTo(honest("acme.example", acme), {
      connector: (real) => ({
        open(work, options) {
          dials.push(new WeakRef(options.onProgress));
          return real.open(work, options);
        },
      }),
    });
    const stream = expectOpened(end);
    const until = performance.now() + 3_000;
    while (dials.some((dial) => dial.deref() !== undefined)) {
      assert.ok(performance.now() < until, "its dial is still there");
      await new Promise((resolve) => setTimeout(resolve, 10));
      collect();
    }
    assert.equal(dials.length, 1);
    assert.ok(stream.socket.listenerCount("error") > 0);
    stream.socket.destroy();
    await untilOpen(server, 0);
  });

  test("XEP-0368: a stream by direct TLS", async () => {
    const script = honest("acme.example", { ...acme, alpn: ["xmpp-server"] }, true);
    const { end } = await openTo(script, {}, "_xmpps-server");
    const stream = expectOpened(end);
    assert.ok(stream.state.isSecured && stream.socket instanceof TLSSocket);
    assert.equal(stream.socket.alpnProtocol, "xmpp-server");
    stream.socket.destroy();
  });

  test("not a byte behind the features is lost or doubled, wherever the write is cut", async () => {
    const behind = [
      '<a xmlns="x">é</a>',
      "<message xmlns='jabber:server' to='a@b'><body>1</body></message>",
      '<b xmlns="x"/>',
    ];
    const expected = [
      '<a xmlns="x">é</a>',
      '<message xmlns="jabber:client" to="a@b"><body>1</body></message>',
      '<b xmlns="x"/>',
      '<x xmlns="last"/>',
    ];
    const text = behind.join("");
    const features = header("acme.example").length + offersLogin.length;
    const cuts = Array.from({ length: 16 }, (_, i) => features - 4 + i * 8);
    await Promise.all(
      [...cuts, Infinity].map(async (cut) => {
        const server = await listen(speaks(text, cut));
        const stream = expectOpened(await open(zoneOf(server.port)));
        assert.deepEqual(await readOn(stream), expected, `cut at ${cut}`);
        stream.socket.destroy();
      }),
    );
  });

  test("what comes while nobody listens yet waits, a megabyte of it too", async () => {
    const stanza = `<message xmlns='jabber:server'><body>${"x".repeat(1_000)}</body></message>`;
    const { end } = await openTo(speaks("", Infinity, stanza.repeat(1_000)));
    const stream = expectOpened(end);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const read = await readOn(stream);
    assert.equal(read.length, 1_001);
    stream.socket.destroy();
  });

  test("a stream that the peer has ended meanwhile says so when it is listened to", async () => {
    const { end } = await openTo(async (talk) => {
      await speaks("")(talk);
      talk.socket.end("</stream:stream>");
    });
    const stream = expectOpened(end);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const ended = new Promise((resolve) => stream.socket.once("end", resolve));
    stream.socket.resume();
    await ended;
    stream.socket.destroy();
  });
});

describe("what we show and demand", () => {
  const asks = (shown: string[]) => async (talk: Conversation) => {
    await honest("acme.example", { ...acme, requestCert: true })({
      ...talk,
      secure: async (credentials) => {
        await talk.secure(credentials);
        assert.ok(talk.socket instanceof TLSSocket);
        shown.push(talk.socket.getPeerX509Certificate()?.subjectAltName ?? "none");
      },
    });
  };

  test("XEP-0178: our certificate is shown to a server that asks, and none without credentials", async () => {
    for (const [credentials, expected] of [
      [ours, "DNS:example.com"],
      [null, "none"],
    ] as const) {
      const shown: string[] = [];
      const { end } = await openTo(asks(shown), { request: { credentials } });
      expectOpened(end).socket.destroy();
      assert.deepEqual(shown, [expected]);
    }
  });

  test("a key that is not the certificate's is our own fault, and does not throw", async () => {
    const credentials = { key: ours.key, cert: acme.cert };
    const { end } = await openTo(honest("acme.example", acme), { request: { credentials } });
    assert.equal(failureOf(end), "remote-server-timeout internal");
  });

  test("a peer without TLS 1.3 where its terms demand it -> tls.handshake", async () => {
    const old = honest("acme.example", { ...acme, maxVersion: "TLSv1.2" });
    expectOpened((await openTo(old)).end).socket.destroy();
    const { end, server } = await openTo(old, { request: { minTls: "TLSv1.3" } });
    assert.equal(failureOf(end), "remote-server-timeout tls.handshake");
    await untilOpen(server, 0);
  });

  test("RFC 6120 §5.4: TLS required, preferred and never, against one that has it and one that has not", async () => {
    const plain = (talk: Conversation) => talk.say(`${header("acme.example")}<stream:features/>`);
    const offers = honest("acme.example", acme);
    const optional = async (talk: Conversation) => {
      talk.say(header("acme.example") + offersTls.replace("<required/>", "<optional/>"));
      talk.say("");
      await talk.heard("</stream:stream>");
    };
    const told = async (script: typeof offers, tls: "required" | "preferred" | "never") => {
      const { end } = await openTo(script, { request: { tls } });
      if (end.kind === "failed") return end.finding.code;
      end.socket.destroy();
      assert.equal(end.chain.length > 0, end.tls !== null);
      return end.tls === null ? "plain" : "tls";
    };
    assert.equal(await told(plain as typeof offers, "required"), "tls.not_offered");
    assert.equal(await told(plain as typeof offers, "preferred"), "plain");
    assert.equal(await told(plain as typeof offers, "never"), "plain");
    assert.equal(await told(offers, "preferred"), "tls");
    assert.equal(await told(offers, "never"), "stream.policy");
    assert.equal(await told(optional, "never"), "stream.policy");
  });

  test("RFC 6120 §3.2.3: a configured host and port win over DNS, by name and by address", async () => {
    const server = await listen(honest("acme.example", acme));
    const zone = { "A real.acme.example": ["127.0.16.7"], [srv]: ["0 0 1025 dead.acme.example"] };
    for (const host of ["real.acme.example", "127.0.16.7"]) {
      const override = { host, port: server.port };
      const stream = expectOpened(await open(zone, { request: { override } }));
      assert.deepEqual([stream.host, stream.address], [host, "127.0.16.7"]);
      stream.socket.destroy();
    }
  });
});

describe("failures", () => {
  const dead = { [srv]: ["0 0 1025 xmpp.acme.example"], "A xmpp.acme.example": ["127.0.16.7"] };
  const cases: readonly (readonly [string, string, Zone, OpenWish?])[] = [
    ["a name that does not exist", "remote-server-not-found dns.nxdomain", {}],
    ["a service that is refused", "remote-server-not-found srv.dot", { [srv]: ["0 0 0 ."] }],
    ["a broken zone", "remote-server-timeout dns.servfail", brokenZone("SERVFAIL")],
    [
      "name servers that are silent",
      "remote-server-timeout dns.timeout",
      brokenZone("silent"),
      { dnsTimeoutMs: 200 },
    ],
    ["nobody at the address", "remote-server-timeout tcp.refused", dead],
    [
      "a private address",
      "remote-server-timeout policy.private_addr",
      dead,
      { settings: { allowPrivateTargets: false } },
    ],
    ["an odd port", "remote-server-not-found policy.odd_port", { ...dead, [srv]: ["0 0 25 x.y"] }],
  ];
  for (const [name, expected, zone, wish] of cases)
    test(`${name} -> ${expected}, as a trace would say`, async () => {
      assert.equal(failureOf(await open(zone, wish)), expected);
      const dns = await startZone("127.0.16.54", zone);
      const trace = await traceFor("acme.example", {
        dns: [dns],
        reading: "strict",
        answers: { noSource: "link.none" },
        ...(wish?.settings === undefined ? {} : { settings: wish.settings }),
        dnsTimeoutMs: wish?.dnsTimeoutMs ?? 5_000,
      });
      await dns.stop();
      assert.equal(trace.headline?.code, expected.split(" ")[1]);
    });

  test("RFC 6120 §5.4.3.1: a server that wants a certificate of ours, when we have none to show", async () => {
    const script = async (talk: Conversation) => {
      await talk.heard("<stream:stream");
      talk.say(header("acme.example") + offersTls);
      await talk.heard("<starttls");
      talk.say(proceed);
      await talk.secure({ ...acme, requestCert: true });
      await talk.heard("<stream:stream");
      const error = "<not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>";
      talk.say(`${header("acme.example")}<stream:error>${error}</stream:error></stream:stream>`);
    };
    const bare = await openTo(script);
    assert.equal(failureOf(bare.end), "remote-server-timeout auth.no_sasl");
    const shown = await openTo(script, { request: { credentials: ours } });
    assert.equal(failureOf(shown.end), "remote-server-timeout auth.external_rejected");
    await untilOpen(bare.server, 0);
    await untilOpen(shown.server, 0);
  });

  test("a second record's server is taken when the first one's does not answer to the name", async () => {
    const unknown = "<host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>";
    const first = await listen((talk) =>
      talk.say(`${header("")}<stream:error>${unknown}</stream:error></stream:stream>`),
    );
    const second = await listen(honest("acme.example", acme));
    const zone = {
      [direct]: "SERVFAIL",
      [srv]: [`1 0 ${first.port} a.acme.example`, `2 0 ${second.port} b.acme.example`],
      "A a.acme.example": ["127.0.16.7"],
      "A b.acme.example": ["127.0.16.7"],
    } as const;
    const stream = expectOpened(await open(zone));
    assert.equal(stream.host, "b.acme.example");
    await untilOpen(first, 0);
    stream.socket.destroy();
  });
});

function brokenZone(value: "SERVFAIL" | "silent"): Zone {
  const name = "acme.example";
  return { [srv]: value, [direct]: value, [`A ${name}`]: value, [`AAAA ${name}`]: value };
}
