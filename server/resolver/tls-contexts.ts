import { createSecureContext, DEFAULT_CIPHERS, type SecureContext } from "node:tls";

/** What we show of ourselves in TLS: PEM, the chain leaf first. */
export interface Credentials {
  readonly key: string;
  readonly cert: string;
}

export type MinTls = "TLSv1.2" | "TLSv1.3";

/** Contexts of outgoing TLS. To make one costs as much as a handshake, so they are kept. */
export interface TlsContexts {
  /** Throws when key and certificate cannot be read or do not belong together. */
  readonly contextFor: (minTls: MinTls, credentials: Credentials | null) => SecureContext;
}

const maxKept = 200;

export function createTlsContexts(): TlsContexts {
  const kept = new Map<string, SecureContext>();
  return {
    contextFor(minTls, credentials) {
      const key = JSON.stringify([minTls, credentials?.cert, credentials?.key]);
      const known = kept.get(key);
      kept.delete(key);
      const context = known ?? createContext(minTls, credentials);
      kept.set(key, context);
      const [oldest] = kept.keys();
      if (kept.size > maxKept && oldest !== undefined) kept.delete(oldest);
      return context;
    },
  };
}

function createContext(minVersion: MinTls, credentials: Credentials | null): SecureContext {
  return createSecureContext({
    // No roots: the chain as sent is judged elsewhere, and nothing is to be added to it.
    ca: [],
    minVersion,
    // A key that is too small is a finding, not the end of the handshake; but what is said stays secret when a
    // server's key becomes known (RFC 9325 §4.1: no key transport by RSA).
    ciphers: `${DEFAULT_CIPHERS}:!kRSA:@SECLEVEL=0`,
    ...(credentials === null ? {} : { key: credentials.key, cert: credentials.cert }),
  });
}
