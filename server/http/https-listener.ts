import type { RequestListener } from "node:http";
import { createServer, type Server } from "node:https";
import type { FastifyBaseLogger } from "fastify";
import type { HttpsState } from "#contract/certificates.ts";

const HANDSHAKE_TIMEOUT_MS = 10_000;
/** As Fastify has it for its own listener. */
const KEEP_ALIVE_MS = 72_000;
const DRAIN_MS = 5_000;

/** The HTTPS port: serves the same handler as the HTTP one, with whatever certificate is active. */
export interface HttpsListener {
  /** Listens at once when there is a certificate, else as soon as one is activated. Rejects when the port is taken. */
  readonly start: (handler: RequestListener) => Promise<void>;
  /** Takes up what is active now; new connections see it, running requests end undisturbed. Never rejects. */
  readonly reload: () => Promise<void>;
  readonly stop: () => Promise<void>;
  readonly state: () => HttpsState;
}

export interface ServerKeyPair {
  readonly id: string;
  readonly chainPem: string;
  readonly keyPem: string;
  readonly fingerprint: string;
}

export function createHttpsListener(deps: {
  /** Null: there is no HTTPS. */
  port: number | null;
  host: string;
  /** The active certificate with its key, or null while there is none. */
  keyPair: () => Promise<ServerKeyPair | null>;
  /** Tells of changes made by any appliance on the database. */
  onChange: (listener: (resource: string) => void) => () => void;
  logger: Pick<FastifyBaseLogger, "info" | "warn" | "error">;
}): HttpsListener {
  const { logger } = deps;
  let state: HttpsState = {
    state: deps.port === null ? "off" : "waiting",
    port: deps.port,
    fingerprint: null,
    detail: null,
  };
  let server: Server | null = null;
  let handler: RequestListener | null = null;
  let servedId: string | null = null;
  let unsubscribe = () => {};
  let turn: Promise<void> = Promise.resolve();

  /** Throws when the certificate cannot be had or used, or the port not be opened. */
  async function takeUp(): Promise<void> {
    if (deps.port === null || handler === null) return;
    const pair = await deps.keyPair();
    if (pair === null) return;
    if (pair.id === servedId) {
      state = { ...state, detail: null };
      return;
    }
    const credentials = { cert: pair.chainPem, key: pair.keyPem, minVersion: "TLSv1.2" as const };
    if (server === null) {
      const opened = createServer(
        { ...credentials, ALPNProtocols: ["http/1.1"], handshakeTimeout: HANDSHAKE_TIMEOUT_MS },
        handler,
      );
      opened.keepAliveTimeout = KEEP_ALIVE_MS;
      await listen(opened, deps.port, deps.host);
      // An accept that fails is no reason to end.
      opened.on("error", (error) => logger.error({ err: error, code: "https.failed" }, "HTTPS"));
      server = opened;
    } else {
      // A new context has new ticket keys, so nobody resumes into the old certificate.
      server.setSecureContext(credentials);
      server.closeIdleConnections();
    }
    servedId = pair.id;
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : deps.port;
    state = { state: "serving", port, fingerprint: pair.fingerprint, detail: null };
    logger.info({ port, fingerprint: pair.fingerprint }, "HTTPS serves this certificate");
  }

  function reload(): Promise<void> {
    turn = turn.then(takeUp).catch(failed);
    return turn;
  }

  /** The old certificate stays in service when the new one cannot be taken up. */
  function failed(error: unknown): void {
    const detail = reasonOf(error);
    state = server === null ? { ...state, state: "failed", detail } : { ...state, detail };
    logger.error(
      { err: error, code: "https.failed" },
      "HTTPS could not take up the active certificate",
    );
  }

  return {
    state: () => state,
    reload,
    async start(given) {
      if (deps.port === null) return;
      handler = given;
      unsubscribe = deps.onChange((resource) => {
        if (resource === "*" || resource.startsWith("certificates")) void reload();
      });
      await reload();
      if (
        state.detail === "EADDRINUSE" ||
        state.detail === "EACCES" ||
        state.detail === "EADDRNOTAVAIL"
      )
        throw new Error(`HTTPS_PORT ${deps.port}: ${state.detail}`);
      if (state.state === "waiting")
        logger.warn(
          { port: deps.port },
          "HTTPS_PORT is set but no certificate is active: upload one under Certificates and activate it, HTTPS starts by itself",
        );
    },
    async stop() {
      unsubscribe();
      handler = null;
      await turn;
      const closing = server;
      server = null;
      if (closing !== null) await close(closing);
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
    server.close(() => {
      clearTimeout(force);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** The error's code or OpenSSL's words: never the key, which neither of them quotes. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  const code = "code" in error ? String(error.code) : "";
  return code.startsWith("E") && !code.startsWith("ERR_") ? code : error.message.slice(0, 200);
}
