/** What components may cost us, and how patient we are. Times in milliseconds. */
export interface ComponentHostLimits {
  /** From the connection, TLS included, to the accepted handshake. */
  readonly negotiationMs: number;
  readonly closeMs: number;
  /** Bytes of any kind before the accepted handshake. */
  readonly maxHandshakeBytes: number;
  /** Connections that have not shaken hands, of one address and of all. */
  readonly maxWaitingPerAddress: number;
  readonly maxWaiting: number;
  /** New connections of one address per minute. */
  readonly maxAttemptsPerMinute: number;
  readonly maxInstancesPerName: number;
  /** Stanzas up to this many bytes are taken; larger ones, up to the ceiling, are read past. */
  readonly maxStanzaBytes: number;
  readonly ceilingBytes: number;
  readonly maxDepth: number;
  /** What one instance may bring per second before we read it slower; null: as fast as it comes. */
  readonly stanzasPerSecond: number | null;
  readonly bytesPerSecond: number | null;
  /** Characters that may wait for an instance that does not read. */
  readonly maxQueuedLength: number;
  /** How long what waits for a slow instance may stand still before it is given up. */
  readonly stallMs: number;
  /** How long stanzas wait for a component that has gone, and how many of how many characters. */
  readonly absenceMs: number;
  readonly maxParkedLength: number;
  readonly maxParkedStanzas: number;
  /** Silence of ours after which one space is sent (RFC 6120 §4.6.1). */
  readonly keepaliveMs: number;
  /** Silence of a component's after which it is pinged, and how long it may take to answer. */
  readonly idleMs: number;
  readonly pingMs: number;
  /** How often a port that could not be had is tried again. */
  readonly listenAgainMs: number;
}

export const componentHostLimits: ComponentHostLimits = {
  negotiationMs: 10_000,
  closeMs: 2_000,
  maxHandshakeBytes: 4_096,
  maxWaitingPerAddress: 50,
  maxWaiting: 200,
  maxAttemptsPerMinute: 600,
  maxInstancesPerName: 32,
  maxStanzaBytes: 512 * 1024,
  ceilingBytes: 16 * 1024 * 1024,
  maxDepth: 100,
  stanzasPerSecond: null,
  bytesPerSecond: null,
  maxQueuedLength: 8 * 1024 * 1024,
  stallMs: 60_000,
  absenceMs: 30_000,
  maxParkedLength: 1024 * 1024,
  maxParkedStanzas: 1_000,
  keepaliveMs: 30_000,
  idleMs: 60_000,
  pingMs: 20_000,
  listenAgainMs: 5_000,
};
