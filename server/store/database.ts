import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import pg from "pg";
import { openEmbeddedDatabase } from "./embedded.ts";
import { endWhenSilent } from "./patience.ts";
import * as schema from "./schema.ts";

/** A statement of a request that takes longer means that the database does not answer. */
const STATEMENT_MS = 10_000;

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
  /**
   * A connected client outside the pool, for LISTEN and for work that may take long; null on the embedded
   * engine, which has one session.
   */
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
    watchConnections(pool, options.onIdleError);
    pool.on("connect", (client) => endWhenSilent(client, STATEMENT_MS));
    return {
      db: openHandle(pool),
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
  watchConnections(pool, options.onIdleError);
  return {
    db: openHandle(pool),
    engine: "embedded",
    pool,
    openListener: () => null,
    async close() {
      await pool.end();
      await embedded.close();
    },
  };
}

function watchConnections(pool: pg.Pool, onIdleError: (error: Error) => void): void {
  pool.on("error", onIdleError);
  // The pool does not listen to a client that is at work, and an error nobody listens to ends the process.
  // Whoever waits for the client is told by the failure of the statement.
  pool.on("connect", (client) => client.on("error", () => undefined));
}

/**
 * The drizzle handle. Its own transaction on a pool never gives back a client whose `begin` failed: a few of
 * those, and the pool is empty for good. Ours gives back every client; the pool throws broken ones away.
 */
function openHandle(pool: pg.Pool): Database {
  const db = drizzle(pool, { schema });
  const handles = new WeakMap<pg.PoolClient, Database>();
  const handleOf = (client: pg.PoolClient): Database => {
    const handle = handles.get(client) ?? drizzle(client, { schema });
    handles.set(client, handle);
    return handle;
  };
  const transaction: Database["transaction"] = async (work, config) => {
    const client = await pool.connect();
    try {
      return await handleOf(client).transaction(work, config);
    } finally {
      client.release();
    }
  };
  return Object.assign(db, { transaction });
}

/** The SQLSTATE of a failed query, whichever layer wrapped it; null when it is not a database error. */
export function sqlState(error: unknown): string | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    // Node's EPIPE has five letters too; an SQLSTATE has a digit.
    if (
      "code" in cause &&
      typeof cause.code === "string" &&
      /^(?=.*\d)[0-9A-Z]{5}$/.test(cause.code)
    )
      return cause.code;
  }
  return null;
}
