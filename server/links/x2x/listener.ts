import { createServer, type Server, type Socket } from "node:net";
import { type SecureContext, TLSSocket } from "node:tls";
import type { Finding } from "#contract/traces.ts";
import type { OwnCertificates } from "../s2s/credentials.ts";
import type { Carrier, X2xSetup } from "./connection.ts";
import { ownCredentials, setupOf, tlsFinding } from "./dial.ts";
import { x2xFinding } from "./findings.ts";
import {
  fingerprintOf,
  identify,
  type IdentityDeps,
  originFault,
  originRank,
  plainAddress,
} from "./identify.ts";
import type { Proof } from "./standing.ts";
import type { X2xLimits, X2xTerms } from "./terms.ts";
import { tlsView, type X2xTls } from "./tls.ts";
import { createWaitingPlaces, type WaitingTimes } from "./waiting-places.ts";

/** One port on which the peers of some links connect, and nobody else. */
export interface X2xListener {
  /** Null while it listens, else the system's word, such as `EADDRINUSE`. */
  readonly fault: () => string | null;
  /** Closes the port; connections that were accepted go on. */
  readonly stop: () => Promise<void>;
}

/** Who has come and proved who it is: `secured` is TLS over `tcp`, or the same where nothing is encrypted. */
interface Arrived {
  readonly tcp: Socket;
  readonly secured: Socket;
  readonly proof: Proof | null;
  readonly setup: X2xSetup;
}

export interface X2xListenerDeps extends IdentityDeps {
  readonly certificates: Pick<OwnCertificates, "credentials">;
  readonly limits: X2xLimits;
  readonly tls: X2xTls;
  /** Links that accept on this port now. */
  readonly links: () => readonly X2xTerms[];
  /** `link` is what it was identified by, which need not be set up any more. */
  readonly onAccepted: (link: X2xTerms, carrier: Carrier) => void;
  /** Somebody connected from `address` who is not the peer, or not as agreed; `link`: of which it would have been, as above. */
  readonly onRefused: (link: X2xTerms, finding: Finding, address: string) => void;
  readonly onChange: () => void;
  readonly onError: (error: unknown) => void;
}

/** TLS is spoken, and with which certificate of ours. */
interface Shaken {
  readonly socket: TLSSocket;
  readonly ownEnd: Date;
}

const retryMs = 5_000;

