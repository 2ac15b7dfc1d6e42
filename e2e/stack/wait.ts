import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

const POLL_MS = 25;

/**
 * Polls `probe` until it gives something other than `undefined`, and returns that. A probe that throws is asked
 * again; when `timeoutMs` is over, the error names `what` was awaited and what the last probe said.
 */
export async function until<T>(
  what: string,
  timeoutMs: number,
  probe: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let last = "it never came";
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined) return value;
    } catch (error) {
      if (error instanceof GaveUp) throw error;
      last = error instanceof Error ? error.message : String(error);
    }
    if (performance.now() > deadline) {
      throw new Error(`waited ${timeoutMs} ms in vain for ${what}: ${last}`);
    }
    await delay(POLL_MS);
  }
}

/** Thrown by a probe to end the waiting at once: what is awaited can no longer come. */
export class GaveUp extends Error {}

/** Rejects when `promise` takes longer than `timeoutMs`. */
export async function within<T>(what: string, timeoutMs: number, promise: Promise<T>): Promise<T> {
  const late = new AbortController();
  const timer = delay(timeoutMs, undefined, { signal: late.signal }).then(() => {
    throw new Error(`${what} took longer than ${timeoutMs} ms`);
  });
  try {
    return await Promise.race([promise, timer]);
  } finally {
    late.abort();
    timer.catch(() => undefined);
  }
}

/** True when something accepts a TCP connection there. */
export function isListening(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const answer = (isUp: boolean) => {
      socket.destroy();
      resolve(isUp);
    };
    socket.setTimeout(1000, () => answer(false));
    socket.once("connect", () => answer(true));
    socket.once("error", () => answer(false));
  });
}
