import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { eq } from "drizzle-orm";
import { openTestStore } from "#testing/database.ts";
import { createChanges } from "./changes.ts";
import { openStore, sqlState } from "./database.ts";
import { migrateStore } from "./migrator.ts";
import { releaseLease, renewLeases, takeLease } from "./nodes.ts";
import { invitations, users } from "./schema.ts";
import { sharedSecret } from "./secrets.ts";
import { readSettings, writeSettings } from "./settings.ts";
import { createVault, proveMasterKey } from "./vault.ts";

const store = await openTestStore();
const { db } = store;

test("migrating again, and several times at once, changes nothing and fails nobody", async () => {
  await Promise.all([migrateStore(store), migrateStore(store), migrateStore(store)]);
});

test("SQLSTATE is found however deep the driver's error is wrapped", async () => {
  const values = { name: "one", role: "owner", passwordHash: "x" } as const;
  await db.insert(users).values(values);
  const error = await db
    .insert(users)
    .values(values)
    .then(
      () => null,
      (failure: unknown) => failure,
    );
  assert.equal(sqlState(error), "23505");
  assert.equal(sqlState(new Error("other")), null);
});

test("bytea, timestamps and big integers come back as they went in", async () => {
  const tokenHash = Uint8Array.from({ length: 256 }, (_, index) => index);
  const expiresAt = new Date("2027-01-02T03:04:05.678Z");
  await db.insert(invitations).values({ role: "auditor", tokenHash, createdBy: "x", expiresAt });
  const [row] = await db.select().from(invitations).where(eq(invitations.tokenHash, tokenHash));
  assert.deepEqual(row?.tokenHash, tokenHash);
  assert.deepEqual(row?.expiresAt, expiresAt);
});

test("changes are heard at commit, and not after a roll-back", { timeout: 20_000 }, async () => {
  const changes = createChanges(store, (error) => assert.fail(String(error)));
  await changes.start();
  const heard: string[] = [];
  const arrived = Promise.withResolvers<void>();
  changes.on((resource) => {
    heard.push(resource);
    if (resource === "last") arrived.resolve();
  });
  await db.transaction(async (tx) => {
    await changes.emit(tx, "kept");
    assert.deepEqual(heard, []);
  });
  await assert.rejects(
    db.transaction(async (tx) => {
      await changes.emit(tx, "dropped");
      throw new Error("rolled back on purpose");
    }),
  );
  await changes.emit(db, "last");
  await arrived.promise;
  assert.deepEqual(heard, ["kept", "last"]);
  await changes.stop();
});

test("settings: defaults, a change, and a stored value that no longer fits counts as its default", async () => {
  const changes = createChanges(store, (error) => assert.fail(String(error)));
  assert.equal((await readSettings(db)).federationMode, "open");
  await writeSettings(db, changes, { federationMode: "trusted_only", traceRetentionDays: 30 });
  assert.equal((await readSettings(db)).traceRetentionDays, 30);
  await store.pool.query(
    `update settings set value = '"nonsense"' where key = 'traceRetentionDays'`,
  );
  const read = await readSettings(db);
  assert.deepEqual([read.traceRetentionDays, read.federationMode], [365, "trusted_only"]);
});

test("a lease has one holder until it expires or is released", async () => {
  const now = new Date();
  const later = (seconds: number) => new Date(now.getTime() + seconds * 1000);
  const take = (nodeId: string, at: Date) =>
    takeLease(db, { name: "link/1", nodeId, now: at, expiresAt: new Date(at.getTime() + 30_000) });
  assert.equal(await take("a", now), true);
  assert.equal(await take("b", later(10)), false);
  assert.equal(await take("a", later(20)), true);
  assert.deepEqual(
    await renewLeases(db, { names: ["link/1"], nodeId: "b", expiresAt: later(90) }),
    [],
  );
  assert.equal(await take("b", later(51)), true);
  assert.deepEqual(
    await renewLeases(db, { names: ["link/1"], nodeId: "a", expiresAt: later(90) }),
    [],
  );
  await releaseLease(db, "link/1", "a");
  assert.equal(await take("a", later(52)), false);
  await releaseLease(db, "link/1", "b");
  assert.equal(await take("a", later(53)), true);
});

test("XEP-0185 §2: all appliances have one secret for dialback keys, whoever asks first", async () => {
  const vault = createVault(Buffer.alloc(32, 1));
  const asked = await Promise.all(
    [1, 2, 3].map(() => sharedSecret(db, createVault(Buffer.alloc(32, 1)), "dialback")),
  );
  assert.match(asked[0] ?? "", /^[0-9a-f]{64}$/);
  assert.equal(new Set([...asked, await sharedSecret(db, vault, "dialback")]).size, 1);
});

test("a database that was sealed with another master key is refused at start", async () => {
  await proveMasterKey(db, createVault(Buffer.alloc(32, 1)));
  await proveMasterKey(db, createVault(Buffer.alloc(32, 1)));
  await assert.rejects(
    proveMasterKey(db, createVault(Buffer.alloc(32, 2))),
    /master key does not open/,
  );
});

test("an embedded folder has one user at a time, and is free again after closing", async () => {
  const directory = mkdtempSync(join(tmpdir(), "wavegate-embedded-"));
  after(() => rmSync(directory, { recursive: true, force: true }));
  const open = () =>
    openStore({ url: null, dataDirectory: directory, onIdleError: (error) => assert.fail(error) });
  const first = await open();
  await assert.rejects(open(), /another Wavegate process uses/);
  await first.close();
  const second = await open();
  await migrateStore(second);
  await second.close();
});
