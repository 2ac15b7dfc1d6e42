import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { type AddressInfo, createServer } from "node:net";
import { after, test } from "node:test";
import { TLSSocket } from "node:tls";
import { eq } from "drizzle-orm";
import { Registry } from "prom-client";
import { registerCertificateMetrics } from "#certificates/metrics.ts";
import type { Certificate, CertificateActivation, NameCoverage } from "#contract/certificates.ts";
import type { Attention } from "#contract/peers.ts";
import { activateCertificate } from "#store/certificates.ts";
import { insertDomain } from "#store/domains.ts";
import { insertLink } from "#store/links.ts";
import { certificates as certificateTable } from "#store/schema-certificates.ts";
import { domains } from "#store/schema.ts";
import { BASE, bundle, names, openCertificateApp } from "#testing/certificate-app.ts";
import { days } from "#testing/certificate-lab.ts";

const HOST = "127.0.35.11";
const office = await openCertificateApp(HOST);
const { lab, intermediate, call, save, store, changes, certificates, xmppCertificates, clock } =
  office;
const { db } = store;

const [home] = await db.select().from(domains).where(eq(domains.domain, "example.com"));
const other = await insertDomain(db, { domain: "other.example" });
assert(home !== undefined && other !== null);
const links = new Map<string, string>();
for (const [name, kind, domainId] of [
  ["example.com", "s2s", home.id],
  ["wave.example.com", "hosted", home.id],
  ["chat.example.com", "component", home.id],
  ["other.example", "s2s", other.id],
] as const) {
  const row = await insertLink(db, { kind, domainId, name }, "plain");
  assert(row !== null);
  links.set(name, row.id);
}

/** Each change that the streams were told of, as the names that it concerned. */
const told: string[][] = [];
xmppCertificates.onChange((changed) => void told.push([...changed].sort()));

const activate = (id: string, ...which: string[]) =>
  call("POST", `${BASE}/${id}/activation`, { use: "xmpp", names: which });
async function use(id: string, ...which: string[]): Promise<CertificateActivation> {
  const answer = await activate(id, ...which);
  assert.equal(answer.statusCode, 200, answer.body);
  return answer.json();
}
const find = async (id: string): Promise<Certificate> =>
  (await call("GET", `${BASE}/${id}`)).json();
const nameOf = (certificate: Pick<Certificate, "coverage">, name: string): NameCoverage => {
  const found = certificate.coverage.find((one) => one.name === name);
  assert(found !== undefined, `${name} is not in the coverage`);
  return found;
};
const idFor = (name: string) => xmppCertificates.credentials(name)?.certificateId ?? null;

/** Accepts like the S2S listener does: TLS anew for each connection, or none while there is no certificate. */
const listener = createServer((socket) => {
  const options = xmppCertificates.serverOptions({ security: "direct", name: null });
  if (options === null) {
    socket.destroy();
    return;
  }
  const secured = new TLSSocket(socket, options);
  secured.on("secure", () => secured.end());
  secured.on("error", () => socket.destroy());
  secured.resume();
});
await new Promise<void>((resolve) => listener.listen(0, HOST, resolve));
after(() => new Promise((resolve) => listener.close(resolve)));

/** Fingerprint of the certificate that `openssl s_client` is shown, or null when there is no TLS. */
function shown(...args: string[]): Promise<string | null> {
  const { port } = listener.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const dial = ["s_client", "-connect", `${HOST}:${port}`, "-ign_eof", ...args];
    const child = execFile("openssl", dial, { timeout: 20_000 }, (_, output) => {
      const pem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(output)?.[0];
      if (pem === undefined) {
        resolve(null);
        return;
      }
      const read = execFile(
        "openssl",
        ["x509", "-noout", "-fingerprint", "-sha256"],
        (error, text) =>
          error === null ? resolve(text.trim().split("=")[1] ?? "") : reject(error),
      );
      read.stdin?.end(pem);
    });
    child.stdin?.end();
  });
}
const fingerprintOf = (certificate: Certificate) => certificate.chain[0]?.fingerprintSha256;

const first = await save(office.good, intermediate);
const second = await save(
  lab.leaf(intermediate, "example.com", names("*.example.com", "example.com", "other.example")),
  intermediate,
);

test("without a certificate for any name there is no TLS to offer", async () => {
  assert.equal(xmppCertificates.serverOptions({ security: "starttls", name: "example.com" }), null);
  assert.equal(idFor("example.com"), null);
  assert.equal(await shown("-servername", "example.com"), null);
  assert.deepEqual(await uncertified(), ["example.com", "other.example", "wave.example.com"]);
});

const uncertified = async () =>
  (await call("GET", "/api/v1/overview"))
    .json()
    .attention.filter(({ finding }: Attention) => finding.code === "setup.no_certificate")
    .map(({ subject }: Attention) => subject)
    .sort();

