import { sql } from "drizzle-orm";
import type pg from "pg";
import type { Queryable, Store } from "./database.ts";
import { endWhenSilent } from "./patience.ts";

const CHANNEL = "wavegate_changed";
const RETRY_MS = 1_000;
/** How often the listening connection is asked whether it is there, and how long it may take to answer. */
const PROBE_MS = 5_000;

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
  const heard = new WeakSet<object>();
  let client: pg.Client | null = null;
  let retry: NodeJS.Timeout | null = null;
  let probe: NodeJS.Timeout | null = null;
  let isStopped = false;

  function tell(resource: string): void {
    for (const listener of listeners) {
      try {
        listener(resource);
      } catch (error) {
        onError(error);
      }
    }
  }

  function hear(connected: pg.ClientBase): void {
    if (heard.has(connected)) return;
    heard.add(connected);
    connected.on("notification", (message) => {
      if (message.channel === CHANNEL) tell(message.payload ?? "*");
    });
  }

  async function listen(): Promise<void> {
    const opening = store.openListener();
    if (opening === null) {
      // One session for all: whichever client is at work hears what was announced.
      store.pool.on("connect", hear);
      const only = await store.pool.connect();
      hear(only);
      await only.query(`listen ${CHANNEL}`);
      only.release();
      return;
    }
    const connected = await opening;
    hear(connected);
    // To each error, not to the first: one that nobody listens to ends the process.
    connected.on("error", (error) => lose(connected, error));
    connected.once("end", () => lose(connected, null));
    endWhenSilent(connected, PROBE_MS);
    try {
      await connected.query(`listen ${CHANNEL}`);
    } catch (error) {
      close(connected);
      throw error;
    }
    if (isStopped) close(connected);
    else client = connected;
  }

  // A connection that only listens would never notice that the other side is gone.
  function keepProbing(): void {
    probe = setInterval(() => void client?.query("select 1").catch(() => undefined), PROBE_MS);
    probe.unref();
  }

  function lose(lost: pg.Client, error: unknown): void {
    if (isStopped || client !== lost) return;
    client = null;
    if (error !== null) onError(error);
    close(lost);
    again();
  }

  function close(ended: pg.Client): void {
    void ended.end().catch(() => undefined);
  }

  function again(): void {
    if (isStopped) return;
    retry = setTimeout(() => {
      listen().then(
        () => tell("*"),
        (error: unknown) => {
          onError(error);
          again();
        },
      );
    }, RETRY_MS);
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
    async start() {
      await listen();
      keepProbing();
    },
    async stop() {
      isStopped = true;
      if (retry !== null) clearTimeout(retry);
      if (probe !== null) clearInterval(probe);
      store.pool.off("connect", hear);
      listeners.clear();
      await client?.end();
    },
  };
}
