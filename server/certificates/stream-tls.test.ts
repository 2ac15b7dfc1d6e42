import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { createServer, type AddressInfo } from "node:net";
import { after, test } from "node:test";
import { connect, TLSSocket } from "node:tls";
import { createCertificateLab, type LabCertificate } from "#testing/certificate-lab.ts";
import { createStreamContext, streamTlsOptions } from "./stream-tls.ts";

const HOST = "127.0.35.10";
const lab = createCertificateLab();
after(() => lab.close());
const root = lab.root();
const first = lab.leaf(root, "first.example", { key: "rsa:2048" });
const second = lab.leaf(root, "second.example");
const stranger = lab.issue({ subject: "/CN=stranger.example", issuer: null });

const context = (one: LabCertificate) =>
  createStreamContext({ key: one.keyPem, cert: one.pem + root.pem });
const contexts = new Map([["second.example", context(second)]]);
const fallback = context(first);

interface Seen {
  readonly chainLength: number;
  readonly alpn: string | false | null;
}

/** A listener that says hello, or is held open for the peer; `seen` has what each connection's TLS came to, in order. */
async function listen(security: "starttls" | "direct", isHeld = false) {
  const seen: Seen[] = [];
  const server = createServer((socket) => {
    const options = streamTlsOptions(security, fallback, (name) => contexts.get(name) ?? fallback);
    const secured = new TLSSocket(socket, options);
    secured.on("secure", () => {
      let chainLength = 0;
      for (let one = secured.getPeerX509Certificate(); one; one = one.issuerCertificate)
        chainLength++;
      seen.push({ chainLength, alpn: secured.alpnProtocol });
      if (!isHeld) secured.end("hello");
    });
    secured.on("error", () => socket.destroy());
    secured.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  after(() => new Promise((resolve) => server.close(resolve)));
  return { port: (server.address() as AddressInfo).port, seen };
}

const direct = await listen("direct");
const starttls = await listen("starttls");

/** What `openssl s_client` prints, whether or not it came to an end that it likes. */
function dial(port: number, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const child = execFile(
      "openssl",
      ["s_client", "-connect", `${HOST}:${port}`, "-ign_eof", ...args],
      { timeout: 20_000 },
      (_, stdout, stderr) => resolve(stdout + stderr),
    );
    child.stdin?.end();
  });
}
const subjectIn = (output: string) => /^subject=.*?CN ?= ?(\S+)$/m.exec(output)?.[1] ?? null;
const isSecured = (output: string) => /^(New|Reused), TLSv1/m.test(output);

test("RFC 6066 §3: the name in SNI picks the certificate; without a name, or with another, comes the fallback", async () => {
  for (const [args, expected] of [
    [["-servername", "second.example"], "second.example"],
    [["-servername", "other.example"], "first.example"],
    [["-noservername"], "first.example"],
  ] as const) {
    const output = await dial(direct.port, args);
    assert.equal(subjectIn(output), expected, output);
    assert.match(output, /hello/);
  }
});

test("RFC 9325 §3.1.1: TLS 1.2 and 1.3, and none before", async () => {
  for (const version of ["-tls1_2", "-tls1_3"])
    assert(isSecured(await dial(direct.port, [version])), version);
  for (const version of ["-tls1", "-tls1_1"]) {
    const output = await dial(direct.port, [version, "-cipher", "ALL:@SECLEVEL=0"]);
    assert.match(output, /alert protocol version|unsupported protocol/, version);
    assert(!isSecured(output));
  }
});

test("RFC 9325 §4.2: of all suites of TLS 1.2 only ephemeral ones with authenticated encryption are taken, the strongest first", async () => {
  const takenFor = async (name: string) => {
    const taken: string[] = [];
    for (;;) {
      const left = ["ALL", "COMPLEMENTOFALL", ...taken.map((one) => `!${one}`), "@SECLEVEL=0"];
      const output = await dial(direct.port, [
        ...["-tls1_2", "-servername", name, "-cipher", left.join(":")],
      ]);
      const suite = /^New, TLSv1\.2, Cipher is (\S+)$/m.exec(output)?.[1];
      if (suite === undefined) return taken;
      taken.push(suite);
    }
  };
  const suites = (key: string) => [
    `ECDHE-${key}-AES256-GCM-SHA384`,
    `ECDHE-${key}-CHACHA20-POLY1305`,
    `ECDHE-${key}-AES128-GCM-SHA256`,
  ];
  assert.deepEqual(await takenFor("first.example"), suites("RSA"));
  assert.deepEqual(await takenFor("second.example"), suites("ECDSA"));
});

test("RFC 6120 §5.4.3.1: the peer's certificate is asked for, and none, a strange and a trusted one all come through", async () => {
  for (const [args, chainLength] of [
    [[], 0],
    [["-cert", stranger.certificateFile, "-key", stranger.keyFile], 1],
    [
      [
        "-cert",
        second.certificateFile,
        "-key",
        second.keyFile,
        "-cert_chain",
        root.certificateFile,
      ],
      2,
    ],
  ] as const)
    for (const version of ["-tls1_2", "-tls1_3"]) {
      const output = await dial(starttls.port, [...args, version]);
      assert(isSecured(output), output);
      assert.match(output, /Client Certificate Types|Requested Signature Algorithms/);
      assert.equal(starttls.seen.at(-1)?.chainLength, chainLength, version);
    }
});

test("XEP-0178 §3: no session is resumed, by ticket or by id, so that each shows its certificates", async () => {
  const again = await dial(direct.port, ["-tls1_2", "-reconnect"]);
  assert.equal(again.match(/^New, TLSv1\.2/gm)?.length, 6, again);
  assert.doesNotMatch(again, /^Reused/m);
  const file = join(lab.directory, "session.pem");
  await dial(direct.port, ["-tls1_3", "-sess_out", file]);
  const resumed = await dial(direct.port, ["-tls1_3", "-sess_in", file]);
  assert.match(resumed, /^New, TLSv1\.3/m, resumed);
});

test("RFC 9325 §3.5: a peer cannot renegotiate, and with that change its certificate", async () => {
  const held = await listen("starttls", true);
  const socket = connect({
    host: HOST,
    port: held.port,
    maxVersion: "TLSv1.2",
    rejectUnauthorized: false,
    timeout: 10_000,
  });
  const failure = await new Promise<unknown>((resolve) => {
    socket.once("error", resolve);
    socket.once("timeout", () => resolve("renegotiated, or not answered"));
    socket.once("secureConnect", () => {
      socket.renegotiate({ rejectUnauthorized: false }, (error) =>
        resolve(error ?? "renegotiated"),
      );
    });
  });
  socket.destroy();
  assert.match(String(failure), /no renegotiation/i);
});

test("XEP-0368 §2: direct TLS answers the ALPN of servers and refuses that of clients; after STARTTLS there is none", async () => {
  await dial(direct.port, ["-alpn", "h2,xmpp-server"]);
  assert.equal(direct.seen.at(-1)?.alpn, "xmpp-server");
  assert.match(await dial(direct.port, ["-alpn", "xmpp-client"]), /no application protocol/);
  await dial(direct.port, []);
  assert.equal(direct.seen.at(-1)?.alpn, false);
  await dial(starttls.port, ["-alpn", "xmpp-server"]);
  assert.equal(starttls.seen.at(-1)?.alpn, false);
});
