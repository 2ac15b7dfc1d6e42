import { createServer, isIP, type Server, type Socket } from "node:net";
import { TLSSocket, type TLSSocketOptions } from "node:tls";
import type { Finding } from "#contract/traces.ts";
import { createAttempts } from "#links/attempts.ts";
import { networkOf } from "#links/network-of.ts";
import { hostedFinding } from "./findings.ts";
import type { ComponentHostLimits } from "./limits.ts";

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** The port for components: open as long as it is wanted, tried again as long as it cannot be had. */
export interface ComponentListener {
  readonly open: () => void;
  /** Not open from now on; resolves when its last connection has ended. */
  readonly close: () => Promise<void>;
  /** Where it listens, or why it does not; both null: it is not wanted, or about to. */
  readonly state: () => { readonly port: number | null; readonly problem: Finding | null };
}

export interface ListenerDeps {
  readonly address: ListenAddress;
  /** For each connection off loopback; null: there is no certificate, hence no connection. */
  readonly tls: () => TLSSocketOptions | null;
  /** As they are now, at each connection. */
  readonly limits: Pick<
    ComponentHostLimits,
    "maxWaiting" | "maxWaitingPerAddress" | "maxAttemptsPerMinute" | "listenAgainMs"
  >;
  /** A connection, TLS not yet shaken hands on it; `settled` is to be called when it counts as waiting no more. */
  readonly onConnection: (socket: Socket, isEncrypted: boolean, settled: () => void) => void;
  readonly onChange: () => void;
}

/** XEP-0114 §4: who can listen to a handshake can guess the secret at leisure, so off loopback there is TLS only. */
export function createListener(deps: ListenerDeps): ComponentListener {
  const { host, port } = deps.address;
  const isPlain = isLoopback(host);
  let server: Server | null = null;
  let timer: NodeJS.Timeout | null = null;
  let problem: Finding | null = null;
  let waiting = 0;
  const waitingFrom = new Map<string, number>();
  const attempts = createAttempts(() => deps.limits.maxAttemptsPerMinute);

  function open(): void {
    if (server !== null || timer !== null) return;
    if (!isPlain && deps.tls() === null) {
      become(hostedFinding("hosted.no_tls", { host }));
      return openAgain();
    }
    const opening = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 });
    server = opening;
    opening.on("connection", accept);
    opening.on("listening", () => {
      if (server === opening) become(null);
      else opening.close();
    });
    opening.on("error", (error: NodeJS.ErrnoException) => {
      const errno = error.code ?? error.message;
      const code = errno === "EADDRINUSE" ? "hosted.port_in_use" : "hosted.listen_failed";
      become(hostedFinding(code, { host, port, errno }));
      if (server !== opening) return;
      server = null;
      openAgain();
    });
    opening.listen(port, host);
  }

  function openAgain(): void {
    timer = setTimeout(() => {
      timer = null;
      open();
    }, deps.limits.listenAgainMs);
  }

  function become(next: Finding | null): void {
    const isNews = next?.code !== problem?.code || next === null;
    problem = next;
    if (isNews) deps.onChange();
  }

  function accept(socket: Socket): void {
    const from = networkOf(socket.remoteAddress ?? "");
    const ofSame = waitingFrom.get(from) ?? 0;
    const { maxWaiting, maxWaitingPerAddress } = deps.limits;
    if (waiting >= maxWaiting || ofSame >= maxWaitingPerAddress || attempts.isTooOften(from)) {
      socket.on("error", () => {});
      socket.destroy();
      return;
    }
    waiting++;
    waitingFrom.set(from, ofSame + 1);
    let isSettled = false;
    const settled = () => {
      if (isSettled) return;
      isSettled = true;
      waiting--;
      const left = (waitingFrom.get(from) ?? 1) - 1;
      if (left === 0) waitingFrom.delete(from);
      else waitingFrom.set(from, left);
    };
    socket.on("close", settled);
    if (isPlain) return deps.onConnection(socket, false, settled);
    socket.on("error", () => {});
    const options = deps.tls();
    if (options === null) socket.destroy();
    else deps.onConnection(new TLSSocket(socket, { ...options, isServer: true }), true, settled);
  }

  return {
    open,
    state: () => {
      const address = server?.listening === true ? server.address() : null;
      const isBound = address !== null && typeof address === "object";
      return { port: isBound ? address.port : null, problem };
    },
    async close() {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      problem = null;
      const closing = server;
      server = null;
      if (closing?.listening === true)
        await new Promise<void>((resolve) => closing.close(() => resolve()));
    },
  };
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}
