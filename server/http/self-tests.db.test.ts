import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, test } from "node:test";
import { selfTest, type SelfTest } from "#contract/self-tests.ts";
import { insertDomain, updateDomain, type DomainValues } from "#store/domains.ts";
import { insertCertificate } from "#store/certificates.ts";
import { deleteLink, insertLink } from "#store/links.ts";
import { writeSettings } from "#store/settings.ts";
import { openTestApp } from "#testing/app.ts";
import { createCertificateLab, days } from "#testing/certificate-lab.ts";
import { scriptedCarrier } from "#testing/scripted-carrier.ts";
import {
  address,
  authority,
  respond,
  startScriptedDns,
  type ScriptedQuery,
} from "#testing/scripted-dns.ts";
import { honest, startScriptedXmpp } from "#testing/scripted-xmpp.ts";

const lab = createCertificateLab();
const root = lab.issue({
  subject: "/CN=Root",
  issuer: null,
  extensions: ["basicConstraints = critical, CA:TRUE", "keyUsage = critical, keyCertSign"],
});
const leaf = lab.issue({
  subject: "/CN=example.com",
  issuer: root,
  extensions: ["subjectAltName = DNS:example.com"],
});
const xmpp = await startScriptedXmpp(
  "127.0.12.30",
  honest("example.com", { key: leaf.keyPem, cert: leaf.pem }),
  5269,
);

let zone: Record<string, string[]> = {};
const answerFrom = (records: () => Record<string, string[]>) => (query: ScriptedQuery) => {
  const data = records()[`${query.type} ${query.name}`] ?? [];
  if (data.length === 0) return [respond(query, [], { authorities: [authority("com")] })];
  return [
    respond(
      query,
      data.map((text) => {
        if (query.type === "A") return address(query.name, text);
        const [priority, weight, port, target = ""] = text.split(" ");
        const numbers = { priority: Number(priority), weight: Number(weight), port: Number(port) };
        return { type: "SRV", name: query.name, ttl: 60, data: { ...numbers, target } };
      }),
    ),
  ];
};
const inside = await startScriptedDns(
  "127.0.12.31",
  answerFrom(() => ({ ...zone, ...insideOnly })),
);
const outside = await startScriptedDns(
  "127.0.12.32",
  answerFrom(() => zone),
);
let insideOnly: Record<string, string[]> = {};
const carrier = scriptedCarrier({
  items: { "example.com": ["wave.example.com"] },
  waves: ["wave.example.com"],
});
const { request, store, changes } = await openTestApp({
  dnsServers: [inside],
  carrier,
  trustedRoots: [root.pem],
});
after(async () => {
  await Promise.all([xmpp.stop(), inside.stop(), outside.stop()]);
  lab.close();
});
await store.db.transaction((tx) =>
  writeSettings(tx, changes, { outsideResolvers: [`${outside.address}:${outside.port}`] }),
);
const values: DomainValues = {
  domain: "example.com",
  advertisedHost: "example.com",
  advertisedPort: 5269,
  advertisedAddresses: ["127.0.12.30"],
  insideHost: "127.0.12.30",
  insidePort: 5269,
};
const row = await insertDomain(store.db, values);
const domainId = row?.id ?? "";
const whole = {
  "SRV _xmpp-server._tcp.example.com": ["10 0 5269 example.com"],
  "SRV _xmpp-server._tcp.wave.example.com": ["10 0 5269 example.com"],
  "A example.com": ["127.0.12.30"],
  "A wave.example.com": ["127.0.12.30"],
};
async function run(): Promise<SelfTest> {
  const answer = await request("admin", "POST", "/api/v1/self-tests", { domainId });
  assert.equal(answer.statusCode, 200, answer.body);
  return selfTest.parse(answer.json());
}
const codes = (result: SelfTest) => result.findings.map(({ code }) => code);

test("a fresh domain: disco decides the rule, every card is missing and says its line and its dig", async () => {
  zone = {};
  const result = await run();
  assert.deepEqual(result.discovery, {
    state: "found",
    jid: "wave.example.com",
    matched: "both",
    condition: null,
  });
  assert.equal(result.rule, 3);
  const [first, second, third] = result.cards;
  assert.equal(
    first?.zoneLines[0],
    "_xmpp-server._tcp.example.com. 3600 IN SRV 10 0 5269 example.com.",
  );
  assert.equal(second?.rule, 3);
  assert.equal(third?.zoneLines[0], "example.com. 3600 IN A 127.0.12.30");
  assert.deepEqual(first?.dig, ["dig +short -t SRV _xmpp-server._tcp.example.com"]);
  assert.ok(result.cards.every(({ status }) => status === "missing"));
  assert.ok(codes(result).every((code) => code === "record.missing" || code === "cert.name"));
  assert.deepEqual(result.unknowable, ["hairpin"]);
});

