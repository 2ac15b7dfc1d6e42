import type { Finding } from "#contract/traces.ts";
import type { Domain } from "#protocol/xmpp/address.ts";
import type { XmlElement } from "#protocol/xmpp/element.ts";

/**
 * What carries stanzas between us and one neighbour, whatever it is made of: here a component stream
 * to our XMPP server; native server-to-server and X2X links stand beside it later. The router's key
 * is (local from-domain, remote domain): a component stream speaks for its `name`.
 */
export interface Link {
  readonly id: string;
  readonly kind: "component";
  /** The one local name that may be in `from` (XEP-0114 §3). */
  readonly name: Domain;
  /**
   * Who is at the other end: links with the same neighbour end at the same server. COMPAT(ejabberd): by
   * default it gives each component stream all names of its listener, and spreads their stanzas.
   */
  readonly neighbour: string;
  /** Whether the stream is encrypted to the neighbour. */
  readonly isEncrypted: boolean;
  readonly status: () => LinkStatus;
  /** Serialises and sends, in order. Never throws and never waits. */
  readonly send: (stanza: XmlElement) => SendOutcome;
}

export type SendOutcome =
  /** In the socket's hands: `sizeBytes` on the wire, as `xml`. */
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
  /** Who says that the peer is who it says: on a component stream, our XMPP server. */
  readonly authentication: "external" | "dialback" | "pin" | "vouched";
  readonly tls: boolean;
}
