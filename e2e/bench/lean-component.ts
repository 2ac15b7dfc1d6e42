import { createHash } from "node:crypto";
import { connect, type Socket } from "node:net";
import { until, within } from "../stack/wait.ts";

/** Where a component attaches, and as whom (XEP-0114). */
export interface Place {
  readonly host: string;
  readonly port: number;
  readonly name: string;
  readonly secret: string;
}

const ATTACH_MS = 20_000;
const HANDSHAKE_MS = 5_000;

/** A component's socket after the handshake, and nothing more: what it costs is not to be seen in what is measured. */
export async function attachLean(place: Place): Promise<Socket> {
  return await until(`${place.name} to attach`, ATTACH_MS, async () => {
    const socket = connect({ host: place.host, port: place.port, noDelay: true });
    try {
      await within(`the handshake of ${place.name}`, HANDSHAKE_MS, shakeHands(socket, place));
      return socket;
    } catch (error) {
      socket.destroy();
      throw error;
    }
  });
}

function shakeHands(socket: Socket, { name, secret }: Place): Promise<void> {
  socket.write(
    `<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='${name}'>`,
  );
  return new Promise((resolve, reject) => {
    let text = "";
    let hasAnswered = false;
    socket.on("error", reject);
    socket.on("close", () => reject(new Error(`closed: ${text}`)));
    socket.on("data", (bytes) => {
      text += bytes.toString();
      const id = /<stream:stream[^>]*\sid=['"]([^'"]+)/.exec(text)?.[1];
      if (id !== undefined && !hasAnswered) {
        hasAnswered = true;
        const digest = createHash("sha1")
          .update(id + secret)
          .digest("hex");
        socket.write(`<handshake>${digest}</handshake>`);
      }
      if (!/<handshake\s*\/>|<\/handshake>/.test(text)) return;
      socket.removeAllListeners("data");
      resolve();
    });
  });
}
