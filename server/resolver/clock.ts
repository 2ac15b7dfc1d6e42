/** Milliseconds since the epoch, never running backwards; the clock of traces and transcripts. */
export interface Clock {
  readonly now: () => number;
}

export const systemClock: Clock = { now: () => performance.timeOrigin + performance.now() };
