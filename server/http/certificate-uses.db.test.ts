import assert from "node:assert/strict";
import { test } from "node:test";
import { sql } from "drizzle-orm";
import type { Certificate, CertificatePreview } from "#contract/certificates.ts";
import { BASE, bundle, openCertificateApp } from "#testing/certificate-app.ts";
import { days } from "#testing/certificate-lab.ts";

const {
  lab,
  intermediate,
  good,
  next,
  call,
  save,
  activate,
  certificates,
  https,
  store,
  clock,
  changes,
  get,
  openStream,
  servedNow,
  assertNothingTold,
} = await openCertificateApp("127.0.13.11");
const first: Certificate = await save(good, intermediate);

test("HTTPS starts by itself when a certificate is activated, and we dial ourselves to see it", async () => {
  const activation = await activate(first.id);
  assert.deepEqual(
    [activation.https.state, activation.https.fingerprint],
    ["serving", first.chain[0]?.fingerprintSha256],
  );
  assert.deepEqual(activation.certificate.uses, ["https"]);
  assert.equal(activation.served.length, 1);
  assert.deepEqual(
    [activation.served[0]?.place, activation.served[0]?.fingerprint, activation.served[0]?.message],
    ["listener", first.chain[0]?.fingerprintSha256, null],
  );
  const { status, body, chainLength } = await get("/api/v1/session");
  assert.deepEqual([status, JSON.parse(body).code], [401, "auth.required"]);
  assert.equal(chainLength, 2, "the intermediate is sent, the root is not");
});

test("a request over HTTPS is a secure one, from wherever it comes", async () => {
  const body = JSON.stringify({ name: "owner", password: "correct horse battery" });
  const answer = await get("/api/v1/session", { method: "POST", body });
  assert.equal(answer.status, 201, answer.body);
  assert.match(String(answer.headers["set-cookie"]), /Secure/);
});

let second: Certificate;
test("swapped live: new connections see the new certificate, a running request ends undisturbed", async () => {
  second = await save(next, intermediate);
  const preview: CertificatePreview = (
    await call("POST", `${BASE}/preview`, bundle(next, intermediate))
  ).json();
  assert.deepEqual(
    [preview.compared?.id, preview.compared?.isSame, preview.compared?.namesLost],
    [first.id, false, ["wave.example.com"]],
  );
  const running = await openStream();
  const activation = await activate(second.id);
  assert.equal(activation.served[0]?.fingerprint, second.chain[0]?.fingerprintSha256);
  assert.equal(await running.finish(), 401);
  assert.deepEqual(
    [activation.certificate.canRollBackFor, (await certificates.find(first.id))?.canRollBackFor],
    [[], ["https"]],
  );
  assert.equal((await servedNow()).fingerprint, second.chain[0]?.fingerprintSha256);
});

test("nobody resumes a session into the replaced certificate", async () => {
  const before = await servedNow();
  await activate(first.id);
  const after = await servedNow(before.session);
  assert.deepEqual([after.isReused, after.fingerprint], [false, first.chain[0]?.fingerprintSha256]);
});

test("the roll-back is one activation, and can be taken back", async () => {
  const back = await activate(second.id);
  assert.deepEqual(back.certificate.uses, ["https"]);
  assert.deepEqual((await certificates.find(first.id))?.canRollBackFor, ["https"]);
  const forth = await activate(first.id);
  assert.deepEqual(
    [forth.served[0]?.message, forth.https.fingerprint],
    [null, first.chain[0]?.fingerprintSha256],
  );
  await activate(first.id);
  assert.deepEqual(
    (await certificates.find(second.id))?.canRollBackFor,
    ["https"],
    "twice is once",
  );
});

test("the one in use is not deleted; the one kept for the roll-back may be", async () => {
  const inUse = await call("DELETE", `${BASE}/${first.id}`);
  assert.deepEqual([inUse.statusCode, inUse.json().code], [409, "resource.in_use"]);
  assert.equal((await call("DELETE", `${BASE}/${second.id}`)).statusCode, 204);
  assert.equal((await call("GET", `${BASE}/${second.id}`)).json().code, "resource.not_found");
  assert.equal((await call("DELETE", `${BASE}/${second.id}`)).json().code, "resource.not_found");
});

test("an expired certificate is not activated", async () => {
  const brief = await save(
    lab.leaf(intermediate, "example.com", { notAfter: days(0.02) }),
    intermediate,
  );
  clock.now = days(0.03);
  const answer = await call("POST", `${BASE}/${brief.id}/activation`, { use: "https" });
  clock.now = new Date();
  assert.deepEqual(
    [answer.json().code, answer.json().params],
    ["certificate.unusable", { reason: "expired" }],
  );
});

test("a change by another appliance is taken up", async () => {
  const other = await save(lab.leaf(intermediate, "other.example"), intermediate);
  await store.db.transaction(async (tx) => {
    await tx.execute(
      sql`update certificate_uses set certificate_id = ${other.id}, previous_certificate_id = ${first.id}`,
    );
    await changes.emit(tx, "certificates");
  });
  const deadline = Date.now() + 5000;
  while (https.state().fingerprint !== other.chain[0]?.fingerprintSha256) {
    assert(Date.now() < deadline, "not taken up within 5 s");
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal((await servedNow()).fingerprint, other.chain[0]?.fingerprintSha256);
});

test("cert.served_old: what a proxy in front shows is told apart from what we serve", async () => {
  const answer = (await call("GET", `${BASE}/${first.id}/served`)).json();
  assert.equal(answer.items[0].message.code, "cert.served_old");
  assert.equal(answer.items[0].message.params.stored, first.chain[0]?.fingerprintSha256);
});

test("names, warnings and the metric: `expiring` tells of certificates in use by share of their lifetime", async () => {
  await activate(first.id);
  assert.deepEqual(await certificates.expiring(clock.now), []);
  const at = async (daysLeft: number) =>
    (await certificates.expiring(days(-daysLeft, new Date(first.notAfter))))[0]?.finding;
  assert.deepEqual(
    [
      (await at(121))?.params["level"],
      (await at(60))?.params["level"],
      (await at(0.9))?.params["level"],
    ],
    ["third", "sixth", "day"],
  );
  assert.deepEqual(
    [(await at(121))?.severity, (await at(60))?.severity, (await at(-1))?.code],
    ["warning", "error", "cert.expired"],
  );
  assert.deepEqual(await certificates.ends(), [
    {
      id: first.id,
      label: "example.com",
      use: { use: "https", name: null },
      notAfter: new Date(first.notAfter),
    },
  ]);
});

test("through all of this no key was told", () => {
  assertNothingTold();
});
