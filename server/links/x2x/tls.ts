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
  readonly session: (linkId: string, context: SecureContext) => Buffer | undefined;
  readonly keepSession: (linkId: string, context: SecureContext, session: Buffer) => void;
  /**
   * The chain that the peer showed in this session, or, when it was resumed, in the one that it goes on with; `dialled`:
   * the link that we dialled for.
   */
  readonly chainOf: (socket: TLSSocket, dialled?: string) => readonly Uint8Array[];
}

const maxKept = 200;

export function createX2xTls(): X2xTls {
  const contexts = new Map<string, SecureContext>();
  const sessions = new Map<string, { readonly context: SecureContext; readonly session: Buffer }>();
  /** By the link that was dialled, or by the fingerprint of the leaf, which is all that a resumed server still has. */
  const chains = new Map<string, readonly Uint8Array[]>();

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
      return kept?.context === context ? kept.session : undefined;
    },
    keepSession: (linkId, context, session) => keep(sessions, linkId, { context, session }),
    chainOf(socket, dialled) {
      const shown = chainOf(socket);
      const [leaf] = shown;
      const key = dialled ?? (leaf === undefined ? "" : fingerprintOf(leaf));
      if (socket.isSessionReused()) return chains.get(key) ?? shown;
      keep(chains, key, shown);
      return shown;
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
