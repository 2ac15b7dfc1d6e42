// Runs PGlite in a thread of its own: its queries block the thread they run in. Speaks PostgreSQL's
// wire protocol over the port that it was given, so that the rest of the appliance knows one driver only.
import { parentPort, workerData } from "node:worker_threads";
import { PGlite } from "@electric-sql/pglite";

/** Protocol bytes of one request; `id` comes back with the answer. */
export interface EngineRequest {
  readonly id: number;
  readonly bytes: Uint8Array;
}

export type EngineAnswer =
  | { readonly id: number; readonly bytes: Uint8Array }
  | { readonly id: number; readonly failure: string };

const port = parentPort;
if (port === null) throw new Error("embedded-worker runs as a worker thread only");
const { dataDirectory } = workerData as { dataDirectory: string };

const engine = await PGlite.create({ dataDir: dataDirectory });
let last: Promise<void> = Promise.resolve();
port.on("message", (message: EngineRequest | "close") => {
  // One session, one request at a time, in the order of arrival.
  last = last.then(() => (message === "close" ? close() : answer(message)));
});
port.postMessage("ready");

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
