import { sql } from "drizzle-orm";
import type pg from "pg";
import type { Queryable, Store } from "./database.ts";

const CHANNEL = "wavegate_changed";

/**
 * What changed, heard by every appliance on the database: `resource` is a plural noun, or noun/id.
 * `lost` is told after a broken LISTEN connection: everything may have changed.
 */
export interface Changes {
  /** Announces at commit when given a transaction; dropped with it on a roll-back. */
  readonly emit: (tx: Queryable, resource: string) => Promise<void>;
  /** Announces to this process's listeners only, for what is live and not in the database. */
  readonly emitLocal: (resource: string) => void;
  /** Returns the function that ends the subscription. `*` means: refetch everything. */
  readonly on: (listener: (resource: string) => void) => () => void;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export function createChanges(store: Store, onError: (error: unknown) => void): Changes {
  const listeners = new Set<(resource: string) => void>();
  let client: pg.PoolClient | null = null;
  let isStopped = false;
  let retry: NodeJS.Timeout | null = null;
  const announced = new WeakSet<object>();

  function tell(resource: string): void {
    for (const listener of listeners) {
      try {
        listener(resource);
      } catch (error) {
        onError(error);
      }
    }
  }

  function hear(connected: pg.PoolClient | pg.Client): void {
    if (announced.has(connected)) return;
    announced.add(connected);
    connected.on("notification", (message) => {
      if (message.channel === CHANNEL) tell(message.payload ?? "*");
    });
  }

  async function listen(): Promise<void> {
    if (store.embedded) {
      // The embedded engine has one session: every client is that session.
      store.pool.on("connect", hear);
      const only = await store.pool.connect();
      hear(only);
      await only.query(`listen ${CHANNEL}`);
      only.release();
      return;
    }
    const connected = await store.pool.connect();
    client = connected;
    hear(connected);
    connected.once("error", (error) => {
      onError(error);
      connected.release(true);
      client = null;
      again();
    });
    await connected.query(`listen ${CHANNEL}`);
  }

  function again(): void {
    if (isStopped || retry !== null) return;
    retry = setTimeout(() => {
      retry = null;
      listen().then(
        () => tell("*"),
        (error: unknown) => {
          onError(error);
          client?.release(true);
          client = null;
          again();
        },
      );
    }, 1_000);
  }

  return {
    async emit(tx, resource) {
      await tx.execute(sql`select pg_notify(${CHANNEL}, ${resource})`);
    },
    emitLocal: tell,
    on(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    start: listen,
    async stop() {
      isStopped = true;
      if (retry !== null) clearTimeout(retry);
      client?.release(true);
      client = null;
      listeners.clear();
      await Promise.resolve();
    },
  };
}
