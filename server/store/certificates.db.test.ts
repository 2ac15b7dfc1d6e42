import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { openTestStore } from "#testing/database.ts";
import {
  activateCertificate,
  deleteCertificate,
  findHttpsCertificate,
  findCertificate,
  insertCertificate,
  listCertificates,
  listCertificateUses,
  listServedNames,
  listXmppCertificates,
  lockCertificate,
  lockFederatedName,
} from "./certificates.ts";
import { deleteDomain, insertDomain } from "./domains.ts";
import { deleteLink, insertLink } from "./links.ts";

const { db } = await openTestStore();

async function insert(label: string): Promise<string> {
  const row = await insertCertificate(db, {
    id: randomUUID(),
    label,
    names: ["example.com"],
    fingerprint: label,
    notBefore: new Date("2026-01-01T00:00:00Z"),
    notAfter: new Date("2027-01-01T00:00:00Z"),
    chainPem: "",
    keySealed: Uint8Array.of(1, 2, 3),
    createdBy: "test",
  });
  return row.id;
}
const https = { use: "https", name: null } as const;
const activate = (id: string) =>
  db.transaction(async (tx) =>
    (await lockCertificate(tx, id)) ? activateCertificate(tx, https, id, "test") : null,
  );
const remove = (id: string) => db.transaction((tx) => deleteCertificate(tx, id));

test("what is stored comes back, newest first", async () => {
  const id = await insert("a");
  const row = await findCertificate(db, id);
  assert.deepEqual(
    [row?.names, row?.notAfter.toISOString(), [...(row?.keySealed ?? [])]],
    [["example.com"], "2027-01-01T00:00:00.000Z", [1, 2, 3]],
  );
  const later = await insert("b");
  assert.deepEqual(
    (await listCertificates(db)).map((one) => one.id),
    [later, id],
  );
  assert.equal(await findHttpsCertificate(db), null);
});

test("two first activations at once: one is active, the other is what it can be rolled back to, or nothing", async () => {
  const [a, b] = [await insert("c"), await insert("d")];
  await Promise.all([activate(a), activate(b)]);
  const [use, ...more] = await listCertificateUses(db);
  assert.equal(more.length, 0);
  assert.deepEqual(new Set([use?.certificateId, use?.previousCertificateId]), new Set([a, b]));
});

test("activation and deletion at once: never an active certificate that is gone, never an error", async () => {
  for (let round = 0; round < 15; round++) {
    const [a, b] = [await insert(`x${round}`), await insert(`y${round}`)];
    await activate(a);
    const outcomes = await Promise.all([activate(b), remove(b), remove(a)]);
    const active = await findHttpsCertificate(db);
    assert(active !== null);
    assert([a, b].includes(active.id), JSON.stringify(outcomes));
    assert.equal(outcomes[0] === null, (await findCertificate(db, b)) === null && active.id === a);
  }
});

test("deleting what could be rolled back to forgets it; deleting twice, or what is in use, does nothing", async () => {
  const [a, b] = [await insert("p"), await insert("q")];
  await activate(a);
  await activate(b);
  assert.equal(await remove(b), "in_use");
  assert.notEqual(await remove(a), "in_use");
  assert.equal(await remove(a), "not_found");
  const [use] = await listCertificateUses(db);
  assert.deepEqual([use?.certificateId, use?.previousCertificateId], [b, null]);
});

async function insertName(domainId: string, name: string, kind: "component" | "s2s" | "hosted") {
  const link = await insertLink(db, { domainId, name, kind }, "plain");
  assert(link !== null);
  return link.id;
}
const activateFor = (id: string, name: string) =>
  db.transaction(async (tx) =>
    (await lockCertificate(tx, id)) && (await lockFederatedName(tx, name))
      ? activateCertificate(tx, { use: "xmpp", name }, id, "test")
      : null,
  );
const listNames = async () => (await listXmppCertificates(db)).map(({ name }) => name);

test("each name has a certificate of its own and one to roll back to; those of components have none", async () => {
  const domain = await insertDomain(db, { domain: "own.example" });
  assert(domain !== null);
  await insertName(domain.id, "own.example", "s2s");
  await insertName(domain.id, "wave.own.example", "component");
  await insertName(domain.id, "chat.own.example", "hosted");
  const [a, b] = [await insert("n1"), await insert("n2")];
  assert.deepEqual(await activateFor(a, "own.example"), { previousId: null, isChanged: true });
  assert.deepEqual(await activateFor(a, "chat.own.example"), { previousId: null, isChanged: true });
  assert.deepEqual(await activateFor(b, "own.example"), { previousId: a, isChanged: true });
  assert.deepEqual(await activateFor(b, "own.example"), { previousId: b, isChanged: false });
  assert.equal(await activateFor(a, "wave.own.example"), null);
  assert.deepEqual(
    (await listXmppCertificates(db)).map(({ name, certificate: { id } }) => [name, id]),
    [
      ["own.example", b],
      ["chat.own.example", a],
    ],
    "the name that was there first comes first",
  );
  const served = await listServedNames(db);
  assert.deepEqual(
    served.map(({ name, xmpp }) => [name, xmpp?.active?.id, xmpp?.previous?.id]),
    [
      ["own.example", b, a],
      ["wave.own.example", undefined, undefined],
      ["chat.own.example", a, undefined],
    ],
  );
  assert.equal(await remove(a), "in_use");
  await deleteDomain(db, domain.id);
  assert.deepEqual(await listNames(), []);
  assert.notEqual(await remove(a), "in_use");
});

test("activation and the end of the name at once: never a use without its name, never an error", async () => {
  const domain = await insertDomain(db, { domain: "brief.example" });
  assert(domain !== null);
  const id = await insert("brief");
  for (let round = 0; round < 15; round++) {
    const linkId = await insertName(domain.id, "brief.example", "s2s");
    const [activated] = await Promise.all([
      activateFor(id, "brief.example"),
      db.transaction((tx) => deleteLink(tx, linkId)),
    ]);
    assert(activated === null || activated.isChanged);
    assert.deepEqual(await listNames(), []);
  }
});