export function createX2xListener(
  place: { readonly address: string | null; readonly port: number },
  deps: X2xListenerDeps,
): X2xListener {
  let fault: string | null = "starting";
  let timer: NodeJS.Timeout | null = null;
  let isStopped = false;
  let server: Server | null = null;
  let begun: Promise<unknown> = Promise.resolve();
  const places = createWaitingPlaces(deps.limits);

  function take(socket: Socket): void {
    socket.on("error", () => {});
    const times = places.take(socket);
    if (times === null) return void socket.destroy();
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60_000);
    void admit(socket, times)
      .catch((error: unknown) => {
        socket.destroy();
        deps.onError(error);
      })
      .finally(() => places.leave(socket));
  }

  /** The links that a connection from there may be of, the best fit first: what is spoken there rules the others out. */
  function candidates(address: string, port: number): readonly X2xTerms[] {
    const ranked = deps.links().map((terms) => ({ terms, rank: originRank(terms, address, port) }));
    const fitting = ranked
      .filter(({ rank }) => rank > 0)
      .toSorted((one, other) => other.rank - one.rank);
    const security = fitting[0]?.terms.agreement.security;
    return fitting
      .map(({ terms }) => terms)
      .filter(({ agreement }) => agreement.security === security);
  }

  async function admit(socket: Socket, times: WaitingTimes): Promise<void> {
    const begun = performance.now();
    const address = plainAddress(socket.remoteAddress ?? "");
    const port = socket.remotePort ?? 0;
    const fitting = candidates(address, port);
    const [first] = fitting;
    if (first === undefined) return refuse(socket, address, port);
    const isPlain = first.agreement.security === "plain";
    const shaken = isPlain ? null : await shakeHands(socket, [first, fitting], times);
    if (shaken === null && !isPlain) return;
    const secured = shaken?.socket ?? socket;
    const chain = shaken === null ? null : deps.tls.chainOf(shaken.socket);
    const called = shaken === null ? fitting : calledFirst(fitting, shaken.socket.servername);
    let fault: Finding | null = null;
    const judgedAt = performance.now();
    for (const terms of called) {
      const origin = { address, port, chain };
      const { fault: found, ...identity } = await identify(terms, origin, "in", deps);
      if (found === null) {
        if (chain !== null) deps.tls.identified(chain);
        const isProven = chain !== null && shaken !== null;
        const proof = isProven ? { ...identity, chain, ownEnd: shaken.ownEnd, judgedAt } : null;
        return accept(terms, { tcp: socket, secured, proof, setup: setupOf(socket, begun) });
      }
      fault ??= found;
    }
    socket.destroy();
    if (fault !== null) deps.onRefused(called[0] ?? first, fault, address);
  }

  /** It comes from where no link's peer does: not even TLS is spoken with it. */
  async function refuse(socket: Socket, address: string, port: number): Promise<void> {
    socket.destroy();
    const [first] = deps.links();
    if (first === undefined) return;
    const fault = await originFault(first, { address, port }, deps);
    if (fault !== null) deps.onRefused(first, fault, address);
  }

  function accept(terms: X2xTerms, { tcp, secured, proof, setup }: Arrived): void {
    if (secured.destroyed) return;
    const [leaf] = proof?.chain ?? [];
    deps.onAccepted(terms, {
      socket: secured,
      tls: secured instanceof TLSSocket ? tlsView(secured) : null,
      fingerprint: leaf === undefined ? null : fingerprintOf(leaf),
      proof,
      setup,
      // Of a TLS socket Node resets nothing: it is that of TCP below.
      reset: () => void tcp.resetAndDestroy(),
    });
  }

  async function shakeHands(
    socket: Socket,
    [best, fitting]: readonly [X2xTerms, readonly X2xTerms[]],
    times: WaitingTimes,
  ): Promise<Shaken | null> {
    const due = performance.now() + times.allMs;
    const contextOf = (link: X2xTerms) => ownContext(link, deps);
    const isReady = (link: X2xTerms) => !("code" in contextOf(link));
    let terms = fitting.find(isReady) ?? best;
    const shown = contextOf(terms);
    const host = plainAddress(socket.remoteAddress ?? "");
    const params = () => ({ link: terms.name, host, port: socket.remotePort ?? 0 });
    const seconds = times.allMs / 1_000;
    const first = await firstByte(socket, times.firstByteMs);
    // Somebody looked whether the port is open. Whoever stays and says nothing speaks no TLS either.
    if (first === null && socket.destroyed) return null;
    if ("code" in shown || first !== HANDSHAKE) {
      const plain = x2xFinding("x2x.plain_there", "peer", { link: terms.name });
      const isOurs = "code" in shown;
      endInTls(socket, isOurs ? alerts.internalError : alerts.unexpectedMessage);
      deps.onRefused(terms, isOurs ? shown : plain, host);
      return null;
    }
    let own = shown;
    return await new Promise((resolve) => {
      const secure = new TLSSocket(socket, {
        isServer: true,
        secureContext: own.context,
        SNICallback(name, done) {
          [terms = terms] = calledFirst(fitting, name);
          const its = contextOf(terms);
          if ("code" in its) return lose(its);
          own = its;
          done(null, own.context);
        },
        requestCert: true,
        rejectUnauthorized: false,
      });
      const lose = (finding: Finding) => {
        clearTimeout(deadline);
        socket.destroy();
        if (places.has(socket)) deps.onRefused(terms, finding, host);
        resolve(null);
      };
      const onLate = () =>
        lose(x2xFinding("x2x.timeout", "peer", { ...params(), phase: "tls", seconds }));
      // It speaks TLS, so it is ours that it does not take.
      const away = { security: "mutual_tls", opened: "by_them" };
      const onClose = () =>
        lose(x2xFinding("x2x.turned_away", "peer", { link: terms.name, ...away }));
      const onError = (error: NodeJS.ErrnoException) =>
        error.code === "ECONNRESET" ? onClose() : lose(tlsFinding(error, "in", params()));
      const deadline = setTimeout(onLate, due - performance.now());
      // Where Node says what OpenSSL had against a handshake; `error` only says that the connection is gone.
      secure.once("_tlsError", onError);
      secure.once("error", onError);
      secure.once("close", onClose);
      secure.once("secure", () => {
        clearTimeout(deadline);
        secure.off("_tlsError", onError);
        secure.off("error", onError);
        secure.off("close", onClose);
        secure.on("error", () => {});
        secure.pause();
        resolve({ socket: secure, ownEnd: own.notAfter });
      });
    });
  }

  function listen(): void {
    const next = createServer({ pauseOnConnect: true }, take);
    server = next;
    begun = new Promise((resolve) => next.once("listening", resolve).once("error", resolve));
    next.on("error", (error: NodeJS.ErrnoException) => {
      fault = error.code ?? error.message;
      deps.onChange();
      next.close();
      if (!isStopped) timer = setTimeout(listen, retryMs);
    });
    const host = place.address === null ? {} : { host: place.address };
    next.listen({ ...host, port: place.port, backlog: 64 }, () => {
      fault = null;
      deps.onChange();
    });
  }

  listen();
  return {
    fault: () => fault,
    async stop() {
      isStopped = true;
      if (timer !== null) clearTimeout(timer);
      await begun;
      server?.close();
    },
  };
}

