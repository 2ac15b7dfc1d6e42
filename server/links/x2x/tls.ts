import { createSecureContext, type SecureContext, type TLSSocket } from "node:tls";
import { chainOf } from "../s2s/chain.ts";
import type { Credentials } from "../s2s/credentials.ts";
import type { X2xConnectionView } from "./connection.ts";
import { fingerprintOf } from "./identify.ts";

/** TLS of X2X links: contexts, and what lets a later handshake be shorter than the first. */
export interface X2xTls {
  /** `isPinned`: the peer knows our certificate itself, so what signed it need not be sent. */
  readonly contextFor: (credentials: Credentials, isPinned: boolean) => SecureContext;
  /** What a connection to that peer may be resumed with: not what was made with another certificate of ours. */
  readonly session: (linkId: string, context: SecureContext) => X2xSession | undefined;
  readonly keepSession: (linkId: string, context: SecureContext, session: X2xSession) => void;
  /** It went on with a session of somebody who is not the peer (any more). */
  readonly forgetSession: (linkId: string) => void;
  /** The chain of whom we dialled: of a session that is resumed that of the handshake which it goes back to, whoever was met since. */
  readonly dialledChain: (
    socket: TLSSocket,
    earlier: X2xSession | undefined,
  ) => readonly Uint8Array[];
  /** The chain that whoever connected showed in this session, or, when it was resumed, in the one that it goes on with. */
  readonly chainOf: (socket: TLSSocket) => readonly Uint8Array[];
  /** Who showed it was identified: no stranger's takes its place. */
  readonly identified: (chain: readonly Uint8Array[]) => void;
}

/** What a session that we began can be resumed with, and what the peer showed in the handshake that it goes back to. */
export interface X2xSession {
  readonly ticket: Buffer;
  readonly chain: readonly Uint8Array[];
}

const maxKept = 200;

export function createX2xTls(): X2xTls {
  const contexts = new Map<string, SecureContext>();
  const sessions = new Map<string, X2xSession & { readonly context: SecureContext }>();
  /** By the fingerprint of the leaf, which is all that a resumed server still has: of peers, and of whoever else came. */
  const chains = new Map<string, readonly Uint8Array[]>();
  const otherChains = new Map<string, readonly Uint8Array[]>();

  return {
    contextFor(credentials, isPinned) {
      const cert = isPinned ? leafOf(credentials.cert) : credentials.cert;
      const key = `${cert}\n${credentials.key}`;
      const known = contexts.get(key);
      if (known !== undefined) return known;
      const context = x2xContext({ key: credentials.key, cert });
      keep(contexts, key, context);
      return context;
    },
    session(linkId, context) {
      const kept = sessions.get(linkId);
      return kept?.context === context ? kept : undefined;
    },
    keepSession: (linkId, context, session) => keep(sessions, linkId, { context, ...session }),
    forgetSession: (linkId) => void sessions.delete(linkId),
    dialledChain: (socket, earlier) =>
      socket.isSessionReused() && earlier !== undefined ? earlier.chain : chainOf(socket),
    chainOf(socket) {
      const shown = chainOf(socket);
      const key = keyOf(shown);
      if (socket.isSessionReused()) return chains.get(key) ?? otherChains.get(key) ?? shown;
      keep(chains.has(key) ? chains : otherChains, key, shown);
      return shown;
    },
    identified(chain) {
      const key = keyOf(chain);
      otherChains.delete(key);
      keep(chains, key, chain);
    },
  };
}

/**
 * TLS from the first byte, 1.3 only: one round trip where 1.2 takes two. One group, whose key is 32 bytes: the usual
 * first offer has one of 1.2 kB with it, which takes four seconds at 2400 bit/s. The chain is judged by whoever asked for the
 * connection, since Node's own check goes by purpose.
 */
function x2xContext(pair: { readonly key: string; readonly cert: string }): SecureContext {
  return createSecureContext({
    ...pair,
    ca: [],
    minVersion: "TLSv1.3",
    ecdhCurve: "X25519",
    sessionIdContext: "wavegate-x2x",
  });
}

function keyOf([leaf]: readonly Uint8Array[]): string {
  return leaf === undefined ? "" : fingerprintOf(leaf);
}

function leafOf(chainPem: string): string {
  const end = "-----END CERTIFICATE-----";
  return `${chainPem.slice(0, chainPem.indexOf(end))}${end}\n`;
}

function keep<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > maxKept && oldest !== undefined) map.delete(oldest);
}

export function tlsView(socket: TLSSocket): X2xConnectionView["tls"] {
  return {
    version: socket.getProtocol() ?? "",
    cipher: socket.getCipher().standardName,
    isResumed: socket.isSessionReused(),
  };
}
