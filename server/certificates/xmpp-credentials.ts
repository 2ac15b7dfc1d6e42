import type { SecureContext, TLSSocketOptions } from "node:tls";
import { type CertificateRow, listXmppCertificates } from "#store/certificates.ts";
import type { Changes } from "#store/changes.ts";
import type { Database } from "#store/database.ts";
import type { Vault } from "#store/vault.ts";
import { openKeyPair } from "./stored.ts";
import { createStreamContext, streamTlsOptions } from "./stream-tls.ts";

/** What the streams of one name of ours show. */
export interface XmppCredentials {
  /** PKCS#8 in PEM. It goes to no log and no answer. */
  readonly key: string;
  /** PEM, the chain leaf first. */
  readonly cert: string;
  readonly certificateId: string;
  /** The leaf's end. */
  readonly notAfter: Date;
  /** Of the leaf, SHA-256, as everywhere: upper-case hexadecimal with colons. */
  readonly fingerprint: string;
}

/**
 * The certificates that are in use for XMPP, in memory: which name shows which, to peers that we dial and to those
 * that dial us. Follows what is activated, rolled back and removed, on whichever appliance.
 */
export interface XmppCertificates {
  /** The name's own certificate (canonical A-labels), or null: then we can only prove it by dialback. */
  readonly credentials: (name: string) => XmppCredentials | null;
  /**
   * Options for `new TLSSocket(socket, options)` on a connection that was accepted, as things are now: take them
   * anew for each. The certificate is that of the name in SNI; else of `name`, whom the peer asked for in its
   * stream header or whose listener it is; else of the name that we have longest of those with a certificate, so
   * that a link is encrypted at least. With `ignoresSni` it is that of `name` whatever SNI says. Null while no name has one: then there is no TLS to offer.
   */
  readonly serverOptions: (offer: {
    security: "starttls" | "direct";
    name: string | null;
    ignoresSni?: boolean;
  }) => TLSSocketOptions | null;
  /** Tells which names show another certificate than before, or none. Returns the function that ends it. */
  readonly onChange: (listener: (names: ReadonlySet<string>) => void) => () => void;
  /** Takes up what is active now; resolves when that is done or has failed. Never rejects. */
  readonly refresh: () => Promise<void>;
  readonly start: () => Promise<void>;
  readonly stop: () => void;
}

interface Held {
  readonly credentials: XmppCredentials;
  readonly context: SecureContext;
}

export function createXmppCertificates(deps: {
  db: Database;
  vault: Vault;
  changes: Pick<Changes, "on">;
  onError: (error: unknown) => void;
}): XmppCertificates {
  const listeners = new Set<(names: ReadonlySet<string>) => void>();
  /** By name, the one that we have longest first. */
  let held: ReadonlyMap<string, Held> = new Map();
  let unsubscribe = () => {};
  // One after another: a slow answer must not undo a newer one.
  let turn: Promise<void> = Promise.resolve();

  async function read(): Promise<void> {
    const opened = new Map<string, Held | null>();
    for (const one of held.values()) opened.set(one.credentials.certificateId, one);
    const next = new Map<string, Held>();
    for (const { name, certificate } of await listXmppCertificates(deps.db)) {
      if (!opened.has(certificate.id)) opened.set(certificate.id, open(certificate));
      // One that cannot be taken up leaves its names with what they had.
      const one = opened.get(certificate.id) ?? held.get(name);
      if (one !== undefined) next.set(name, one);
    }
    const before = held;
    held = next;
    const names = [...before.keys(), ...next.keys()];
    tell(new Set(names.filter((name) => before.get(name) !== next.get(name))));
  }

  function open(row: CertificateRow): Held | null {
    try {
      const { keyPem: key, chainPem: cert, fingerprint } = openKeyPair(row, deps.vault);
      const { id: certificateId, notAfter } = row;
      return {
        credentials: { key, cert, certificateId, notAfter, fingerprint },
        context: createStreamContext({ key, cert }),
      };
    } catch (error) {
      deps.onError(error);
      return null;
    }
  }

  function tell(changed: ReadonlySet<string>): void {
    if (changed.size === 0) return;
    for (const listener of listeners) {
      try {
        listener(changed);
      } catch (error) {
        deps.onError(error);
      }
    }
  }

  function refresh(): Promise<void> {
    turn = turn.then(read).catch(deps.onError);
    return turn;
  }

  return {
    credentials: (name) => held.get(name)?.credentials ?? null,
    serverOptions({ security, name, ignoresSni = false }) {
      const [oldest] = held.values();
      if (oldest === undefined) return null;
      const { context } = (name === null ? undefined : held.get(name)) ?? oldest;
      return streamTlsOptions(
        security,
        context,
        // RFC 6066 §3: A-labels, in any case. Another name than ours, such as the SRV target's, is no reason to part.
        (servername) =>
          (ignoresSni ? undefined : held.get(servername.toLowerCase())?.context) ?? context,
      );
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    refresh,
    async start() {
      unsubscribe = deps.changes.on((resource) => {
        // With a domain or a link go its names, and with those their uses.
        if (resource === "*" || resource === "domains" || resource.startsWith("certificates"))
          void refresh();
      });
      await read();
    },
    stop() {
      unsubscribe();
      listeners.clear();
    },
  };
}