/** Links that whoever connected asked for by SNI, then the others: the first domain of the side that is dialled. */
function calledFirst(links: readonly X2xTerms[], name: unknown): readonly X2xTerms[] {
  const asked = typeof name === "string" ? name.toLowerCase() : null;
  const isAsked = ({ agreement }: X2xTerms) => agreement.sides[0].domains[0] === asked;
  return [...links.filter(isAsked), ...links.filter((one) => !isAsked(one))];
}

function ownContext(
  terms: X2xTerms,
  { certificates, tls }: Pick<X2xListenerDeps, "certificates" | "tls">,
): { readonly context: SecureContext; readonly notAfter: Date } | Finding {
  const credentials = ownCredentials(terms, certificates);
  if ("code" in credentials) return credentials;
  const isPinned = terms.agreement.sides[0].certificate?.by === "pins";
  const context = tls.contextFor(credentials, isPinned);
  return { context, notAfter: credentials.notAfter };
}

/** Content type of TLS's first record (RFC 8446 §5.1). */
const HANDSHAKE = 0x16;

/** Descriptions of TLS's fatal alerts (RFC 8446 §6.2). */
const alerts = { unexpectedMessage: 10, internalError: 80 } as const;

/** Whoever speaks in clear learns by these seven bytes that TLS is spoken here. */
function endInTls(socket: Socket, description: number): void {
  socket.end(Uint8Array.of(0x15, 3, 3, 0, 2, 2, description));
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), END_MS);
  socket.once("close", () => clearTimeout(timer));
}

const END_MS = 2_000;

/** The first byte that comes, left where it is; null when none does in time. */
function firstByte(socket: Socket, withinMs: number): Promise<number | null> {
  return new Promise((resolve) => {
    const finish = (byte: number | null) => {
      clearTimeout(timer);
      socket.off("readable", onReadable);
      socket.off("close", onClose);
      resolve(byte);
    };
    const onReadable = () => {
      const bytes = socket.read() as Buffer | null;
      if (bytes === null) return;
      socket.unshift(bytes);
      finish(bytes[0] ?? null);
    };
    const onClose = () => finish(null);
    const timer = setTimeout(onClose, withinMs);
    socket.on("readable", onReadable);
    socket.on("close", onClose);
  });
}
