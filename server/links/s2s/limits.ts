/** What a stranger may cost us (RFC 6120 §13.12), and how patient we are. Times in milliseconds. */
export interface S2sLimits {
  /** Bytes of one first-level element, before and after the peer is authenticated. */
  readonly maxEarlyBytes: number;
  readonly maxStanzaBytes: number;
  readonly maxDepth: number;
  /** From the first byte of a connection to its first authentication. */
  readonly negotiationMs: number;
  /** From an open stream to its login. */
  readonly loginMs: number;
  readonly closeMs: number;
  /** Inbound connections in all, of one address, and of those the ones that are not authenticated yet. */
  readonly maxInbound: number;
  readonly maxInboundPerAddress: number;
  readonly maxUnauthenticated: number;
  /** New connections of one address per minute. */
  readonly maxAttemptsPerMinute: number;
  /** What one stream may bring per second before we read it slower; null: as fast as it comes. */
  readonly stanzasPerSecond: number | null;
  readonly bytesPerSecond: number | null;
  /** What may wait for one pair of domains while its stream is being made, or its peer does not read. */
  readonly maxQueuedBytes: number;
  readonly maxQueuedStanzas: number;
  /** What may wait for streams that are being made, in all: names can be invented without end. */
  readonly maxQueuedBytesInAll: number;
  /** Connections that are being made at the same time, for the same reason; further ones wait for their turn. */
  readonly maxDials: number;
  /** Pairs of domains of which is remembered how reaching them went; those that are not in use go first. */
  readonly maxRoutes: number;
  /** Dialback keys that we have verified at the same time; per sender domain one, and a third of them for one address. */
  readonly maxVerifications: number;
  /** A stream that carried nothing for so long is closed. */
  readonly idleMs: number;
  /** Silence of ours after which one space is sent (RFC 6120 §4.6.1). */
  readonly keepaliveMs: number;
  /** How long an acknowledgement (XEP-0198), or the answer to a ping behind stanzas, may take. */
  readonly acknowledgeMs: number;
  /** Without stream management: a ping goes out behind so many unproven stanzas, or behind fewer after so long. */
  readonly probeAfterStanzas: number;
  readonly probeAfterMs: number;
  /** Delay before the next attempt after a failure: doubles, with jitter, up to the maximum. */
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  /**
   * A stream that fails before this and proved nothing counts as a failed attempt. As long as the longest delay: who ends
   * each stream later than that is dialled no more often than who refuses each login.
   */
  readonly steadyMs: number;
}

export const s2sLimits: S2sLimits = {
  maxEarlyBytes: 16 * 1024,
  maxStanzaBytes: 512 * 1024,
  maxDepth: 100,
  negotiationMs: 60_000,
  loginMs: 30_000,
  closeMs: 2_000,
  maxInbound: 20_000,
  maxInboundPerAddress: 200,
  maxUnauthenticated: 2_000,
  maxAttemptsPerMinute: 600,
  stanzasPerSecond: null,
  bytesPerSecond: null,
  maxQueuedBytes: 4 * 1024 * 1024,
  maxQueuedStanzas: 4_096,
  maxQueuedBytesInAll: 128 * 1024 * 1024,
  maxDials: 1_000,
  maxRoutes: 20_000,
  maxVerifications: 100,
  idleMs: 600_000,
  keepaliveMs: 60_000,
  acknowledgeMs: 60_000,
  probeAfterStanzas: 256,
  probeAfterMs: 5_000,
  firstDelayMs: 1_000,
  maxDelayMs: 60_000,
  steadyMs: 60_000,
};

/**
 * Whether a peer has so much of ours to read that it does not: stanzas are refused before, but answers to what it asks of
 * the stream itself, acknowledgements above all, would be kept for it without end (RFC 6120 §13.12).
 */
export function isDeaf(
  wire: { readonly waiting: () => number },
  limits: S2sLimits,
  isAuthenticated: boolean,
): boolean {
  const most = isAuthenticated ? limits.maxQueuedBytes * 2 : limits.maxEarlyBytes * 4;
  return wire.waiting() > most;
}