test("coverage tells which names are federated here, and that none has a certificate yet", async () => {
  const preview = (await call("POST", `${BASE}/preview`, bundle(office.next, intermediate))).json();
  for (const coverage of [(await find(first.id)).coverage, preview.coverage])
    assert.deepEqual(
      coverage.map(({ name, xmpp }: NameCoverage) => [name, xmpp]),
      [
        ["example.com", { active: null, previous: null }],
        ["wave.example.com", { active: null, previous: null }],
        ["other.example", { active: null, previous: null }],
        ["wave.other.example", null],
      ],
    );
});

test("one action puts it to use for several names, and the streams show it at once", async () => {
  const { certificate, served } = await use(first.id, "wave.example.com", "example.com");
  assert.deepEqual([certificate.uses, certificate.canRollBackFor, served], [["xmpp"], [], []]);
  assert.equal(nameOf(certificate, "example.com").xmpp?.active?.id, first.id);
  assert.deepEqual(told, [["example.com", "wave.example.com"]]);
  const own = xmppCertificates.credentials("wave.example.com");
  assert.deepEqual(
    [own?.certificateId, own?.fingerprint, own?.notAfter.toISOString()],
    [first.id, fingerprintOf(first), first.notAfter],
  );
  assert.match(
    own?.cert ?? "",
    /^(-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n){2}$/,
  );
  assert.match(own?.key ?? "", /^-----BEGIN PRIVATE KEY-----/);
  assert.equal(await shown("-servername", "example.com"), fingerprintOf(first));
  assert.deepEqual(await uncertified(), ["other.example"]);
});

test("the list tells of each name that is federated here, in use or not", async () => {
  const { xmpp } = (await call("GET", BASE)).json();
  const active = { id: first.id, label: first.label, notAfter: first.notAfter };
  assert.deepEqual(xmpp, [
    { name: "example.com", active, previous: null },
    { name: "other.example", active: null, previous: null },
    { name: "wave.example.com", active, previous: null },
  ]);
});

test("all names or none: one that is not covered, or not ours to federate, stops the others", async () => {
  for (const [name, reason] of [
    ["other.example", "not_covered"],
    ["chat.example.com", "not_ours"],
    ["wave.other.example", "not_ours"],
    ["EXAMPLE.com", "not_ours"],
  ] as const) {
    const id = name === "other.example" ? first.id : second.id;
    const answer = await activate(id, "example.com", name);
    assert.deepEqual(
      [answer.statusCode, answer.json().code, answer.json().params],
      [409, "certificate.name_refused", { name, reason }],
    );
  }
  assert.equal(idFor("example.com"), first.id);
  for (const bad of [{ use: "xmpp" }, { use: "xmpp", names: [] }, { use: "mail", names: ["x"] }])
    assert.equal((await call("POST", `${BASE}/${first.id}/activation`, bad)).statusCode, 400);
});

test("RFC 6066 §3: each name shows its own by SNI, in any case; strange and missing names get that of the oldest name", async () => {
  await use(second.id, "other.example");
  for (const [args, expected] of [
    [["-servername", "other.example"], second],
    [["-servername", "OTHER.example"], second],
    [["-servername", "wave.example.com"], first],
    [["-servername", "xmpp1.hosting.example"], first],
    [["-noservername"], first],
  ] as const)
    assert.equal(await shown(...args), fingerprintOf(expected), args.join(" "));
});

test("RFC 6120 §5.4.3.1: without SNI it is the certificate of the name that the stream's header asked for", () => {
  const contextFor = (name: string | null) =>
    xmppCertificates.serverOptions({ security: "starttls", name })?.secureContext;
  assert.notEqual(contextFor("other.example"), contextFor("example.com"));
  assert.equal(
    contextFor("chat.example.com"),
    contextFor("example.com"),
    "that of the oldest name",
  );
  assert.equal(contextFor(null), contextFor("example.com"));
});

test("another one takes over live, name by name; each name is rolled back by itself", async () => {
  told.length = 0;
  await use(second.id, "example.com", "wave.example.com");
  assert.equal(await shown("-servername", "example.com"), fingerprintOf(second));
  const before = await find(first.id);
  assert.deepEqual([before.uses, before.canRollBackFor], [[], ["xmpp"]]);
  const { certificate } = await use(first.id, "wave.example.com");
  assert.deepEqual(
    ["example.com", "wave.example.com", "other.example"].map((name) => [
      idFor(name),
      nameOf(certificate, name).xmpp?.previous?.id,
    ]),
    [
      [second.id, first.id],
      [first.id, second.id],
      [second.id, undefined],
    ],
  );
  assert.deepEqual(told, [["example.com", "wave.example.com"], ["wave.example.com"]]);
  await use(first.id, "wave.example.com");
  assert.equal(told.length, 2, "nothing changed, nothing is told");
});

