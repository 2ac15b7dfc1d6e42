import assert from "node:assert/strict";
import { test } from "node:test";
import { sql } from "drizzle-orm";
import type { Certificate, CertificatePreview } from "#contract/certificates.ts";
import { certificates as certificatesTable } from "#store/schema-certificates.ts";
import { BASE, bundle, names, openCertificateApp } from "#testing/certificate-app.ts";
import { days, type LabCertificate } from "#testing/certificate-lab.ts";

const {
  lab,
  root,
  intermediate,
  good,
  next,
  request,
  call,
  save,
  https,
  store,
  logLines,
  answers,
  assertNothingTold,
} = await openCertificateApp("127.0.13.10");

test("before there is a certificate the HTTPS port says that it waits, and nothing listens", async () => {
  const list = (await call("GET", BASE)).json();
  assert.deepEqual(list, {
    items: [],
    next: null,
    total: 0,
    https: { state: "waiting", port: 0, fingerprint: null, detail: null },
    xmpp: [],
  });
  assert.match(logLines.join(), /HTTPS_PORT is set but no certificate is active/);
});

test("a preview lists parts, checks and the names that are covered, and saves nothing", async () => {
  const answer = await call("POST", `${BASE}/preview`, bundle(good, intermediate, root));
  assert.equal(answer.statusCode, 200, answer.body);
  const preview: CertificatePreview = answer.json();
  assert.deepEqual(
    preview.parts.map((part) => `${part.kind} ${part.description}`),
    ["leaf example.com", "intermediate Intermediate", "root Lab Root", "key RSA 2048"],
  );
  assert.deepEqual(
    preview.checks.map((check) => `${check.code} ${check.status}`),
    [
      "upload ok",
      "key ok",
      "chain ok",
      "dates ok",
      "names ok",
      "server_use ok",
      "client_use ok",
      "strength ok",
      "wave_signing ok",
    ],
  );
  assert.deepEqual(preview.coverage, [
    { name: "example.com", isCovered: true, by: "dns:example.com", xmpp: null },
    { name: "wave.example.com", isCovered: true, by: "dns:wave.example.com", xmpp: null },
  ]);
  assert.equal(preview.canSave, true);
  assert.deepEqual((await call("GET", BASE)).json().items, []);
});

test("each thing wrong with an upload has its check, its code and what the words need", async () => {
  const check = async (
    files: object[],
    code: string,
    status: string,
    message: string | null,
    passphrase?: string,
  ) => {
    const answer = await call("POST", `${BASE}/preview`, {
      files,
      ...(passphrase === undefined ? {} : { passphrase }),
    });
    assert.equal(answer.statusCode, 200, answer.body);
    const preview: CertificatePreview = answer.json();
    const found = preview.checks.find(
      (one) => one.code === code && (one.message?.code ?? null) === message,
    );
    assert.equal(found?.status, status, `${message}: ${JSON.stringify(preview.checks)}`);
    assert.equal(preview.canSave, !preview.checks.some((one) => one.status === "failed"));
    const refused = await call("POST", BASE, { files });
    assert.equal(refused.statusCode, preview.canSave ? 201 : 422, refused.body);
    if (!preview.canSave) assert.equal(refused.json().code, "certificate.refused");
    else await call("DELETE", `${BASE}/${refused.json().id}`);
  };
  const leaf = (more = {}) =>
    lab.leaf(intermediate, "example.com", { ...names("example.com", "wave.example.com"), ...more });
  const files = (one: LabCertificate, ...more: LabCertificate[]) => bundle(one, ...more).files;
  const text = (value: string) => [{ name: "a.pem", text: value }];
  await check(text(good.pem), "key", "failed", "cert.key_missing");
  await check(text(good.keyPem), "key", "failed", "cert.leaf_missing");
  await check(text(good.pem + next.keyPem), "key", "failed", "cert.key_mismatch");
  await check(text(good.pem + good.keyPem.slice(0, 200)), "upload", "failed", "cert.truncated");
  await check(files(leaf()), "chain", "warning", "cert.chain");
  await check(
    files(lab.root("example.com", names("example.com"))),
    "chain",
    "warning",
    "cert.self_signed",
  );
  await check(
    files(leaf({ notBefore: days(-20), notAfter: days(-10) }), intermediate),
    "dates",
    "failed",
    "cert.expired",
  );
  await check(
    files(leaf({ notBefore: days(10) }), intermediate),
    "dates",
    "warning",
    "cert.not_yet",
  );
  await check(
    files(leaf({ notBefore: days(-80), notAfter: days(10) }), intermediate),
    "dates",
    "warning",
    "cert.expiring",
  );
  await check(files(next, intermediate), "names", "warning", "cert.names");
  const uses = (list: string) => ({
    extensions: [...names("example.com").extensions, `extendedKeyUsage = ${list}`],
  });
  await check(
    files(leaf(uses("clientAuth")), intermediate),
    "server_use",
    "warning",
    "cert.no_server_eku",
  );
  await check(
    files(leaf(uses("serverAuth")), intermediate),
    "client_use",
    "info",
    "cert.no_client_eku",
  );
  await check(files(leaf({ key: "rsa:1024" }), intermediate), "strength", "warning", "cert.weak");
  await check(files(leaf({ key: "rsa:512" }), intermediate), "strength", "failed", "cert.weak");
  await check(files(leaf({ digest: "sha1" }), intermediate), "strength", "failed", "cert.weak");
  await check(files(leaf(), intermediate), "wave_signing", "info", "wave.signer_alg");
  await check(
    files(leaf({ subject: "/O=No CN", key: "rsa:2048" }), intermediate),
    "wave_signing",
    "info",
    "wave.signer_cn",
  );
});