test("published as asked: every card is ok, the server inside answers, the certificate is judged", async () => {
  zone = whole;
  const result = await run();
  assert.ok(
    result.cards.every(({ status }) => status === "ok"),
    JSON.stringify(result.cards),
  );
  assert.equal(result.inside.isReached, true, JSON.stringify(result.inside));
  assert.equal(result.outside.isReached, true);
  assert.equal(result.certificates.length, 2);
  assert.deepEqual(codes(result), ["cert.name"], "wave.example.com is not in the certificate");
  assert.equal(result.findings[0]?.owner, "us");
});

test("srv.port: the record names another port than the advertised one", async () => {
  zone = { ...whole, "SRV _xmpp-server._tcp.example.com": ["10 0 5270 example.com"] };
  const result = await run();
  assert.ok(codes(result).includes("srv.port"));
  assert.equal(result.cards[0]?.status, "wrong");
});

test("addr.not_mine: the target leads elsewhere", async () => {
  zone = { ...whole, "A example.com": ["8.8.8.8"] };
  assert.ok(codes(await run()).includes("addr.not_mine"));
});

test("split horizon: what only this machine sees is missing for the world, and said so", async () => {
  zone = { ...whole, "SRV _xmpp-server._tcp.wave.example.com": [] };
  insideOnly = { "SRV _xmpp-server._tcp.wave.example.com": ["10 0 5269 example.com"] };
  const result = await run();
  insideOnly = {};
  const card = result.cards[1];
  assert.deepEqual([card?.status, card?.isSplit], ["missing", true]);
  assert.ok(card?.seen.some(({ isOutside, outcome }) => !isOutside && outcome === "answer"));
});

test("a second target for failover has a card for its addresses", async () => {
  zone = {
    ...whole,
    "SRV _xmpp-server._tcp.example.com": ["10 0 5269 example.com", "20 0 5269 backup.example.net"],
  };
  const result = await run();
  const backup = result.cards.find(({ name }) => name === "backup.example.net");
  assert.equal(backup?.status, "missing");
});

test("whether the records are published stays with the domain, and is taken back", async () => {
  const publishedAt = async () =>
    (await request("auditor", "GET", `/api/v1/domains/${domainId}`)).json().recordsPublishedAt;
  zone = whole;
  await run();
  const since = await publishedAt();
  assert.ok(Date.parse(since) > 0, since);
  await run();
  assert.equal(await publishedAt(), since);
  zone = { ...whole, "A wave.example.com": [] };
  const [wave] = (await run()).cards.filter(({ isAdvised }) => isAdvised);
  assert.deepEqual([wave?.name, wave?.status], ["wave.example.com", "missing"]);
  assert.equal(await publishedAt(), since, "whoever reads SRV records does without it");
  const [first = ""] = whole["SRV _xmpp-server._tcp.example.com"];
  const second = "20 0 5269 wave.example.com";
  zone = { ...zone, "SRV _xmpp-server._tcp.example.com": [first, second] };
  assert(!(await run()).cards.some(({ isAdvised }) => isAdvised));
  assert.equal(await publishedAt(), null, "one record leads to it");
  zone = {};
  await run();
  assert.equal(await publishedAt(), null);
});

test("cert.served_other: a second certificate that is accepted is no fault", async () => {
  zone = whole;
  await insertCertificate(store.db, {
    label: "new",
    names: ["example.com"],
    fingerprint: "AA:BB",
    notBefore: new Date(Date.now() - 1_000),
    notAfter: new Date(Date.now() + 86_400_000),
    chainPem: leaf.pem,
    keySealed: new Uint8Array([1]),
    createdBy: "test",
  });
  const finding = (await run()).findings.find(({ code }) => code === "cert.served_other");
  assert.deepEqual(
    [finding?.params["place"], finding?.severity, finding?.owner],
    ["127.0.12.30:5269", "info", "nobody"],
  );
});

test("cert.served_old: the port serves another certificate than the one we hold", async () => {
  const ending = lab.issue({
    subject: "/CN=example.com",
    issuer: root,
    extensions: ["subjectAltName = DNS:example.com"],
    notBefore: days(-80),
    notAfter: days(10),
  });
  const forgotten = await startScriptedXmpp(
    "127.0.12.34",
    honest("example.com", { key: ending.keyPem, cert: ending.pem }),
    5269,
  );
  try {
    await updateDomain(store.db, domainId, { insideHost: "127.0.12.34" });
    const finding = (await run()).findings.find(({ code }) => code === "cert.served_old");
    assert.deepEqual(
      [finding?.params["place"], finding?.severity, finding?.owner],
      ["127.0.12.34:5269", "error", "us"],
    );
  } finally {
    await updateDomain(store.db, domainId, { insideHost: "127.0.12.30" });
    await forgotten.stop();
  }
});

