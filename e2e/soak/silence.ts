import { createSocket } from "node:dgram";
import { DNS_PORT } from "../stack/knot.ts";

/** A name server that never answers: who asks it is always under way. */
export interface Silence {
  /** `address:port`, as DNS_SERVERS takes it. */
  readonly server: string;
  readonly close: () => void;
}

export async function startSilence(address: string): Promise<Silence> {
  const socket = createSocket("udp4");
  socket.on("message", () => undefined);
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ address, port: DNS_PORT }, resolve);
  });
  return { server: `${address}:${DNS_PORT}`, close: () => void socket.close() };
}
