import assert from "node:assert/strict";
import { createServer as createTcpServer } from "node:net";
import { after, before, test } from "node:test";
import { connect } from "node:tls";
import { createServedProbe } from "#certificates/served.ts";
import { fingerprintOf } from "#certificates/x509.ts";
import {
  createCertificateLab,
  type CertificateLab,
  type LabCertificate,
} from "#testing/certificate-lab.ts";
import { createHttpsListener, type HttpsListener, type ServerKeyPair } from "./https-listener.ts";

const HOST = "127.0.13.20";
const xmpp = { places: () => [], dial: () => assert.fail("XMPP is not asked about") };
let lab: CertificateLab;
let root: LabCertificate;
before(() => {
  lab = createCertificateLab();
  root = lab.root();
});
const opened: HttpsListener[] = [];
after(async () => {
  for (const one of opened) await one.stop();
  lab.close();
});

function pair(one: LabCertificate): ServerKeyPair {
  return {
    id: one.pem,
    chainPem: one.pem,
    keyPem: one.keyPem,
    fingerprint: fingerprintOf(one.der),
  };
}

/** A listener over a source of certificates that the test sets, closed at its end. */
function listener(options: { port?: number | null; source: () => Promise<ServerKeyPair | null> }) {
  const log: string[] = [];
  const write = (...args: unknown[]) => void log.push(JSON.stringify(args));
  let listeners: ((resource: string) => void)[] = [];
  const https = createHttpsListener({
    port: options.port === undefined ? 0 : options.port,
    host: HOST,
    keyPair: options.source,
    onChange: (heard) => {
      listeners.push(heard);
      return () => (listeners = listeners.filter((one) => one !== heard));
    },
    logger: { info: write, warn: write, error: write },
  });
  opened.push(https);
  return {
    https,
    log,
    listeners: () => listeners,
    tell: (resource: string) => listeners.forEach((heard) => heard(resource)),
  };
}
const answer = (_request: unknown, response: { end: (text: string) => void }) =>
  response.end("hello");

test("without HTTPS_PORT there is no listener and no complaint", async () => {
  const { https, log } = listener({ port: null, source: () => assert.fail("asked") });
  await https.start(answer);
  await https.reload();
  assert.deepEqual([https.state().state, log], ["off", []]);
  await https.stop();
});

test("a port that is taken ends the start, with the variable's name", async () => {
  const taken = createTcpServer();
  await new Promise<void>((resolve) => taken.listen(0, HOST, resolve));
  const { port } = taken.address() as { port: number };
  const { https } = listener({ port, source: async () => pair(lab.leaf(root, "a.example")) });
  await assert.rejects(https.start(answer), new Error(`HTTPS_PORT ${port}: EADDRINUSE`));
  assert.deepEqual([https.state().state, https.state().detail], ["failed", "EADDRINUSE"]);
  await https.stop();
  taken.close();
});

test("a port that is taken when the first certificate comes is told, and tried again with the next change", async () => {
  const taken = createTcpServer();
  await new Promise<void>((resolve) => taken.listen(0, HOST, resolve));
  const { port } = taken.address() as { port: number };
  let current: ServerKeyPair | null = null;
  const { https } = listener({ port, source: async () => current });
  await https.start(answer);
  assert.equal(https.state().state, "waiting");
  current = pair(lab.leaf(root, "a.example"));
  await https.reload();
  assert.deepEqual([https.state().state, https.state().detail], ["failed", "EADDRINUSE"]);
  await new Promise((resolve) => taken.close(resolve));
  await https.reload();
  assert.deepEqual([https.state().state, https.state().detail], ["serving", null]);
  await https.stop();
});

test("a certificate that cannot be had or used leaves the old one in service", async () => {
  const good = pair(lab.leaf(root, "a.example"));
  let source: () => Promise<ServerKeyPair | null> = async () => good;
  const { https, log } = listener({ source: () => source() });
  await https.start(answer);
  for (const [bad, detail] of [
    [() => Promise.reject(new Error("database away")), "database away"],
    [async () => ({ ...good, id: "x", keyPem: lab.leaf(root, "b.example").keyPem }), /mismatch/],
    [async () => ({ ...good, id: "y", chainPem: "garbage" }), /PEM/i],
  ] as const) {
    source = bad;
    await https.reload();
    assert.equal(https.state().state, "serving");
    assert.match(https.state().detail ?? "", new RegExp(detail));
    assert.equal(await seen(https), good.fingerprint);
  }
  assert.equal(
    log.some((line) => line.includes("PRIVATE KEY")),
    false,
  );
  source = async () => good;
  await https.reload();
  assert.equal(https.state().detail, null, "a good answer clears the complaint");
  await https.stop();
});

test("reloads come one after another, and the last one counts", async () => {
  const [a, b] = [pair(lab.leaf(root, "a.example")), pair(lab.leaf(root, "b.example"))];
  const gates: ((value: ServerKeyPair) => void)[] = [];
  let isFirst = true;
  const { https, tell } = listener({
    source: () => {
      if (isFirst) {
        isFirst = false;
        return Promise.resolve(a);
      }
      return new Promise((resolve) => gates.push(resolve));
    },
  });
  await https.start(answer);
  tell("certificates");
  tell("certificates/x");
  const last = https.reload();
  for (const value of [b, a, b]) {
    while (gates.length === 0) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(gates.length, 1, "never two at once");
    gates.pop()?.(value);
  }
  await last;
  assert.equal(await seen(https), b.fingerprint);
  await https.stop();
});