test("a name that we federate beside the domain's server has its own record, and who answers today is told", async () => {
  const id = randomUUID();
  await insertLink(
    store.db,
    {
      id,
      kind: "s2s",
      domainId,
      name: "wave.example.com",
      host: "wave.example.com",
      port: 5299,
      isEnabled: false,
    },
    "wave",
  );
  zone = {
    ...whole,
    "SRV _xmpp-server._tcp.example.com": ["20 0 5269 example.com", "10 0 5269 old.example.net"],
    "A old.example.net": ["127.0.12.30"],
  };
  const result = await run();
  const card = result.cards.find(({ name }) => name === "_xmpp-server._tcp.wave.example.com");
  assert.deepEqual(card?.zoneLines, [
    "_xmpp-server._tcp.wave.example.com. 3600 IN SRV 10 0 5299 wave.example.com.",
  ]);
  assert.equal(card.status, "wrong");
  assert.deepEqual(
    [result.answering.host, result.answering.port, result.answering.isReached],
    ["old.example.net", 5269, true],
  );
  // Nothing but that name is here: the domain's own records are its server's business.
  const asked = result.cards.map(({ kind, name }) => `${kind} ${name}`);
  assert.deepEqual(asked, ["srv _xmpp-server._tcp.wave.example.com", "address wave.example.com"]);
  assert.deepEqual(
    [result.name, result.advertised.port, result.inside.message?.code],
    ["wave.example.com", 5299, "setup.no_certificate"],
  );
  await deleteLink(store.db, id);
});

test("one name that we federate: where DNS leads for it, whether that is us, and which certificate is ours to mend", async () => {
  const other = lab.issue({
    subject: "/CN=wave.example.com",
    issuer: root,
    extensions: ["subjectAltName = DNS:wave.example.com"],
  });
  const stranger = await startScriptedXmpp(
    "127.0.12.35",
    honest("wave.example.com", { key: other.keyPem, cert: other.pem }),
    5269,
  );
  const id = randomUUID();
  const place = { host: "wave.example.com", port: 5269 };
  const ownPorts = { address: "127.0.12.30", port: 5269, directTlsPort: null, isAlsoShared: true };
  await insertLink(
    store.db,
    {
      ...{ id, kind: "s2s", domainId, name: "wave.example.com" },
      ...place,
      ownPorts,
      isEnabled: false,
    },
    "wave",
  );
  await updateDomain(store.db, domainId, { advertisedAddresses: ["127.0.12.30", "127.0.12.35"] });
  const ask = async (name: string) =>
    request("admin", "POST", "/api/v1/self-tests", { domainId, name });
  const looked = async () => selfTest.parse((await ask("wave.example.com")).json());
  try {
    zone = { ...whole, "SRV _xmpp-server._tcp.wave.example.com": ["10 0 5269 wave.example.com"] };
    const ours = await looked();
    assert.deepEqual(
      [ours.name, ours.answering.host, ours.answering.isReached, ours.answering.isOurs],
      ["wave.example.com", "wave.example.com", true, true],
    );
    assert.deepEqual(
      ours.certificates.map(({ reference }) => reference),
      ["wave.example.com"],
    );
    zone = { ...zone, "A wave.example.com": ["127.0.12.35"] };
    const theirs = await looked();
    assert.deepEqual([theirs.answering.isReached, theirs.answering.isOurs], [true, false]);
    zone = { ...zone, "SRV _xmpp-server._tcp.wave.example.com": ["10 0 5298 wave.example.com"] };
    const nobody = await looked();
    assert.deepEqual(
      [nobody.answering.port, nobody.answering.isReached, nobody.answering.isOurs],
      [5298, false, null],
    );
    assert.equal((await run()).certificates.length, 1, "of the domain as a whole, as before");
    assert.equal((await ask("example.com")).statusCode, 404, "another server keeps it");
  } finally {
    await deleteLink(store.db, id);
    await updateDomain(store.db, domainId, { advertisedAddresses: ["127.0.12.30"] });
    await stranger.stop();
  }
});

test("no wave service in disco: rule 4, the guess; no link: not asked", async () => {
  carrier.answers = { items: { "example.com": ["muc.example.com"] } };
  const listed = await run();
  assert.deepEqual(
    [listed.discovery.state, listed.rule, listed.waveName],
    ["not_listed", 4, "wave.example.com"],
  );
  carrier.answers = { noSource: "link.none" };
  const none = await run();
  assert.deepEqual([none.discovery.state, none.discovery.condition], ["not_asked", "link.none"]);
  carrier.answers = { items: { "example.com": ["example.com"] }, waves: ["example.com"] };
  assert.equal((await run()).rule, 2);
});

test("outside resolvers that do not answer leave the cards unknown, and that is said", async () => {
  await store.db.transaction((tx) =>
    writeSettings(tx, changes, { outsideResolvers: ["127.0.12.33:9"] }),
  );
  for (const until = performance.now() + 3_000; performance.now() < until;) {
    if ((await run()).unknowable.includes("outside_resolvers")) break;
  }
  const result = await run();
  assert.deepEqual(result.unknowable, ["hairpin", "outside_resolvers"]);
  assert.ok(result.cards.every(({ status }) => status === "unknown"));
});

test("a domain that is not ours is not found", async () => {
  const answer = await request("admin", "POST", "/api/v1/self-tests", {
    domainId: "00000000-0000-4000-8000-000000000000",
  });
  assert.equal(answer.statusCode, 404);
});
