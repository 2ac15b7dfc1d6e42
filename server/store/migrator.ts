import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import type pg from "pg";
import type { Store } from "./database.ts";

const MIGRATION_LOCK = 7_283_461;

/** Brings the database to this version's schema; several appliances starting at once take turns. */
export async function migrateStore(store: Store): Promise<void> {
  // Not of the pool, where there is another way: a migration may take longer than a request's statement.
  const own = await store.openListener();
  if (own !== null) {
    own.on("error", () => undefined);
    try {
      await migrateOn(own);
    } finally {
      await own.end();
    }
    return;
  }
  const client = await store.pool.connect();
  await migrateOn(client).finally(() => client.release());
}

async function migrateOn(client: pg.Client | pg.PoolClient): Promise<void> {
  await client.query("select pg_advisory_lock($1)", [MIGRATION_LOCK]);
  try {
    await migrate(drizzle(client), {
      migrationsFolder: fileURLToPath(new URL("../../migrations", import.meta.url)),
    });
  } finally {
    await client.query("select pg_advisory_unlock($1)", [MIGRATION_LOCK]);
  }
}
