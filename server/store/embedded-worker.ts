// Runs PGlite in a thread of its own: its queries block the thread they run in. Speaks PostgreSQL's
// wire protocol over the port that it was given, so that the rest of the appliance knows one driver only.
import { parentPort, workerData } from "node:worker_threads";
import { getSystemErrorMap } from "node:util";
import { PGlite } from "@electric-sql/pglite";

/** Protocol bytes of one request; `id` comes back with the answer. */
export interface EngineRequest {
  readonly id: number;
  readonly bytes: Uint8Array;
}

export type EngineAnswer =
  | { readonly id: number; readonly bytes: Uint8Array }
  | { readonly id: number; readonly failure: string };

/** As the engine's system numbers them (WASI). */
const ERRNO: Readonly<Record<number, string>> = {
  2: "EACCES",
  19: "EDQUOT",
  29: "EIO",
  51: "ENOSPC",
  63: "EPERM",
  69: "EROFS",
};

const port = parentPort;
if (port === null) throw new Error("embedded-worker runs as a worker thread only");
const { dataDirectory } = workerData as { dataDirectory: string };

const engine = await PGlite.create({ dataDir: dataDirectory }).catch((error: unknown) => {
  throw describeFault(error);
});
let last: Promise<void> = Promise.resolve();
port.on("message", (message: EngineRequest | "close") => {
  // One session, one request at a time, in the order of arrival.
  last = last.then(() => (message === "close" ? close() : answer(message)));
});
port.postMessage("ready");

/** The engine's file system throws what is no Error: a number that means "disk full", for one. */
function describeFault(error: unknown): Error {
  if (error instanceof Error) return error;
  const number = typeof error === "object" && error !== null && "errno" in error ? error.errno : 0;
  const fault = [...getSystemErrorMap().values()].find(([name]) => name === ERRNO[Number(number)]);
  const what = fault === undefined ? `error ${String(number)}` : `${fault[0]}, ${fault[1]}`;
  return new Error(`the embedded database in ${dataDirectory} cannot be opened: ${what}`);
}

async function answer({ id, bytes }: EngineRequest): Promise<void> {
  let reply: EngineAnswer;
  try {
    reply = { id, bytes: await engine.execProtocolRaw(bytes) };
  } catch (error) {
    reply = { id, failure: String(error) };
  }
  port?.postMessage(reply);
}

async function close(): Promise<void> {
  await engine.close();
  port?.postMessage("closed");
  port?.close();
}
