import assert from "node:assert/strict";
import { request as httpsRequest } from "node:https";
import { after, test } from "node:test";
import { connect } from "node:tls";
import { sql } from "drizzle-orm";
import type {
  Certificate,
  CertificateActivation,
  CertificatePreview,
} from "#contract/certificates.ts";
import { certificates as certificatesTable, domains } from "#store/schema.ts";
import { openTestApp } from "#testing/app.ts";
import { createCertificateLab, days, type LabCertificate } from "#testing/certificate-lab.ts";

const HOST = "127.0.13.10";
const BASE = "/api/v1/certificates";
const lab = createCertificateLab();
after(() => lab.close());
const root = lab.root();
const intermediate = lab.issue({
  subject: "/O=Lab/CN=Intermediate",
  issuer: root,
  extensions: ["basicConstraints = critical, CA:TRUE"],
});
const names = (...all: string[]) => ({
  extensions: [`subjectAltName = ${all.map((name) => `DNS:${name}`).join(", ")}`],
});
const { request, certificates, https, store, clock, logLines, changes } = await openTestApp({
  httpsHost: HOST,
  trustedRoots: [root.pem],
});
await store.db.insert(domains).values({ domain: "example.com" });

const bundle = (one: LabCertificate, ...more: LabCertificate[]) => ({
  files: [
    { name: "bundle.pem", text: [one.keyPem, one.pem, ...more.map((other) => other.pem)].join("") },
  ],
});
const good = lab.leaf(intermediate, "example.com", {
  ...names("example.com", "wave.example.com"),
  key: "rsa:2048",
});
const next = lab.leaf(intermediate, "example.com", names("example.com"));
/** Key material of every certificate, as it would look in PEM, DER as hex or base64, or JSON. */
const secrets = [good, next].flatMap((one) => {
  const body = one.keyPem.split("\n").slice(1, -2).join("");
  const bytes = Buffer.from(body, "base64");
  return [
    one.keyPem.split("\n")[2] ?? "",
    body.slice(80, 120),
    bytes.subarray(-24).toString("hex"),
    bytes.subarray(-24).toString("base64"),
  ];
});
const answers: string[] = [];
async function call(method: string, url: string, body?: unknown, extra = {}) {
  const answer = await request("admin", method, url, body, extra);
  answers.push(answer.body, JSON.stringify(answer.headers));
  return answer;
}
async function save(one: LabCertificate, ...more: LabCertificate[]): Promise<Certificate> {
  const answer = await call("POST", BASE, bundle(one, ...more));
  assert.equal(answer.statusCode, 201, answer.body);
  return answer.json();
}
async function activate(id: string): Promise<CertificateActivation> {
  const answer = await call("POST", `${BASE}/${id}/activation`, { use: "https" });
  assert.equal(answer.statusCode, 200, answer.body);
  return answer.json();
}

test("before there is a certificate the HTTPS port says that it waits, and nothing listens", async () => {
  const list = (await call("GET", BASE)).json();
  assert.deepEqual(list, {
    items: [],
    https: { state: "waiting", port: 0, fingerprint: null, detail: null },
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
    { name: "example.com", isCovered: true, by: "dns:example.com" },
    { name: "wave.example.com", isCovered: true, by: "dns:wave.example.com" },
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

test("the public chain is copied as servers want it, and holds no key", async () => {
  const answer = await call("GET", `${BASE}/${first.id}/pem`);
  assert.match(String(answer.headers["content-disposition"]), /attachment/);
  assert.equal(answer.body, normalized(good.pem) + normalized(intermediate.pem));
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
    { id: first.id, label: "Main", use: "https", notAfter: new Date(first.notAfter) },
  ]);
});

test("renaming and every other change is in the audit log, with no key in it", async () => {
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
  const told = [...answers, ...logLines].join("\n");
  assert(answers.length > 50 && logLines.length > 20);
  for (const secret of [...secrets, "open sesame", "open barley", "BEGIN PRIVATE KEY"]) {
    assert(secret.length > 8);
    assert.equal(told.includes(secret), false, secret);
  }
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

function dial() {
  return {
    host: HOST,
    port: https.state().port ?? 0,
    servername: "example.com",
    ca: root.pem,
    checkServerIdentity: () => undefined,
  };
}

/** One request over a connection of its own, verified against the lab's root. */
function get(path: string, options: { method?: string; body?: string } = {}) {
  return new Promise<{
    status: number;
    body: string;
    headers: Record<string, unknown>;
    chainLength: number;
  }>((resolve, reject) => {
    const sent = httpsRequest(
      {
        ...dial(),
        path,
        agent: false,
        method: options.method ?? "GET",
        headers: { "content-type": "application/json" },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        const socket = answer.socket as import("node:tls").TLSSocket;
        let chainLength = 0;
        for (
          let one = socket.getPeerCertificate(true);
          one.issuerCertificate !== undefined &&
          one.issuerCertificate.fingerprint256 !== one.fingerprint256;
          one = one.issuerCertificate
        )
          chainLength++;
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("end", () =>
          resolve({
            status: answer.statusCode ?? 0,
            body: Buffer.concat(chunks).toString(),
            headers: answer.headers,
            chainLength,
          }),
        );
      },
    );
    sent.on("error", reject);
    sent.end(options.body);
  });
}

/** A request whose headers are sent only in part until `finish`. */
async function openStream() {
  const socket = connect(dial());
  await new Promise((resolve, reject) =>
    socket.once("secureConnect", resolve).once("error", reject),
  );
  socket.write("GET /api/v1/session HTTP/1.1\r\nhost: x\r\n");
  return {
    finish: () =>
      new Promise<number>((resolve, reject) => {
        socket.once("data", (data) => {
          resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(data.toString())?.[1]));
          socket.destroy();
        });
        socket.once("error", reject).once("close", () => reject(new Error("closed")));
        socket.write("connection: close\r\n\r\n");
      }),
  };
}

function servedNow(session?: Buffer) {
  return new Promise<{
    fingerprint: string | undefined;
    session: Buffer | undefined;
    isReused: boolean;
  }>((resolve, reject) => {
    const socket = connect({
      ...dial(),
      maxVersion: "TLSv1.2",
      ...(session === undefined ? {} : { session }),
    });
    socket.once("error", reject);
    socket.once("secureConnect", () => {
      resolve({
        fingerprint: socket.getPeerX509Certificate()?.fingerprint256,
        session: socket.getSession(),
        isReused: socket.isSessionReused(),
      });
      socket.destroy();
    });
  });
}
