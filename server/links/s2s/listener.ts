import { createServer, type Server, type Socket } from "node:net";
import { TLSSocket, type TLSSocketOptions } from "node:tls";
import type { Domain } from "#protocol/xmpp/address.ts";

/** Where other servers reach us. */
export interface ListenAddress {
  readonly address: string;
  readonly port: number;
  readonly security: "starttls" | "direct";
  /** The one name that is answered there; null: all that are not `apart`. */
  readonly only: Domain | null;
}

export interface Listener {
  readonly place: ListenAddress;
  /** Null while it listens, else the system's word, such as `EADDRINUSE`. */
  readonly fault: () => string | null;
  readonly stop: () => Promise<void>;
}

const retryMs = 5_000;

/**
 * Listens, and tries again while the port is taken. On a direct TLS port the handshake is done before the stream
 * begins; ALPN must be `xmpp-server` or absent (XEP-0368 §3.7: other protocols are refused).
 */
export function createListener(
  place: ListenAddress,
  deps: {
    /** Null: no certificate, hence no TLS. */
    readonly tls: (place: ListenAddress) => TLSSocketOptions | null;
    /** False: the connection is one too many. */
    readonly admit: (socket: Socket) => boolean;
    readonly accept: (socket: Socket, place: ListenAddress) => void;
    readonly handshakeMs: () => number;
    /** It listens, or it cannot: see `fault`. */
    readonly onChange: () => void;
  },
): Listener {
  let fault: string | null = "starting";
  let timer: NodeJS.Timeout | null = null;
  let isStopped = false;
  let server: Server | null = null;
  /** The last attempt has come to something. */
  let begun: Promise<unknown> = Promise.resolve();

  function take(socket: Socket): void {
    socket.on("error", () => {});
    if (!deps.admit(socket)) return void socket.destroy();
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60_000);
    if (place.security === "starttls") return deps.accept(socket, place);
    const tls = deps.tls(place);
    if (tls === null) {
      return void socket.destroy();
    }
    const secure = new TLSSocket(socket, tls);
    const lose = () => {
      clearTimeout(deadline);
      socket.destroy();
    };
    const deadline = setTimeout(lose, deps.handshakeMs());
    secure.on("error", lose);
    secure.once("close", lose);
    secure.once("secure", () => {
      clearTimeout(deadline);
      secure.off("error", lose);
      secure.off("close", lose);
      deps.accept(secure, place);
    });
  }

  function listen(): void {
    const next = createServer({ pauseOnConnect: false }, take);
    server = next;
    begun = new Promise((resolve) => next.once("listening", resolve).once("error", resolve));
    next.on("error", (error: NodeJS.ErrnoException) => {
      const isNews = fault !== (error.code ?? error.message);
      fault = error.code ?? error.message;
      if (isNews) deps.onChange();
      next.close();
      if (!isStopped) timer = setTimeout(listen, retryMs);
    });
    next.listen({ host: place.address, port: place.port, backlog: 1024 }, () => {
      fault = null;
      deps.onChange();
    });
  }

  listen();
  return {
    place,
    fault: () => fault,
    async stop() {
      isStopped = true;
      if (timer !== null) clearTimeout(timer);
      await begun;
      // The port is free at once; whoever came by it stays.
      server?.close();
    },
  };
}
