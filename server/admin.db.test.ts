import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { verifyPassword } from "#http/credentials.ts";
import { openStore } from "#store/database.ts";
import { migrateStore } from "#store/migrator.ts";
import { countFailure, findBlock, findUserByName, insertUser, updateUser } from "#store/people.ts";

const dataDirectory = mkdtempSync(join(tmpdir(), "wavegate-admin-"));
after(() => rmSync(dataDirectory, { recursive: true, force: true }));

const admin = (...parameters: string[]) =>
  promisify(execFile)(
    process.execPath,
    [fileURLToPath(new URL("admin.ts", import.meta.url)), ...parameters],
    { env: { PATH: process.env["PATH"], DATA_DIR: dataDirectory } },
  );

async function withStore<T>(run: (store: Awaited<ReturnType<typeof openStore>>) => Promise<T>) {
  const store = await openStore({ url: null, dataDirectory, onIdleError: () => {} });
  try {
    await migrateStore(store);
    return await run(store);
  } finally {
    await store.close();
  }
}

test("reset-owner gives a password that works, to somebody disabled and throttled, too", async () => {
  await withStore(async ({ db }) => {
    const ada = await insertUser(db, { name: "ada", role: "owner", passwordHash: "none" });
    assert.ok(ada);
    await updateUser(db, ada.id, { disabledAt: new Date() });
    const hour = 3600_000;
    const limits = { allowed: 1, windowMs: hour, firstBlockMs: hour, maxBlockMs: hour };
    await countFailure(db, "login:ada", new Date(), limits);
    assert.ok(await findBlock(db, "login:ada", new Date()));
  });
  const { stdout } = await admin("reset-owner");
  const password = /^New password: (\S+)$/m.exec(stdout)?.[1] ?? "";
  await withStore(async ({ db }) => {
    const ada = await findUserByName(db, "ada");
    assert.equal(ada?.disabledAt, null);
    assert.ok(await verifyPassword(password, ada?.passwordHash ?? ""));
    assert.equal(await findBlock(db, "login:ada", new Date()), null);
  });
});

test("anything else prints how it is used, and changes nothing", async () => {
  await assert.rejects(admin("drop-everything"), { code: 2 });
});
