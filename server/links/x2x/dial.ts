import { connect, isIP, type Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { connect as connectTls, type TLSSocket } from "node:tls";
import type { Finding } from "#contract/traces.ts";
import type { Credentials, OwnCertificates } from "../s2s/credentials.ts";
import type { Carrier, X2xSetup } from "./connection.ts";
import { x2xFinding } from "./findings.ts";
import { fingerprintOf, identify, type IdentityDeps } from "./identify.ts";
import type { X2xLimits, X2xTerms } from "./terms.ts";
import { tlsView, type X2xTls } from "./tls.ts";

export interface DialDeps extends IdentityDeps {
  readonly certificates: Pick<OwnCertificates, "credentials">;
  readonly limits: X2xLimits;
  readonly tls: X2xTls;
  /** IP addresses of a host name, or why there are none. Never rejects. */
  readonly addressesOf: (host: string, signal: AbortSignal) => Promise<readonly string[]>;
}

/** Opens a connection as agreed, from the agreed source, and identifies the peer. */
export async function dialPeer(
  terms: X2xTerms,
  signal: AbortSignal,
  deps: DialDeps,
): Promise<Carrier | Finding> {
  const { name: link, agreement } = terms;
  const place = agreement.sides[1].listens;
  if (place === null) throw new Error(`${terms.id} has nowhere to connect to`);
  const addresses =
    isIP(place.host) === 0 ? await deps.addressesOf(place.host, signal) : [place.host];
  let finding: Finding = x2xFinding("x2x.unresolved", "us", { link, host: place.host });
  for (const address of addresses) {
    if (signal.aborted) break;
    const begun = performance.now();
    const tcp = await openTcp(terms, { address, port: place.port }, signal, deps.limits);
    if (!("pipe" in tcp)) {
      finding = tcp;
      continue;
    }
    if (agreement.security === "plain") {
      const setup = setupOf(tcp, begun);
      const reset = () => void tcp.resetAndDestroy();
      return { socket: tcp, tls: null, fingerprint: null, proof: null, setup, reset };
    }
    const secured = await secure(terms, tcp, signal, deps);
    // Our own last flight leaves once the handshake is told of.
    await nextTurn();
    if ("code" in secured) return secured;
    return secured.socket.destroyed
      ? goneFinding(link)
      : { ...secured, setup: setupOf(tcp, begun) };
  }
  return finding;
}

/** `tcp` is the socket below TLS: it counts what is on the wire. */
export function setupOf(tcp: Socket, begun: number): X2xSetup {
  const { bytesWritten: bytesSent, bytesRead: bytesReceived } = tcp;
  return { ms: Math.round(performance.now() - begun), bytesSent, bytesReceived };
}

function openTcp(
  { name: link, agreement, bindAddress }: X2xTerms,
  { address, port }: { address: string; port: number },
  signal: AbortSignal,
  limits: X2xLimits,
): Promise<Socket | Finding> {
  const sourcePort = agreement.sides[0].opens?.port ?? null;
  const params = { link, host: address, port };
  return new Promise((resolve) => {
    const socket = connect({
      host: address,
      port,
      noDelay: true,
      keepAlive: true,
      ...(bindAddress === null ? {} : { localAddress: bindAddress }),
      ...(sourcePort === null ? {} : { localPort: sourcePort }),
    });
    const finish = (outcome: Socket | Finding) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      socket.off("connect", onConnect);
      if (outcome !== socket) socket.destroy();
      resolve(outcome);
    };
    const seconds = limits.connectMs / 1_000;
    const late = x2xFinding("x2x.timeout", "network", { ...params, phase: "tcp", seconds });
    const onAbort = () => finish(late);
    const onConnect = () => {
      socket.pause();
      finish(socket);
    };
    const timer = setTimeout(onAbort, limits.connectMs);
    signal.addEventListener("abort", onAbort);
    socket.on("connect", onConnect);
    socket.on("error", ({ code: errno = "unknown" }: NodeJS.ErrnoException) => {
      if (/^EADDR|^EACCES|^EINVAL/.test(errno))
        return finish(
          x2xFinding("x2x.source_failed", "us", {
            link,
            address: bindAddress ?? "",
            port: sourcePort,
            errno,
          }),
        );
      if (errno === "ECONNREFUSED") return finish(x2xFinding("x2x.refused", "peer", params));
      finish(x2xFinding("x2x.unreachable", "network", { ...params, errno }));
    });
  });
}

