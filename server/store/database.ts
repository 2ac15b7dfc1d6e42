import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import pg from "pg";
import { openEmbeddedDatabase } from "./embedded.ts";
import * as schema from "./schema.ts";

/** The drizzle handle: reads, single statements, and `transaction`. */
export type Database = NodePgDatabase<typeof schema>;
/** Inside a transaction; queries take this or a `Database` as their first argument. */
export type Transaction = Parameters<Parameters<Database["transaction"]>[0]>[0];
/** What query functions accept. Never use an outer `Database` inside a transaction's callback. */
export type Queryable = Database | Transaction;

export interface Store {
  readonly db: Database;
  readonly engine: "postgresql" | "embedded";
  readonly pool: pg.Pool;
  /** A connected client for LISTEN, outside the pool; null on the embedded engine, which has one session. */
  readonly openListener: () => Promise<pg.Client> | null;
  readonly close: () => Promise<void>;
}

/**
 * Opens PostgreSQL when `url` is given, otherwise the embedded database in `dataDirectory`. Both are
 * reached by the same driver. The embedded one has a single session, hence a pool of one.
 */
export async function openStore(options: {
  url: string | null;
  dataDirectory: string;
  onIdleError: (error: Error) => void;
}): Promise<Store> {
  if (options.url !== null) {
    const connection = {
      connectionString: options.url,
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
      application_name: "wavegate",
    };
    const pool = new pg.Pool({ ...connection, max: 10, idleTimeoutMillis: 30_000 });
    pool.on("error", options.onIdleError);
    return {
      db: drizzle(pool, { schema }),
      engine: "postgresql",
      pool,
      async openListener() {
        const client = new pg.Client(connection);
        await client.connect();
        return client;
      },
      close: () => pool.end(),
    };
  }
  const embedded = await openEmbeddedDatabase(options.dataDirectory);
  const pool = new pg.Pool({
    max: 1,
    idleTimeoutMillis: 0,
    user: "postgres",
    database: "postgres",
    stream: embedded.openStream as never,
  });
  pool.on("error", options.onIdleError);
  return {
    db: drizzle(pool, { schema }),
    engine: "embedded",
    pool,
    openListener: () => null,
    async close() {
      await pool.end();
      await embedded.close();
    },
  };
}

/** The SQLSTATE of a failed query, whichever layer wrapped it; null when it is not a database error. */
export function sqlState(error: unknown): string | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ("code" in cause && typeof cause.code === "string" && /^[0-9A-Z]{5}$/.test(cause.code))
      return cause.code;
  }
  return null;
}
