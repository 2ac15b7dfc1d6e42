import { connect, type Socket } from "node:net";
import { connect as connectTls, type SecureContext, type TLSSocket } from "node:tls";
import type { DialRecord } from "./dial-record.ts";

export type TcpEnd =
  | ({ readonly kind: "open"; readonly socket: Socket } & Held)
  | { readonly kind: "timeout" }
  | { readonly kind: "failed"; readonly errno: string };

export type TlsEnd =
  | ({ readonly kind: "open"; readonly socket: TLSSocket } & Held)
  | { readonly kind: "timeout" }
  | { readonly kind: "failed"; readonly reason: string };

interface Held {
  /** The dial is over: later errors are nobody's here, and the socket no longer keeps alive what the dial knew. */
  readonly release: () => void;
}

interface Limits {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly record: DialRecord;
}

export interface TlsOptions extends Limits {
  readonly servername: string;
  readonly alpn: readonly string[];
  readonly context: SecureContext;
}

const maxChain = 20;

/** Opens TCP to an address (not a name). The socket comes without listeners of its own but `error`. */
export function openTcp(
  place: {
    readonly address: string;
    readonly family: 4 | 6;
    readonly candidate: { readonly port: number };
  },
  limits: Limits,
): Promise<TcpEnd> {
  const { record, signal } = limits;
  record.begin("tcp");
  return new Promise((resolve) => {
    if (signal.aborted) return resolve({ kind: "timeout" });
    const { address: host, family, candidate } = place;
    const socket = connect({ host, port: candidate.port, family, noDelay: true });
    record.watch(socket);
    const finish = (end: TcpEnd) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      socket.off("connect", onConnect);
      if (end.kind !== "open") socket.destroy();
      resolve(end);
    };
    const onAbort = () => finish({ kind: "timeout" });
    const onConnect = () =>
      finish({ kind: "open", socket, release: () => ignoreErrors(socket, onError) });
    // An error after this promise is settled must find a listener, too.
    const onError = (error: NodeJS.ErrnoException) =>
      finish({ kind: "failed", errno: error.code ?? "unknown" });
    const timer = setTimeout(onAbort, limits.timeoutMs);
    signal.addEventListener("abort", onAbort);
    socket.on("connect", onConnect);
    socket.on("error", onError);
  });
}

/** In place of `listener`, as errors without one would end the process. */
function ignoreErrors(socket: Socket, listener: (error: NodeJS.ErrnoException) => void): void {
  socket.on("error", ignore);
  socket.off("error", listener);
}

function ignore(): void {}

/**
 * TLS 1.2 or later over an open socket, without refusing any certificate: the chain as sent is
 * recorded and judged elsewhere. No root is given to the TLS layer, so that nothing is added to it.
 */
export function openTls(plain: Socket, options: TlsOptions): Promise<TlsEnd> {
  const { record, signal, servername } = options;
  record.begin("tls");
  return new Promise((resolve) => {
    if (signal.aborted) return resolve({ kind: "timeout" });
    const socket = connectTls({
      socket: plain,
      servername,
      rejectUnauthorized: false,
      secureContext: options.context,
      ...(options.alpn.length > 0 ? { ALPNProtocols: [...options.alpn] } : {}),
    });
    const finish = (end: TlsEnd) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      plain.off("close", onClose);
      socket.off("secureConnect", onSecure);
      if (end.kind !== "open") socket.destroy();
      resolve(end);
    };
    const onAbort = () => finish({ kind: "timeout" });
    const onClose = () => finish({ kind: "failed", reason: "closed" });
    const onSecure = () => {
      record.setTls(
        {
          version: socket.getProtocol() ?? "unknown",
          cipher: socket.getCipher().standardName,
          alpn: socket.alpnProtocol === false ? null : socket.alpnProtocol,
          servername,
        },
        chainOf(socket),
      );
      finish({ kind: "open", socket, release: () => ignoreErrors(socket, onError) });
    };
    // As that of TCP; a server that wants our certificate may say so only after the handshake (TLS 1.3).
    const onError = (error: NodeJS.ErrnoException) => {
      if (error.code?.startsWith("ERR_SSL_")) record.setAlert(reasonOf(error));
      finish({ kind: "failed", reason: reasonOf(error) });
    };
    const timer = setTimeout(onAbort, options.timeoutMs);
    signal.addEventListener("abort", onAbort);
    plain.on("close", onClose);
    socket.on("secureConnect", onSecure);
    socket.on("error", onError);
  });
}

/** DER as the peer sent it, leaf first, in its order. */
function chainOf(socket: TLSSocket): Uint8Array[] {
  const chain: Uint8Array[] = [];
  let next = socket.getPeerX509Certificate();
  while (next !== undefined && chain.length < maxChain) {
    chain.push(new Uint8Array(next.raw));
    next = next.issuerCertificate;
  }
  return chain;
}

/** OpenSSL's own words for the alert or fault: `tlsv1 alert protocol version`, `wrong version number`. */
function reasonOf(error: NodeJS.ErrnoException & { reason?: string }): string {
  if (error.reason !== undefined) return error.reason.slice(0, 200);
  return (error.code ?? error.message).slice(0, 200);
}
