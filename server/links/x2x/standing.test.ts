import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { after, test } from "node:test";
import { createCertificateLab, type LabCertificate } from "../../testing/certificate-lab.ts";
import {
  agree,
  byCertificate,
  connectionsOf,
  startBoth,
  type X2xEngine,
  type X2xEngineOptions,
} from "../../testing/x2x-pair.ts";

// Trust is judged anew while a connection is open (RFC 6120 §13.7.2.3, XEP-0361 §4.2.3).

const lab = createCertificateLab();
after(lab.close);
const root = lab.root();
const otherRoot = lab.root("Another Root");
const issue = (name: string, notAfter?: Date) =>
  lab.issue({
    ...{ subject: `/CN=${name}`, issuer: root, extensions: [`subjectAltName = DNS:${name}`] },
    ...(notAfter === undefined ? {} : { notAfter }),
  });
const shipCertificate = issue("ship.example");
const shoreCertificate = issue("shore.example");

const pairOf = ({ keyPem, pem }: LabCertificate) => ({ key: keyPem, cert: pem });
const ship = (certificate = shipCertificate) =>
  ({
    certificates: new Map([["ship.example", pairOf(certificate)]]),
    roots: [root.pem],
  }) satisfies X2xEngineOptions;
const shore: X2xEngineOptions = {
  certificates: new Map([["shore.example", pairOf(shoreCertificate)]]),
  roots: [root.pem],
};
const fingerprintOf = ({ pem }: LabCertificate) =>
  new X509Certificate(pem).fingerprint256.replaceAll(":", "").toLowerCase();

/** Ship connects, both show certificates; `pins`: ship is known by these alone. */
function agreement(pins: readonly string[] = []) {
  const certificate =
    pins.length > 0 ? ({ by: "pins", pins } as const) : ({ by: "names", pins } as const);
  return agree(
    { security: "mutual_tls" },
    { opens: byCertificate, listens: null, certificate },
    { opens: null, certificate: { by: "names", pins: [] } },
  );
}

async function cross(from: X2xEngine, to: X2xEngine, id: string): Promise<void> {
  assert.equal(from.send("ship.example", "shore.example", id), "sent");
  await to.until(`stanza ${id}`, () => to.arrived.includes(id));
}

test("a connection ends when its peer's authority is another one, and not when all is as it was", async () => {
  for (const role of ["opener", "accepter"] as const) {
    let authorityPem: string | null = null;
    const terms = () => ({ authorityPem });
    const isOpener = role === "opener";
    const [a, b] = await startBoth(
      await agreement(),
      { ...ship(), ...(isOpener ? { terms } : {}) },
      { ...shore, ...(isOpener ? {} : { terms }) },
    );
    const [judge, judged] = isOpener ? [a, b] : [b, a];
    await cross(a, b, "1");
    const [{ id } = assert.fail()] = connectionsOf(judge);
    judge.x2x.recheck();
    await cross(a, b, "2");
    assert.deepEqual(
      connectionsOf(judge).map((one) => one.id),
      [id],
    );
    authorityPem = otherRoot.pem;
    judge.x2x.recheck();
    await judge.until("its end", () => connectionsOf(judge).length === 0);
    assert.equal(judge.lastError()?.code, "cert.other_ca");
    await judged.until("its end", () => connectionsOf(judged).length === 0);
    assert.deepEqual(
      [judged.lastError()?.code, judged.lastError()?.params["condition"]],
      ["x2x.peer_error", "not-authorized"],
    );
    assert.equal(a.unproven() + b.unproven() > 0, true, "the peer's error proves nothing");
    a.send("ship.example", "shore.example", "3");
    const code = isOpener ? "cert.other_ca" : "x2x.turned_away";
    await a.until("the refusal", () => a.lastError()?.code === code);
    assert.deepEqual(b.arrived, ["1", "2"]);
    authorityPem = null;
    judge.x2x.recheck();
    await cross(a, b, "4");
    await Promise.all([a.x2x.stop(), b.x2x.stop()]);
  }
});

test("RFC 6120 §13.7.2.3: a connection ends in order with the certificate that its peer showed", async () => {
  const notAfter = new Date(Date.now() + 4_000);
  const [a, b] = await startBoth(await agreement(), ship(issue("ship.example", notAfter)), shore);
  await cross(a, b, "1");
  await b.until("its end", () => connectionsOf(b).length === 0);
  assert.ok(Date.now() >= notAfter.getTime() - 1_000, "not before");
  assert.equal(b.lastError()?.code, "cert.expired");
  await a.until("its end", () => connectionsOf(a).length === 0);
  assert.equal(a.unproven() + b.unproven(), 0, "nothing is lost");
  a.send("ship.example", "shore.example", "2");
  await a.until("the refusal", () => a.lastError()?.code === "x2x.turned_away");
  assert.deepEqual(b.arrived, ["1"]);
});

test("when our certificate ends and there is a later one the connection is made anew with that", async () => {
  const first = issue("ship.example", new Date(Date.now() + 4_000));
  const options = ship(first);
  const pins = [fingerprintOf(first), fingerprintOf(shipCertificate)];
  const [a, b] = await startBoth(await agreement(pins), options, shore);
  await cross(a, b, "1");
  assert.equal(connectionsOf(b)[0]?.fingerprint, pins[0]);
  options.certificates.set("ship.example", pairOf(shipCertificate));
  await a.until("its end", () => connectionsOf(a).length === 0);
  await cross(a, b, "2");
  assert.equal(connectionsOf(b)[0]?.fingerprint, pins[1]);
  assert.equal(connectionsOf(b)[0]?.tls?.isResumed, false, "a session stands for the old one");
  assert.deepEqual([a.lastError(), b.lastError(), a.unproven()], [null, null, 0]);
});

test("what the peer shows is there for whoever watches certificates, unless the agreement pins it", async () => {
  for (const pins of [[], [fingerprintOf(shipCertificate)]]) {
    const [a, b] = await startBoth(await agreement(pins), ship(), shore);
    await cross(a, b, "1");
    const [{ certificate } = assert.fail()] = b.x2x.linksOf(null);
    const { fingerprint256 } = new X509Certificate(shipCertificate.pem);
    const shown = pins.length > 0 ? undefined : fingerprint256;
    assert.equal(certificate?.chain[0]?.fingerprintSha256, shown);
    await Promise.all([a.x2x.stop(), b.x2x.stop()]);
  }
});
