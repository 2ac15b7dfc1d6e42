import type { Finding } from "#contract/traces.ts";
import type { Domain } from "#protocol/xmpp/address.ts";
import type { XmlElement } from "#protocol/xmpp/element.ts";

/**
 * What carries the stanzas of one local name: a component stream to our XMPP server, or our own server-to-server
 * streams (`s2s`, and `hosted` for the name of a component that is attached to us). The router's key is
 * (local from-domain, remote domain): a link speaks for its `name`.
 */
export interface Link {
  readonly id: string;
  readonly kind: "component" | "s2s" | "hosted";
  /** The one local name that may be in `from` (XEP-0114 §3, RFC 6120 §8.1.2.2). */
  readonly name: Domain;
  /**
   * Who is at the other end: links with the same neighbour end at the same server, and all native ones at our own
   * listeners. COMPAT(ejabberd): by default it gives each component stream all names of its listener, and spreads
   * their stanzas.
   */
  readonly neighbour: string;
  /** Whether a component stream is encrypted to the neighbour; native streams say it each. */
  readonly isEncrypted: boolean;
  /** Of a native link: whether a certificate that is in date proves its name to others. */
  readonly canProve?: () => boolean;
  readonly status: () => LinkStatus;
  /** Serialises and sends, in order. Never throws and never waits. */
  readonly send: (stanza: XmlElement) => SendOutcome;
}

/** A link that follows the database: started when it is held here, stopped when it no longer is. */
export interface ManagedLink extends Link {
  readonly start: () => void;
  /** Closes politely what it has open; resolves when nothing of it is left. */
  readonly stop: () => Promise<void>;
  /** Ends the wait before the next attempt. */
  readonly hurry: () => void;
}

export type SendOutcome =
  /** In the hands of a socket or of a queue that sends or bounces it: `sizeBytes` on the wire, as `xml`. */
  | { readonly kind: "sent"; readonly sizeBytes: number; readonly xml: string }
  /** Not attached. */
  | { readonly kind: "down" }
  /** The neighbour does not read: what may wait is used up. */
  | { readonly kind: "full" };

/** The state of a link in words, as data. */
export interface LinkStatus {
  readonly state: "connecting" | "attached" | "waiting" | "stopped";
  readonly since: Date;
  /** Why it is not attached, or why it last was not. */
  readonly lastError: Finding | null;
  /** Attempts that failed in a row. */
  readonly attempts: number;
  readonly nextAttemptAt: Date | null;
}

/** Where a stanza came from, so that services need know nothing of links. */
export interface Provenance {
  readonly linkId: string;
  readonly kind: Link["kind"];
  /** Domain of the stanza's `from`. */
  readonly peerDomain: Domain;
  /**
   * Who says that the peer is who it says: on a component stream, our XMPP server; `local`: it is one of ours; `agreed`:
   * an X2X link, on which it was identified as was agreed (XEP-0361 §4.2).
   */
  readonly authentication: "external" | "dialback" | "vouched" | "local" | "agreed";
  readonly tls: boolean;
}
