// Runs PGlite in a thread of its own: its queries block the thread they run in. Speaks PostgreSQL's
// wire protocol over the port that it was given, so that the rest of the appliance knows one driver only.
import { parentPort, workerData } from "node:worker_threads";
import { PGlite } from "@electric-sql/pglite";

const port = parentPort;
if (port === null) throw new Error("embedded-worker runs as a worker thread only");
const { dataDirectory } = workerData as { dataDirectory: string };

const engine = await PGlite.create({ dataDir: dataDirectory });
port.on("message", (message: Uint8Array | "close") => {
  if (message === "close") {
    void engine.close().then(() => {
      port.postMessage("closed");
      port.close();
    });
    return;
  }
  engine.execProtocolRaw(message).then(
    (answer) => port.postMessage(answer),
    (error: unknown) => port.postMessage({ failure: String(error) }),
  );
});
port.postMessage("ready");
