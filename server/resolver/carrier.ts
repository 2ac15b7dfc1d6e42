import type { XmlElement } from "#protocol/xmpp/element.ts";

/** What resolution needs of the links: who would carry a stanza to a domain, and one answer to it. */
export interface StanzaCarrier {
  readonly sourceFor: (
    domain: string,
  ) =>
    | { readonly ok: true; readonly from: string; readonly linkId: string }
    | { readonly ok: false; readonly code: string };
  /** One IQ and its only answer, by id, addresses and link; never rejects, never hangs. */
  readonly request: (
    input: CarriedRequest & { readonly type: "get" | "set"; readonly payload: XmlElement },
  ) => Promise<Exchange>;
  /** A Wave ping, answered by its receipt or by a message error (WAVE §1.8). */
  readonly wavePing: (input: CarriedRequest) => Promise<Exchange>;
}

export interface CarriedRequest {
  readonly from: string;
  readonly to: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface Exchange {
  readonly kind: "result" | "error" | "timeout" | "not_sent" | "cancelled";
  readonly linkId: string | null;
  readonly payload: XmlElement | null;
  /** Stanza error condition and text; for `not_sent`, why. */
  readonly condition: string | null;
  readonly text: string | null;
  /** Who answered with the error. */
  readonly answeredBy: string | null;
  readonly roundTripMs: number | null;
  /** The answer came back over the stream that took the question (XEP-0288): it says nothing of the other direction. */
  readonly usedOneStream: boolean;
  readonly transcript: readonly {
    readonly direction: "out" | "in";
    /** Milliseconds since the epoch. */
    readonly at: number;
    readonly xml: string;
  }[];
}

/**
 * Whether an error is our own server's, which found nobody to give the stanza to (RFC 6120 §10.4),
 * rather than the peer's answer, which proves the way there.
 */
export function isBounce(exchange: Exchange, from: string): boolean {
  if (exchange.kind !== "error") return false;
  const { condition, answeredBy } = exchange;
  if (condition === "remote-server-not-found" || condition === "remote-server-timeout") return true;
  return answeredBy !== null && answeredBy === from;
}
