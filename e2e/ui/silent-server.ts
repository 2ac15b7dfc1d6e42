import { createServer, type Socket } from "node:net";

/** A server that accepts connections and says nothing, as an overloaded one does. */
export interface SilentServer {
  readonly close: () => Promise<void>;
}

export async function startSilentServer(address: string, port = 5269): Promise<SilentServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, resolve);
  });
  return {
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