test("an encrypted key asks for its passphrase by code, on preview and on save", async () => {
  const encrypted = lab.openssl(
    "pkcs8",
    "-topk8",
    "-in",
    good.keyFile,
    "-passout",
    "pass:open sesame",
  );
  const files = [{ name: "secret.pem", text: encrypted + good.pem }];
  for (const url of [BASE, `${BASE}/preview`]) {
    const asked = await call("POST", url, { files });
    assert.deepEqual(
      [asked.statusCode, asked.json().code, asked.json().params],
      [422, "certificate.passphrase_needed", { file: "secret.pem" }],
    );
    const wrong = await call("POST", url, { files, passphrase: "open barley" });
    assert.deepEqual([wrong.statusCode, wrong.json().code], [422, "certificate.passphrase_wrong"]);
  }
  const right = await call("POST", `${BASE}/preview`, { files, passphrase: "open sesame" });
  assert.equal(right.json().canSave, true);
});

let first: Certificate;
test("a saved certificate is told with everything but its key; the same one again is a conflict", async () => {
  const answer = await call("POST", BASE, { ...bundle(good, intermediate), label: "  Main  " });
  assert.equal(answer.statusCode, 201, answer.body);
  first = answer.json();
  assert.equal(answer.headers.location, `${BASE}/${first.id}`);
  assert.deepEqual(
    [first.label, first.uses, first.canRollBackFor, first.createdBy],
    ["Main", [], [], "admin"],
  );
  assert.deepEqual(
    first.chain.map((one) => one.commonName),
    ["example.com", "Intermediate"],
  );
  assert.equal(
    first.coverage.every((one) => one.isCovered),
    true,
  );
  assert(first.lifeLeft > 0.99 && first.lifeLeft <= 1);
  assert.deepEqual((await call("GET", `${BASE}/${first.id}`)).json(), first);
  const again = await call("POST", BASE, bundle(good, intermediate));
  assert.deepEqual(
    [again.statusCode, again.json().code, again.json().params],
    [409, "resource.conflict", { id: first.id }],
  );
});

