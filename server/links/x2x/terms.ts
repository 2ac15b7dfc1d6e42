import type { Agreement } from "#protocol/x2x/agreement.ts";
import { type InflationLimits, inflationLimits } from "#protocol/x2x/compression.ts";

/** One X2X link as it is set up on this appliance. */
export interface X2xTerms {
  readonly id: string;
  readonly name: string;
  /** `sides[0]` is ours. */
  readonly agreement: Agreement;
  /** Of several links to the same peer the lowest that works is used (XEP-0361 §4.4). */
  readonly priority: number;
  /** Whether stanzas take a normal server-to-server stream while no link to the peer works. */
  readonly fallsBack: boolean;
  /** Our own address for connections that we open; null: as the system routes. */
  readonly bindAddress: string | null;
  /** Address of the port that we accept on; null: all. */
  readonly listenAddress: string | null;
}

/** Times in milliseconds. */
export interface X2xLimits {
  readonly maxDepth: number;
  /** What may wait for a connection, or for a peer that does not read; the bytes besides one stanza of the agreed size. */
  readonly maxQueuedStanzas: number;
  readonly maxQueuedBytes: number;
  /** How long a stanza may wait for a connection. */
  readonly waitMs: number;
  /** TCP, and then TLS: slow links take their time. */
  readonly connectMs: number;
  /** For the other side's end, and how long that may take in all while what was sent is still on a slow line. */
  readonly closeMs: number;
  readonly maxCloseMs: number;
  /** A ping goes behind stanzas that have waited so long for a proof; what it may take. */
  readonly probeAfterMs: number;
  readonly answerMs: number;
  /** What may be under way is given so much more: a slow line has to bring it first. */
  readonly msPerByte: number;
  /** A connection that breaks earlier than that counts as an attempt that failed. */
  readonly earlyMs: number;
  /** Before the next attempt: doubles, with jitter, up to the maximum. */
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  /** The same where it is our own port or address that cannot be had. */
  readonly maxSourceDelayMs: number;
  /** Connections of one port that are not identified yet, and how many of them may be of one network. */
  readonly maxUnidentified: number;
  readonly maxUnidentifiedOfOne: number;
  /** Of a compressed connection; both sides go by the same (docs/x2x-profile.md). */
  readonly inflation: InflationLimits;
}

/** Whether we may connect to the peer. */
export function mayOpen({ agreement: { sides } }: X2xTerms): boolean {
  return sides[0].opens !== null && sides[1].listens !== null;
}

/** The port that a link accepts on, as a key; null: it accepts nothing. */
export function placeOf({
  agreement,
  listenAddress,
}: Pick<X2xTerms, "agreement" | "listenAddress">): string | null {
  const [ours, theirs] = agreement.sides;
  if (ours.listens === null || theirs.opens === null) return null;
  return `${listenAddress ?? "*"} ${ours.listens.port}`;
}

/** Any stanza that was agreed has room. */
export function maxQueuedBytes({ agreement }: X2xTerms, limits: X2xLimits): number {
  return limits.maxQueuedBytes + agreement.maxStanzaBytes;
}

export const x2xLimits: X2xLimits = {
  maxDepth: 100,
  maxQueuedStanzas: 4_096,
  maxQueuedBytes: 4 * 1024 * 1024,
  waitMs: 120_000,
  connectMs: 60_000,
  closeMs: 30_000,
  maxCloseMs: 600_000,
  probeAfterMs: 60_000,
  answerMs: 120_000,
  // 2400 bit/s.
  msPerByte: 8_000 / 2_400,
  earlyMs: 5_000,
  firstDelayMs: 1_000,
  maxDelayMs: 60_000,
  maxSourceDelayMs: 5_000,
  maxUnidentified: 100,
  maxUnidentifiedOfOne: 10,
  inflation: inflationLimits,
};
