import type { Trace } from "#contract/traces.ts";
import type { CheckTracer } from "#peers/checks.ts";
import type { PingOutcome } from "#peers/observation.ts";
import type { Pinger } from "#peers/ping.ts";
import { buildPeerTrace, type PeerAnswer } from "./peer-traces.ts";

/** A peer's answer to one check, after so many milliseconds. */
export interface SimulatedAnswer extends PeerAnswer {
  readonly afterMs?: number;
  readonly ping?: PingOutcome;
}

/**
 * A resolver and a link whose peers answer as told, for tests and for `npm run bench`: `answerOf` is
 * asked at each check with the domain and how many of its checks were before.
 */
export function createSimulatedPeers(
  answerOf: (domain: string, count: number) => SimulatedAnswer,
  now: () => Date = () => new Date(),
): {
  tracer: CheckTracer;
  ping: Pinger;
  counts: ReadonlyMap<string, number>;
  saved: Trace[];
  atOnce: { now: number; most: number };
} {
  const counts = new Map<string, number>();
  const answers = new Map<string, SimulatedAnswer>();
  const saved: Trace[] = [];
  const atOnce = { now: 0, most: 0 };
  return {
    counts,
    saved,
    atOnce,
    tracer: {
      async run({ domain, signal }) {
        const count = counts.get(domain) ?? 0;
        counts.set(domain, count + 1);
        const answer = answerOf(domain, count);
        answers.set(domain, answer);
        atOnce.now += 1;
        atOnce.most = Math.max(atOnce.most, atOnce.now);
        const isCut = !(await elapse(answer.afterMs ?? 0, signal));
        atOnce.now -= 1;
        const at = now();
        return buildPeerTrace({ at, ...answer, domain, ...(isCut ? { state: "cancelled" } : {}) });
      },
      async save(trace) {
        saved.push(trace);
        await Promise.resolve();
      },
    },
    async ping({ domain }) {
      await Promise.resolve();
      return answers.get(domain)?.ping ?? { kind: "answered", roundTripMs: 7 };
    },
  };
}

/** True after so long; false as soon as it was aborted. */
function elapse(ms: number, signal: AbortSignal): Promise<boolean> {
  if (ms === 0) return Promise.resolve(!signal.aborted);
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(true), ms);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve(false);
      },
      { once: true },
    );
  });
}