async function secure(
  terms: X2xTerms,
  tcp: Socket,
  signal: AbortSignal,
  deps: DialDeps,
): Promise<Omit<Carrier, "setup"> | Finding> {
  const credentials = ownCredentials(terms, deps.certificates);
  if ("code" in credentials) {
    tcp.destroy();
    return credentials;
  }
  const shaken = await shakeHands(terms, tcp, credentials, signal, deps);
  if ("code" in shaken) return shaken;
  const { socket, chain } = shaken;
  const shown = { address: tcp.remoteAddress ?? "", port: tcp.remotePort ?? 0, chain };
  const judgedAt = performance.now();
  const { fault, ...identity } = await identify(terms, shown, "out", deps);
  if (fault !== null) {
    socket.destroy();
    deps.tls.forgetSession(terms.id);
    return fault;
  }
  // The peer may have ended it while it was judged; of what is closed Node knows no cipher any more.
  if (socket.destroyed) return goneFinding(terms.name);
  const [leaf] = chain;
  const fingerprint = leaf === undefined ? null : fingerprintOf(leaf);
  // Of a TLS socket Node resets nothing: it is that of TCP below.
  const reset = () => void tcp.resetAndDestroy();
  const proof = { ...identity, chain, ownEnd: credentials.notAfter, judgedAt };
  return { socket, tls: tlsView(socket), fingerprint, proof, reset };
}

function goneFinding(link: string): Finding {
  const params = { link, security: "mutual_tls", opened: "by_us" };
  return x2xFinding("x2x.turned_away", "peer", params);
}

function shakeHands(
  { id, name: link, agreement }: X2xTerms,
  tcp: Socket,
  credentials: Credentials,
  signal: AbortSignal,
  { limits, tls }: DialDeps,
): Promise<{ readonly socket: TLSSocket; readonly chain: readonly Uint8Array[] } | Finding> {
  const { host = "", port = 0 } = agreement.sides[1].listens ?? {};
  const params = { link, host, port };
  return new Promise((resolve) => {
    const [servername] = agreement.sides[1].domains;
    const isPinned = agreement.sides[0].certificate?.by === "pins";
    const secureContext = tls.contextFor(credentials, isPinned);
    const earlier = tls.session(id, secureContext);
    const socket = connectTls({
      socket: tcp,
      secureContext,
      rejectUnauthorized: false,
      ...(earlier === undefined ? {} : { session: earlier.ticket }),
      ...(servername === undefined ? {} : { servername }),
    });
    let chain: readonly Uint8Array[] = [];
    let ticket: Buffer | null = null;
    /** Tickets come before and behind the end of the handshake, which alone tells of the chain. */
    const keep = () => {
      if (ticket !== null && chain.length > 0)
        tls.keepSession(id, secureContext, { ticket, chain });
    };
    const finish = (fault: Finding | null) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      socket.off("close", onClose);
      if (fault !== null) tcp.destroy();
      resolve(fault ?? { socket, chain });
    };
    const seconds = limits.connectMs / 1_000;
    const onAbort = () =>
      finish(x2xFinding("x2x.timeout", "network", { ...params, phase: "tls", seconds }));
    const onClose = () =>
      finish(x2xFinding("x2x.tls_failed", "peer", { ...params, detail: "closed" }));
    const timer = setTimeout(onAbort, limits.connectMs);
    signal.addEventListener("abort", onAbort);
    socket.once("secureConnect", () => {
      socket.pause();
      chain = tls.dialledChain(socket, earlier);
      keep();
      finish(null);
    });
    socket.on("session", (next: Buffer) => {
      ticket = next;
      keep();
    });
    socket.on("close", onClose);
    socket.on("error", (error: NodeJS.ErrnoException & { reason?: string }) =>
      finish(tlsFinding(error, "out", params)),
    );
  });
}

/** What OpenSSL has against a handshake; a peer without TLS is told by its first bytes. */
export function tlsFinding(
  error: NodeJS.ErrnoException & { reason?: string },
  direction: "in" | "out",
  params: Finding["params"] & { link: string },
): Finding {
  const detail = (error.reason ?? error.code ?? error.message).slice(0, 200);
  if (/wrong version number|packet length|http request|unknown protocol/.test(detail))
    return x2xFinding("x2x.plain_there", "peer", { link: params.link });
  const owner = direction === "in" ? "peer" : "network";
  return x2xFinding("x2x.tls_failed", owner, { ...params, detail });
}

/** The certificate that stands for our side: the first that one of our domains has. */
export function ownCredentials(
  { name: link, agreement }: X2xTerms,
  certificates: Pick<OwnCertificates, "credentials">,
): Credentials | Finding {
  const { domains } = agreement.sides[0];
  for (const domain of domains) {
    const found = certificates.credentials(domain);
    if (found !== null) return found;
  }
  return x2xFinding("x2x.no_certificate", "us", { link, domain: domains[0] ?? "" });
}
