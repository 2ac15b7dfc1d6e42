import { mkdirSync, rmSync } from "node:fs";
import { createConnection, createServer, type Server } from "node:net";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { Worker } from "node:worker_threads";

/** The embedded database: PGlite in a worker thread, reached over PostgreSQL's wire protocol. */
export interface EmbeddedDatabase {
  /** The one stream that a `pg` client may use; PGlite has a single session. */
  readonly openStream: () => Duplex;
  readonly close: () => Promise<void>;
}

/**
 * Opens the database in `directory` (`memory://` for none), alone: a second process on the same
 * folder would corrupt it, so the folder is locked first. Throws when another process holds it.
 */
export async function openEmbeddedDatabase(directory: string): Promise<EmbeddedDatabase> {
  const lock = directory === "memory://" ? null : await lockDirectory(directory);
  const worker = new Worker(new URL("./embedded-worker.ts", import.meta.url), {
    workerData: {
      dataDirectory: directory === "memory://" ? directory : join(directory, "pglite"),
    },
  });
  try {
    await firstMessage(worker, "ready");
  } catch (error) {
    lock?.close();
    throw error;
  }
  return {
    openStream: () => new WorkerStream(worker),
    async close() {
      const closed = firstMessage(worker, "closed");
      worker.postMessage("close");
      await closed;
      await worker.terminate();
      await new Promise<void>((resolve) =>
        lock === null ? resolve() : lock.close(() => resolve()),
      );
    },
  };
}

function firstMessage(worker: Worker, expected: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: unknown) => {
      if (message !== expected) return;
      worker.off("message", onMessage);
      worker.off("error", reject);
      resolve();
    };
    worker.on("message", onMessage);
    worker.once("error", reject);
  });
}

/** A byte stream to the engine: what `pg` writes is answered by what the engine says. */
class WorkerStream extends Duplex {
  readonly #worker: Worker;
  #answered: ((error?: Error) => void) | null = null;
  readonly #onMessage = (message: unknown) => this.#receive(message);

  constructor(worker: Worker) {
    super();
    this.#worker = worker;
    worker.on("message", this.#onMessage);
    worker.once("error", (error) => this.destroy(error));
  }

  // The part of net.Socket that pg's client calls.
  connect(): this {
    process.nextTick(() => this.emit("connect"));
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    this.#answered = done;
    this.#worker.postMessage(new Uint8Array(chunk));
  }

  override _final(done: () => void): void {
    this.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#worker.off("message", this.#onMessage);
    done(error);
  }

  #receive(message: unknown): void {
    const answered = this.#answered;
    if (answered === null) return;
    this.#answered = null;
    if (message instanceof Uint8Array) {
      if (message.length > 0) this.push(Buffer.from(message));
      answered();
    } else {
      answered(new Error(`embedded database: ${JSON.stringify(message)}`));
    }
  }
}

/**
 * Holds `directory` by listening on a Unix socket in it. A socket left by a killed process refuses
 * connections and is taken over.
 */
async function lockDirectory(directory: string): Promise<Server> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, "lock");
  for (let attempt = 0; attempt < 2; attempt++) {
    const server = createServer((socket) => socket.end());
    const listening = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(path, () => resolve(true));
    });
    if (listening) {
      server.unref();
      return server;
    }
    if (await isAlive(path)) break;
    rmSync(path, { force: true });
  }
  throw new Error(`another Wavegate process uses ${directory}; stop it, or set DATA_DIR`);
}

function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
