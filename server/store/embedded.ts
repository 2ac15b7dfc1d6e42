import { mkdirSync, rmSync } from "node:fs";
import { createConnection, createServer, type Server } from "node:net";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { Worker } from "node:worker_threads";
import type { EngineAnswer, EngineRequest } from "./embedded-worker.ts";

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
  const engine = createEngineClient(worker);
  return {
    openStream: () => new EngineStream(engine),
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

/** Asks the engine, one answer for each question; streams share it. */
function createEngineClient(worker: Worker) {
  const waiting = new Map<number, (answer: EngineAnswer) => void>();
  let lastId = 0;
  worker.on("message", (message: EngineAnswer | "ready" | "closed") => {
    if (typeof message === "string") return;
    waiting.get(message.id)?.(message);
    waiting.delete(message.id);
  });
  worker.once("exit", () => {
    for (const [id, answer] of waiting) answer({ id, failure: "the embedded database ended" });
    waiting.clear();
  });
  return {
    ask(bytes: Uint8Array): Promise<EngineAnswer> {
      const request: EngineRequest = { id: ++lastId, bytes };
      return new Promise((resolve) => {
        waiting.set(request.id, resolve);
        worker.postMessage(request);
      });
    },
  };
}

type EngineClient = ReturnType<typeof createEngineClient>;

// Messages after which a server answers without being asked for more: Sync, Query, Flush, CopyDone, CopyFail,
// FunctionCall, and passwords.
const ENDS_REQUEST = new Set(Buffer.from("SQHcfFp"));
const TERMINATE = 0x58;

/** Where the last whole request in `bytes` ends; a stream's first message has no type byte. */
function findRequestEnd(bytes: Buffer, isStarted: boolean): { end: number; isTerminate: boolean } {
  let end = 0;
  for (let at = 0; ;) {
    const typeBytes = isStarted || at > 0 ? 1 : 0;
    if (at + typeBytes + 4 > bytes.length) return { end, isTerminate: false };
    const type = bytes[at] ?? 0;
    at += typeBytes + bytes.readUInt32BE(at + typeBytes);
    if (at > bytes.length) return { end, isTerminate: false };
    if (typeBytes === 1 && type === TERMINATE) return { end: at, isTerminate: true };
    if (typeBytes === 0 || ENDS_REQUEST.has(type)) end = at;
  }
}

/** What a server does for a client that went away in the middle of a transaction. */
const SYNC_AND_ROLL_BACK = Buffer.concat([
  Buffer.from([0x53, 0, 0, 0, 4]),
  Buffer.from([0x51, 0, 0, 0, 13]),
  Buffer.from("rollback\0"),
]);

/** A byte stream to the engine, as `pg` expects one of a server: its writes are answered in order. */
class EngineStream extends Duplex {
  readonly #engine: EngineClient;
  #unsent: Buffer = Buffer.alloc(0);
  #isStarted = false;
  #hasLeft = false;

  constructor(engine: EngineClient) {
    super();
    this.#engine = engine;
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

  /**
   * The engine is given whole requests only, up to where it answers that it is ready again: asked message by
   * message, it would skip the rest of a failed request in what the next client says.
   */
  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    const bytes = this.#unsent.length === 0 ? chunk : Buffer.concat([this.#unsent, chunk]);
    const { end, isTerminate } = findRequestEnd(bytes, this.#isStarted);
    this.#unsent = bytes.subarray(end);
    if (isTerminate) {
      // PGlite has no connection to end; its session goes on for the next client.
      this.#leave();
      return done();
    }
    if (end === 0) return done();
    this.#isStarted = true;
    void this.#engine.ask(new Uint8Array(bytes.subarray(0, end))).then((answer) => {
      if ("failure" in answer) return done(new Error(`embedded database: ${answer.failure}`));
      // Done first: what pg writes because of the answer must not wait behind another client's writes.
      done();
      if (answer.bytes.length > 0 && !this.destroyed) this.push(Buffer.from(answer.bytes));
    });
  }

  override _final(done: () => void): void {
    this.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#leave();
    done(error);
  }

  #leave(): void {
    if (!this.#hasLeft) void this.#engine.ask(SYNC_AND_ROLL_BACK);
    this.#hasLeft = true;
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
