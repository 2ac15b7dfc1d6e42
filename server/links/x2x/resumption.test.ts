import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { after, test } from "node:test";
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from "node:tls";
import {
  createCertificateLab,
  type LabCertificate,
  pemToDer,
} from "../../testing/certificate-lab.ts";

import { agree, bothHalves, byCertificate, connectionsOf, start } from "../../testing/x2x-pair.ts";

// What a TLS session that is resumed proves (RFC 8446 §2.2): the certificates of the session that it goes on with.

const lab = createCertificateLab();
after(() => lab.close());
const root = lab.root("X2X Lab");
const pinOf = ({ der }: LabCertificate) => createHash("sha256").update(der).digest("hex");
const names = { by: "names", pins: [] } as const;

test("RFC 8446 §2.2: a session that one server gave proves nothing of the next that is expected in its place", async () => {
  const ship = lab.leaf(root, "ship.example");
  const [before, now] = [lab.leaf(root, "shore.example"), lab.leaf(root, "shore.example")];
  const met: { socket: TLSSocket; who: string; isResumed: boolean }[] = [];
  const serve = async (who: string, { pem, keyPem }: LabCertificate) => {
    const server = createTlsServer({
      ...{ key: keyPem, cert: pem, minVersion: "TLSv1.3", requestCert: true },
      rejectUnauthorized: false,
    });
    server.on("secureConnection", (socket: TLSSocket) => {
      socket.on("error", () => {});
      socket.resume();
      // Behind the tickets.
      socket.write(" ");
      met.push({ socket, who, isResumed: socket.isSessionReused() });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    after(() => void server.close());
    return (server.address() as { port: number }).port;
  };
  const ports = { before: await serve("before", before), now: await serve("now", now) };
  // Whoever is on the line: where it leads, and whether it brings what follows the handshake.
  let [leadsTo, isWhole] = [ports.before, true];
  const line = createServer((near) => {
    const far = connect(leadsTo, "127.0.0.1");
    const whole = isWhole;
    let flights = 0;
    for (const socket of [near, far]) socket.on("error", () => {});
    near.pipe(far);
    far.on("data", (bytes: Buffer) => (whole || flights++ === 0) && near.write(bytes));
    far.on("close", () => near.destroy());
    near.on("close", () => far.destroy());
  });
  line.listen(0, "127.0.0.1");
  await once(line, "listening");
  after(() => void line.close());
  const listens = { host: "127.0.0.1", port: (line.address() as { port: number }).port };
  const pinnedTo = async (certificate: LabCertificate) => {
    const pins = { by: "pins" as const, pins: [pinOf(certificate)] };
    const more = { security: "mutual_tls" as const, idleSeconds: null };
    const agreement = await agree(
      more,
      { listens: null, certificate: names, opens: byCertificate },
      { listens, opens: null, certificate: pins },
    );
    return [bothHalves(agreement)[0]];
  };
  const us = start({
    certificates: new Map([["ship.example", { key: ship.keyPem, cert: ship.pem }]]),
    limits: { closeMs: 200 },
  });
  await us.x2x.configure(await pinnedTo(before));
  await us.until("the first", () => connectionsOf(us).length === 1);
  await us.until("its tickets", () => connectionsOf(us)[0]?.bytesIn === 1);
  isWhole = false;
  leadsTo = ports.now;
  await us.x2x.configure(await pinnedTo(now));
  await us.until("the one of now", () => met.some(({ who }) => who === "now"));
  await us.until("its connection", () => connectionsOf(us).length === 1);
  isWhole = true;
  leadsTo = ports.before;
  met.at(-1)?.socket.destroy();
  const count = met.length;
  const isUp = () => us.x2x.statuses()[0]?.status.state === "up";
  await us.until("what becomes of it", () =>
    met.length > count && isUp() ? true : us.lastError()?.code === "x2x.certificate_pin",
  );
  assert.equal(isUp(), false, "it is taken for the one of now");
});

test("RFC 8446 §2.2: strangers' certificates do not make a peer's session worth less", async () => {
  const intermediate = lab.root("Intermediate", { issuer: root });
  const leaf = lab.leaf(intermediate, "ship.example");
  const shore = lab.leaf(root, "shore.example");
  const certificate = names;
  const agreement = await agree(
    { security: "mutual_tls", idleSeconds: null },
    { certificate, opens: byCertificate },
    { certificate, opens: null },
  );
  const [ours, theirs] = bothHalves(agreement);
  const us = start({
    certificates: new Map([
      ["ship.example", { key: leaf.keyPem, cert: leaf.pem + intermediate.pem }],
    ]),
    roots: [root.pem],
    limits: { closeMs: 500 },
  });
  const them = start({
    certificates: new Map([["shore.example", { key: shore.keyPem, cert: shore.pem }]]),
    roots: [root.pem],
    limits: { closeMs: 500 },
  });
  await them.x2x.configure([theirs]);
  await us.x2x.configure([ours]);
  us.send("ship.example", "shore.example", "1");
  await us.until("the first", () => them.arrived.includes("1"));
  // No tickets have come yet as long as nothing came.
  them.send("shore.example", "ship.example", "2");
  await us.until("the answer", () => us.arrived.includes("2"));
  const { port } = agreement.sides[1].listens ?? assert.fail();
  const stranger = lab.leaf(root, "stranger-000.example");
  const text = Buffer.from(stranger.der).toString("latin1");
  for (let n = 1; n <= 201; n++) {
    const name = text.replaceAll("stranger-000", `stranger-${String(n).padStart(3, "0")}`);
    const body = Buffer.from(name, "latin1").toString("base64");
    const cert = `-----BEGIN CERTIFICATE-----\n${body.replaceAll(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`;
    assert.notDeepEqual(pemToDer(cert), stranger.der);
    const socket = connectTls({
      ...{ host: "127.0.0.1", port, key: stranger.keyPem, cert, servername: "shore.example" },
      rejectUnauthorized: false,
    });
    socket.on("error", () => {});
    socket.resume();
    await once(socket, "close");
  }
  assert.ok((them.x2x.statuses()[0]?.status.visitors[0]?.count ?? 0) > 200);
  await us.x2x.configure([]);
  await us.x2x.configure([ours]);
  await us.until(
    "the next",
    () => them.x2x.statuses()[0]?.status.state === "up" || us.lastError() !== null,
  );
  assert.equal(us.lastError(), null);
  assert.equal(connectionsOf(us)[0]?.tls?.isResumed, true);
});