test("the key is sealed for its row: moved to another, it does not open and is not served", async () => {
  const other = await save(next, intermediate);
  await store.db.execute(
    sql`update certificates set key_sealed = (select key_sealed from certificates where id = ${first.id}) where id = ${other.id}`,
  );
  const answer = await call("POST", `${BASE}/${other.id}/activation`, { use: "https" });
  assert.deepEqual([answer.statusCode, answer.json().code], [409, "certificate.unusable"]);
  assert.equal(answer.json().params.reason, "key");
  assert.equal(https.state().state, "waiting");
  assert.equal((await call("DELETE", `${BASE}/${other.id}`)).statusCode, 204);
});

test("a row that is damaged in the database is told as such, beside the others, and can be deleted", async () => {
  const other = await save(next, intermediate);
  await store.db.execute(
    sql`update certificates set chain_pem = 'scribble' where id = ${other.id}`,
  );
  const listed = (await call("GET", BASE)).json();
  assert.deepEqual(
    new Map(listed.items.map((item: Certificate) => [item.id, item.chain.length])),
    new Map([
      [other.id, 0],
      [first.id, first.chain.length],
    ]),
  );
  const told: Certificate = (await call("GET", `${BASE}/${other.id}`)).json();
  assert.deepEqual(
    told.checks.map((check) => [check.code, check.status, check.message?.code]),
    [["upload", "failed", "cert.unreadable"]],
  );
  const activated = await call("POST", `${BASE}/${other.id}/activation`, { use: "https" });
  assert.equal(activated.json().code, "certificate.unusable");
  assert.equal((await call("DELETE", `${BASE}/${other.id}`)).statusCode, 204);
});

test("the public chain is copied as servers want it, and holds no key", async () => {
  const answer = await call("GET", `${BASE}/${first.id}/pem`);
  assert.match(String(answer.headers["content-disposition"]), /attachment/);
  assert.equal(answer.body, normalized(good.pem) + normalized(intermediate.pem));
});

test("renaming and every other change is in the audit log, with no key in it", async () => {
  await call("POST", `${BASE}/${first.id}/activation`, { use: "https" });
  const renamed = await call("PATCH", `${BASE}/${first.id}`, { label: "Front" });
  assert.equal(renamed.json().label, "Front");
  const log = (
    await request("admin", "GET", "/api/v1/audit?resource=certificates&limit=200")
  ).json();
  const actions = new Set(log.items.map((item: { action: string }) => item.action));
  assert.deepEqual([...actions].toSorted(), ["activate", "create", "delete", "update"]);
  answers.push(JSON.stringify(log));
});

test("keys and previews are refused over plain HTTP from another machine, before they are read", async () => {
  for (const url of [BASE, `${BASE}/preview`]) {
    const answer = await call("POST", url, bundle(next), { remoteAddress: "192.0.2.7" });
    assert.deepEqual([answer.statusCode, answer.json().code], [403, "auth.insecure_transport"]);
  }
});

test("an upload that is too large is refused, naming the limit; nonsense names its field", async () => {
  const large = await call("POST", `${BASE}/preview`, {
    files: [{ name: "x", text: "A".repeat(600_000) }],
  });
  assert.deepEqual(
    [large.statusCode, large.json().code, large.json().params],
    [413, "request.too_large", { limitBytes: 524_288 }],
  );
  const field = await call("POST", `${BASE}/preview`, {
    files: [{ name: "x", text: "A".repeat(300_000) }],
  });
  assert.deepEqual([field.statusCode, field.json().errors[0].field], [400, "body.files.0.text"]);
  const none = await call("POST", BASE, { files: [] });
  assert.deepEqual([none.statusCode, none.json().errors[0].field], [400, "body.files"]);
});

test("no answer and no log line holds a key or a passphrase", () => {
  assertNothingTold("open sesame", "open barley");
});

test("the database holds no key in the clear", async () => {
  const rows = await store.db.select().from(certificatesTable);
  assert(rows.length > 0);
  for (const row of rows) {
    const sealed = Buffer.from(row.keySealed);
    for (const one of [good, next]) {
      const key = Buffer.from(one.keyPem.split("\n").slice(1, -2).join(""), "base64");
      assert.equal(sealed.includes(key.subarray(-24)), false);
    }
  }
});

function normalized(pem: string): string {
  return pem.slice(pem.indexOf("-----BEGIN"));
}
