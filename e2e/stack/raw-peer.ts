import { connect, createServer, type Socket } from "node:net";
import {
  connect as connectTls,
  type ConnectionOptions,
  TLSSocket,
  type TLSSocketOptions,
} from "node:tls";
import { until, within } from "./wait.ts";

const PATIENCE_MS = 10_000;

/** One end of a connection that says exactly what a test wants it to say, well-formed or not. */
export interface RawPeer {
  readonly say: (what: string | Uint8Array) => void;
  /** All that was heard since the connection, or TLS on it, began. */
  readonly heard: () => string;
  /** Waits until what was heard fits, and returns all of it. */
  readonly hear: (pattern: RegExp, timeoutMs?: number) => Promise<string>;
  /** TLS from here on, as client or, with `isServer`, as server; what was heard before is forgotten. */
  readonly secure: (
    options: ConnectionOptions | (TLSSocketOptions & { isServer: true }),
  ) => Promise<void>;
  readonly isOpen: () => boolean;
  /** Waits until the other side has ended the connection, and returns all that was heard. */
  readonly gone: (timeoutMs?: number) => Promise<string>;
  readonly close: () => void;
}

export async function dialRaw(place: {
  readonly host: string;
  readonly port: number;
  readonly localAddress?: string;
}): Promise<RawPeer> {
  const socket = connect(place);
  const connected = new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  await within(`a connection to ${place.host}:${place.port}`, PATIENCE_MS, connected);
  return createRawPeer(socket);
}

/** Runs `script` on each connection; a script that fails closes its connection. */
export async function listenRaw(
  place: { readonly host: string; readonly port: number },
  script: (peer: RawPeer) => Promise<void>,
): Promise<{ readonly connections: () => number; readonly close: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket.unref());
    const peer = createRawPeer(socket);
    script(peer).catch(() => socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    // A test that failed is not kept from ending.
    server.unref().listen(place, resolve);
  });
  return {
    connections: () => connections,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function createRawPeer(first: Socket): RawPeer {
  let socket = first;
  let text = "";
  let isOpen = true;
  const attach = (next: Socket) => {
    socket = next;
    text = "";
    const decoder = new TextDecoder();
    next.on("data", (bytes: Buffer) => (text += decoder.decode(bytes, { stream: true })));
    next.on("error", () => undefined);
    for (const end of ["end", "close"] as const) next.on(end, () => (isOpen = false));
  };
  attach(first);
  return {
    say: (what) => void socket.write(what),
    heard: () => text,
    hear: (pattern, timeoutMs = PATIENCE_MS) =>
      until(`${pattern}`, timeoutMs, () => {
        if (pattern.test(text)) return text;
        throw new Error(`heard ${text.slice(-500)}${isOpen ? "" : " and the end"}`);
      }),
    async secure(options) {
      first.removeAllListeners("data");
      const secured =
        "isServer" in options && options.isServer
          ? new TLSSocket(first, options)
          : connectTls({ ...options, socket: first, rejectUnauthorized: false });
      attach(secured);
      await within(
        "a TLS handshake",
        PATIENCE_MS,
        new Promise<void>((resolve, reject) => {
          secured.once("secure", resolve);
          secured.once("secureConnect", resolve);
          secured.once("error", reject);
          secured.once("close", () => reject(new Error("closed during the TLS handshake")));
        }),
      );
    },
    isOpen: () => isOpen,
    gone: (timeoutMs = PATIENCE_MS) =>
      until("the other side's end", timeoutMs, () => {
        if (!isOpen) return text;
        throw new Error(`it is open; heard ${text.slice(-500)}`);
      }),
    close: () => socket.destroy(),
  };
}
