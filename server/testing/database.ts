import { randomBytes } from "node:crypto";
import { after } from "node:test";
import pg from "pg";
import { openStore, type Store } from "#store/database.ts";
import { migrateStore } from "#store/migrator.ts";

/**
 * A migrated, empty database for one test file: on PostgreSQL when `TEST_DATABASE_URL` names a server
 * (a database of its own is made and dropped), else the embedded engine in memory.
 */
export async function openTestStore(): Promise<Store> {
  const server = process.env["TEST_DATABASE_URL"];
  const opened = server === undefined ? await openInMemory() : await openOnServer(server);
  after(opened.close);
  await migrateStore(opened.store);
  return opened.store;
}

async function openInMemory() {
  const store = await openStore({ url: null, dataDirectory: "memory://", onIdleError: fail });
  return { store, close: () => store.close() };
}

async function openOnServer(server: string) {
  const name = `wavegate_test_${randomBytes(6).toString("hex")}`;
  await administer(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const store = await openStore({ url: url.href, dataDirectory: "", onIdleError: () => {} });
  return {
    store,
    async close() {
      await store.close();
      await administer(server, `drop database ${name} with (force)`);
    },
  };
}

async function administer(server: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function fail(error: Error): never {
  throw error;
}
