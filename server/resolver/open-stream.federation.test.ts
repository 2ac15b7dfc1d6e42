import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { buildDialback, dialbackPrefix } from "#protocol/xmpp/dialback.ts";
import { element, type XmlElement } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { serialize } from "#protocol/xmpp/serialize.ts";
import { authorityLines, createCertificateLab } from "#testing/certificate-lab.ts";
import { createOpenerHarness, expectOpened, failureOf } from "#testing/opener-harness.ts";
import { type RealServer, startEjabberdHost, startProsodyHost } from "#testing/xmpp-servers.ts";
import type { OpenedStream } from "./opened-stream.ts";

// Streams opened to Debian's Prosody and ejabberd, and used after the hand-over.

const lab = createCertificateLab();
const root = lab.issue({ subject: "/CN=Root", issuer: null, extensions: authorityLines() });
const certificateFor = (name: string) =>
  lab.issue({
    subject: `/CN=${name}`,
    issuer: root,
    extensions: [`subjectAltName = DNS:${name}`, "extendedKeyUsage = serverAuth, clientAuth"],
  });
const acme = certificateFor("acme.example");
const mine = certificateFor("example.com");
const ours = { key: mine.keyPem, cert: mine.pem };
after(() => lab.close());

const directPort = 5270;
const hosts = {
  prosody: { start: startProsodyHost, address: "127.0.16.20", dns: "127.0.16.56", bare: [] },
  ejabberd: {
    start: startEjabberdHost,
    address: "127.0.16.21",
    dns: "127.0.16.57",
    // It offers EXTERNAL to one that shows no certificate, too.
    bare: ["EXTERNAL"],
  },
} as const;

for (const [name, { start, address, dns, bare }] of Object.entries(hosts)) {
  describe(name, () => {
    const harness = createOpenerHarness({ dns, server: address });
    let server: RealServer;
    before(async () => {
      const { certificateFile, keyFile } = acme;
      server = await start({
        address,
        domain: "acme.example",
        components: { "wave.acme.example": "secret" },
        s2s: { certificateFile, keyFile, rootFile: root.certificateFile, directPort },
      });
    });
    after(async () => {
      await harness.stop();
      await server.stop();
    });
    const places = {
      starttls: { "SRV _xmpp-server._tcp.acme.example": ["0 0 5269 xmpp.acme.example"] },
      direct: { "SRV _xmpps-server._tcp.acme.example": [`0 0 ${directPort} xmpp.acme.example`] },
    };
    const openBy = (way: keyof typeof places, credentials: typeof ours | null) =>
      harness.open(
        { ...places[way], "A xmpp.acme.example": [address] },
        { request: { credentials } },
      );

    for (const way of ["starttls", "direct"] as const) {
      test(`RFC 6120 §6, XEP-0178: a stream by ${way} logs in by EXTERNAL after the hand-over`, async () => {
        const stream = expectOpened(await openBy(way, ours));
        assert.ok(stream.state.isSecured);
        assert.equal(Buffer.from(stream.chain[0] ?? []).equals(Buffer.from(acme.der)), true);
        assert.deepEqual(stream.state.features.mechanisms, ["EXTERNAL"]);
        const said = answers(stream);
        stream.socket.write(
          serialize(element("auth", ns.sasl, { mechanism: "EXTERNAL" }, ["ZXhhbXBsZS5jb20="])),
        );
        assert.equal((await said()).name, "success");
        stream.socket.destroy();
      });

      test(`XEP-0220: a stream by ${way} without a certificate is offered dialback and answers to it`, async () => {
        const stream = expectOpened(await openBy(way, null));
        assert.equal(stream.state.features.dialback, true);
        assert.deepEqual(stream.state.features.mechanisms, bare);
        const said = answers(stream);
        // No key of ours can be verified here: what matters is that the stream is read and answered.
        const pair = { from: "example.com", to: "acme.example" };
        const verify = buildDialback({ kind: "verify_request", ...pair, id: "1", key: "0" });
        // COMPAT(ejabberd 23.01): it knows dialback by its prefix only.
        stream.socket.write(serialize(verify, { prefixes: dialbackPrefix }));
        const answer = await said();
        assert.deepEqual([answer.name, answer.attributes["type"]], ["verify", "invalid"]);
        stream.socket.destroy();
      });
    }
  });
}

describe("openssl s_server", () => {
  test("RFC 8446 §4.4.2.4: a refusal of our certificate comes after the handshake, and is told as the alert", async () => {
    const harness = createOpenerHarness({ dns: "127.0.16.58", server: "127.0.16.22" });
    const other = lab.issue({ subject: "/CN=Other", issuer: null, extensions: authorityLines() });
    const child = startTlsServer("127.0.16.22:5270", other.certificateFile);
    try {
      await once(child, "spawn");
      await listening(child);
      const end = await harness.open(
        {
          "SRV _xmpps-server._tcp.acme.example": ["0 0 5270 xmpp.acme.example"],
          "A xmpp.acme.example": ["127.0.16.22"],
        },
        { request: { credentials: ours, minTls: "TLSv1.3" } },
      );
      assert.equal(failureOf(end), "remote-server-timeout auth.external_rejected");
      assert.ok(end.kind === "failed");
      assert.match(String(end.finding.params["text"]), /unknown ca/);
    } finally {
      child.kill();
      await harness.stop();
    }
  });
});

function startTlsServer(place: string, rootFile: string): ChildProcess {
  const options = ["-accept", place, "-cert", acme.certificateFile, "-key", acme.keyFile];
  return spawn(
    "openssl",
    ["s_server", ...options, "-Verify", "1", "-verify_return_error", "-CAfile", rootFile],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
}

async function listening({ stdout }: ChildProcess): Promise<void> {
  let text = "";
  assert.ok(stdout);
  while (!text.includes("ACCEPT")) {
    const [chunk] = (await once(stdout, "data")) as [Buffer];
    text += chunk.toString();
  }
  stdout.resume();
}

/** The elements that come after the hand-over, one by one. */
function answers(stream: OpenedStream): () => Promise<XmlElement> {
  const read: XmlElement[] = [];
  const take = (events: OpenedStream["unread"]) =>
    read.push(...events.flatMap((event) => (event.kind === "element" ? event.element : [])));
  take(stream.unread);
  stream.socket.on("data", (bytes: Buffer) => take(stream.reader.write(bytes)));
  stream.socket.resume();
  return async () => {
    while (read.length === 0)
      await Promise.race([once(stream.socket, "data"), once(stream.socket, "close")]);
    const next = read.shift();
    assert.ok(next);
    return next;
  };
}
