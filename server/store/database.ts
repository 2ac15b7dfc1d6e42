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
  /** One client for LISTEN: on the embedded engine the only client there is. */
  readonly pool: pg.Pool;
  readonly embedded: boolean;
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
    const pool = new pg.Pool({
      connectionString: options.url,
      max: 10,
      connectionTimeoutMillis: 5_000,
      idleTimeoutMillis: 30_000,
      keepAlive: true,
      application_name: "wavegate",
    });
    pool.on("error", options.onIdleError);
    return {
      db: drizzle(pool, { schema }),
      engine: "postgresql",
      embedded: false,
      pool,
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
    embedded: true,
    pool,
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