test("the audit log has one entry per name, with what was there before", async () => {
  const { items } = (await call("GET", "/api/v1/audit?limit=2&q=activate")).json();
  const [newest] = items;
  assert.deepEqual(
    [newest.action, newest.before, newest.after],
    [
      "activate",
      { use: "xmpp", name: "wave.example.com", certificateId: second.id },
      { use: "xmpp", name: "wave.example.com", certificateId: first.id, label: first.label },
    ],
  );
});

test("in use for HTTPS and XMPP alike; not deleted while either uses it", async () => {
  assert.deepEqual((await office.activate(second.id)).certificate.uses, ["https", "xmpp"]);
  await office.activate(first.id);
  for (const one of [first, second])
    assert.equal((await call("DELETE", `${BASE}/${one.id}`)).json().code, "resource.in_use");
});

test("warnings and the metric know the uses by name", async () => {
  const ends = (await certificates.ends()).map(({ id, use: { use: kind, name } }) => [
    id,
    kind,
    name,
  ]);
  assert.deepEqual(ends, [
    [first.id, "https", null],
    [second.id, "xmpp", "example.com"],
    [second.id, "xmpp", "other.example"],
    [first.id, "xmpp", "wave.example.com"],
  ]);
  const registry = new Registry();
  registerCertificateMetrics(registry, certificates);
  const seconds = Date.parse(first.notAfter) / 1000;
  const lines = (await registry.metrics()).split("\n");
  for (const labels of ['use="https"', 'use="xmpp",name="wave.example.com"']) {
    const line = `wavegate_certificate_not_after_seconds{certificate="${first.label}",${labels}} ${seconds}`;
    assert(lines.includes(line), lines.join("\n"));
  }
  const expiring = await certificates.expiring(days(-1, new Date(second.notAfter)));
  assert.deepEqual(
    expiring.map(({ id, uses }) => [id, uses.length]),
    [
      [second.id, 2],
      [first.id, 2],
    ],
  );
});

test("an expired certificate is not put to use, and one in use that ends is shown on", async () => {
  const brief = await save(
    lab.leaf(intermediate, "other.example", { notAfter: days(0.02) }),
    intermediate,
  );
  await use(brief.id, "other.example");
  clock.now = days(0.03);
  const answer = await activate(brief.id, "other.example");
  clock.now = new Date();
  assert.deepEqual(answer.json().params, { reason: "expired" });
  assert.equal(idFor("other.example"), brief.id);
});

test("one whose key does not open leaves its name with what it had, and the others with theirs", async () => {
  const broken = await save(lab.leaf(intermediate, "other.example"), intermediate);
  const before = idFor("other.example");
  await use(broken.id, "other.example");
  await use(second.id, "other.example");
  const [row] = await db.select().from(certificateTable).where(eq(certificateTable.id, broken.id));
  assert(row !== undefined);
  const keySealed = Uint8Array.from(row.keySealed, (byte, at) => (at === 20 ? byte ^ 1 : byte));
  await db.update(certificateTable).set({ keySealed }).where(eq(certificateTable.id, broken.id));
  const refused = await activate(broken.id, "other.example");
  assert.deepEqual(refused.json().params, { reason: "key" });
  // As if another appliance, with the right key, had activated it.
  const ofName = { use: "xmpp", name: "other.example" } as const;
  await db.transaction(async (tx) => {
    await activateCertificate(tx, ofName, broken.id, "test");
    await changes.emit(tx, "certificates");
  });
  await xmppCertificates.refresh();
  assert.deepEqual([idFor("other.example"), idFor("example.com")], [second.id, second.id]);
  assert.notEqual(before, second.id);
  await use(second.id, "other.example");
});

test("a name that goes takes its use with it: its link, its domain, or both", async () => {
  told.length = 0;
  const deleted = await call("DELETE", `/api/v1/links/${links.get("wave.example.com")}`);
  assert.equal(deleted.statusCode, 204);
  await settled(() => idFor("wave.example.com") === null);
  assert.equal((await call("DELETE", `/api/v1/domains/${other.id}`)).statusCode, 204);
  await settled(() => idFor("other.example") === null);
  assert.deepEqual(told, [["wave.example.com"], ["other.example"]]);
  assert.deepEqual(
    (await certificates.ends()).map(({ use: { name } }) => name),
    [null, "example.com"],
  );
  assert.equal(nameOf(await find(first.id), "wave.example.com").xmpp, null);
});

test("through all of this no key was told", () => {
  office.assertNothingTold();
});

/** Waits for what another connection to the database announces. */
async function settled(isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + 5000;
  while (!isSo()) {
    assert(Date.now() < deadline, "not so within 5 s");
    await new Promise((resolve) => setImmediate(resolve));
  }
}