test("after the stop nothing listens, changes are not heard, and open connections do not hold it", async () => {
  const { https, listeners } = listener({ source: async () => pair(lab.leaf(root, "a.example")) });
  await https.start(answer);
  const socket = connect({ host: HOST, port: https.state().port ?? 0, rejectUnauthorized: false });
  await new Promise((resolve) => socket.once("secureConnect", resolve));
  socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  await new Promise((resolve) => socket.once("data", resolve));
  const closed = new Promise((resolve) => socket.once("close", resolve));
  const started = performance.now();
  await Promise.all([https.stop(), closed]);
  assert(performance.now() - started < 4000, "an idle connection is closed at once");
  assert.deepEqual(listeners(), []);
  await assert.rejects(seen(https));
});

test("TLS 1.1 is not spoken", async () => {
  const { https } = listener({ source: async () => pair(lab.leaf(root, "a.example")) });
  await https.start(answer);
  await assert.rejects(seen(https, { minVersion: "TLSv1.1", maxVersion: "TLSv1.1" }));
  await https.stop();
});

test("cert.not_served and cert.served_old: dialled at the listener and at PUBLIC_URL", async () => {
  const ours = pair(lab.leaf(root, "a.example"));
  const proxys = pair(lab.leaf(root, "proxy.example"));
  const { https } = listener({ source: async () => ours });
  const proxy = listener({ source: async () => proxys }).https;
  await https.start(answer);
  await proxy.start(answer);
  const stored = { title: "a.example", fingerprint: ours.fingerprint };
  const probe = (publicUrl: string) =>
    createServedProbe({ host: HOST, https: https.state, publicUrl, xmpp }).https(stored);
  const [direct, front] = await probe(`https://${HOST}:${proxy.state().port}/`);
  assert.deepEqual([direct?.place, direct?.message], ["listener", null]);
  assert.deepEqual(
    [front?.place, front?.fingerprint, front?.message?.code, front?.message?.severity],
    ["public_url", proxys.fingerprint, "cert.served_old", "warning"],
  );
  assert.deepEqual(front?.message?.params, {
    domain: "a.example",
    place: `${HOST}:${proxy.state().port}`,
    stored: ours.fingerprint,
    served: proxys.fingerprint,
  });
  const proxyPort = proxy.state().port;
  await proxy.stop();
  const [, gone] = await probe(`https://${HOST}:${proxyPort}/`);
  assert.deepEqual(
    [gone?.message?.code, gone?.message?.params["reason"]],
    ["cert.not_served", "ECONNREFUSED"],
  );
  assert.equal(
    (await probe("http://plain.example/")).length,
    1,
    "a plain PUBLIC_URL has no certificate",
  );
  await https.stop();
});

test("a place that accepts and says nothing, or speaks something else, ends the dial", async () => {
  const mute = createTcpServer((socket) =>
    socket.on("error", () => {}).write("HTTP/1.1 400 Bad Request\r\n\r\n"),
  );
  await new Promise<void>((resolve) => mute.listen(0, HOST, resolve));
  const { port } = mute.address() as { port: number };
  const off = () => ({ state: "off" as const, port: null, fingerprint: null, detail: null });
  const [found] = await createServedProbe({
    host: HOST,
    https: off,
    publicUrl: `https://${HOST}:${port}`,
    xmpp,
  }).https({ title: "x", fingerprint: "y" });
  assert.equal(found?.message?.code, "cert.not_served");
  mute.close();
});

test("XMPP: each port that answers for a name is asked, and says when it serves another, or none", async () => {
  const leaf = lab.leaf(root, "wave.a.example");
  const wanted = pair(leaf);
  const other = lab.leaf(root, "b.example");
  const places = [
    { address: "::", port: 5269, security: "starttls" },
    { address: "192.0.2.1", port: 5299, security: "direct" },
    { address: "2001:db8::1", port: 5298, security: "direct" },
  ] as const;
  const probe = createServedProbe({
    ...{ host: HOST, publicUrl: null },
    https: () => assert.fail("HTTPS is not asked about"),
    xmpp: {
      places: (name) => (name === "wave.a.example" ? places : []),
      async dial({ port }, name) {
        assert.equal(name, "wave.a.example");
        if (port === 5298) return { reason: "connect.refused" };
        return port === 5269 ? leaf.der : other.der;
      },
    },
  });
  const found = await probe.xmpp(["wave.a.example", "held-elsewhere.example"], wanted.fingerprint);
  assert.deepEqual(
    found.map(({ place, name, address, message }) => [place, name, address, message?.code]),
    [
      ["starttls", "wave.a.example", "127.0.0.1:5269", undefined],
      ["direct_tls", "wave.a.example", "192.0.2.1:5299", "cert.served_old"],
      ["direct_tls", "wave.a.example", "[2001:db8::1]:5298", "cert.not_served"],
    ],
  );
  assert.equal(found[1]?.message?.severity, "error");
});

function seen(
  https: HttpsListener,
  options: { minVersion?: "TLSv1.1"; maxVersion?: "TLSv1.1" } = {},
) {
  return new Promise<string | undefined>((resolve, reject) => {
    const socket = connect({
      host: HOST,
      port: https.state().port ?? 0,
      rejectUnauthorized: false,
      ...options,
    });
    socket.once("error", reject);
    socket.once("secureConnect", () => {
      resolve(socket.getPeerX509Certificate()?.fingerprint256);
      socket.destroy();
    });
  });
}
