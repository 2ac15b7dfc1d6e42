import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface DeafListener {
  readonly port: number;
  readonly stop: () => void;
}

/**
 * A TCP port that answers no handshake, as behind a firewall that drops: its process never accepts, and
 * its queue is full.
 */
export async function startDeafListener(host: string): Promise<DeafListener> {
  const script =
    `const s = require("node:net").createServer();` +
    `s.listen({ host: ${JSON.stringify(host)}, port: 0, backlog: 1 }, () => {` +
    `require("node:fs").writeSync(1, String(s.address().port));` +
    `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30000); });`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  const fillers: Socket[] = [];
  const stop = () => {
    for (const socket of fillers) socket.destroy();
    child.kill("SIGKILL");
  };
  try {
    const [text] = (await once(child.stdout, "data")) as [Buffer];
    const port = Number(text);
    for (let i = 0; i < 4; i += 1) {
      const socket = connect({ host, port });
      socket.on("error", () => {});
      fillers.push(socket);
      await Promise.race([once(socket, "connect"), new Promise((r) => setTimeout(r, 150))]);
    }
    return { port, stop };
  } catch (error) {
    stop();
    throw error;
  }
}
