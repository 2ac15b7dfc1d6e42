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
  lockCertificate,
} from "./certificates.ts";

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
