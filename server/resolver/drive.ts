import { randomInt } from "node:crypto";
import type { DialReport, LookupReport } from "#protocol/resolution/evidence.ts";
import type { LookupWork, Work } from "#protocol/resolution/facts.ts";
import type { Effect, Progress } from "#protocol/resolution/progress.ts";
import type { Clock } from "./clock.ts";
import type { DnsResolver } from "./dns.ts";

interface Step<S> {
  readonly state: S;
  readonly effects: readonly Effect[];
}

/** A machine of protocol/resolution, and how its work is carried out. */
export interface Drive<S, I> {
  /** What is fed when the time has come that a `wake` named. */
  readonly woke: I;
  readonly clock: Clock;
  readonly initial: S;
  readonly handle: (state: S, input: I, now: number) => Step<S>;
  /** Carries out work and feeds what it says; is not to feed once `signal` is aborted. */
  readonly perform: (key: string, work: Work, signal: AbortSignal) => Promise<void>;
  /** Told of a bug in `perform`, so that the machine does not wait for what never comes. */
  readonly onFailedWork: (key: string, work: Work, error: unknown) => void;
  /** A bug of the machine itself: answers the state that it ends in. */
  readonly onBroken: (state: S, error: unknown) => S;
  readonly onChange: (state: S) => void;
}

export interface Driven<S, I> {
  readonly feed: (input: I) => void;
  readonly state: () => S;
  /** Resolves with the state in which it ended; never rejects. */
  readonly done: Promise<S>;
}

/** Drives a machine over its effects until it asks to `finish`; then all work under way is aborted. */
export function drive<S, I>(machine: Drive<S, I>): Driven<S, I> {
  const { clock } = machine;
  const running = new Map<string, AbortController>();
  let state = machine.initial;
  let timer: NodeJS.Timeout | null = null;
  let isEnded = false;
  let settle: (state: S) => void = () => {};
  const done = new Promise<S>((resolve) => {
    settle = resolve;
  });

  function feed(input: I): void {
    if (isEnded) return;
    try {
      const step = machine.handle(state, input, clock.now());
      state = step.state;
      for (const effect of step.effects) act(effect);
      machine.onChange(state);
    } catch (error) {
      act({ kind: "finish" });
      state = machine.onBroken(state, error);
    }
    if (isEnded) settle(state);
  }

  function act(effect: Effect): void {
    switch (effect.kind) {
      case "start":
        return begin(effect.key, effect.work);
      case "stop":
        running.get(effect.key)?.abort();
        running.delete(effect.key);
        return;
      case "wake":
        if (timer !== null) clearTimeout(timer);
        timer = setTimeout(() => feed(machine.woke), Math.max(0, effect.at - clock.now()));
        return;
      case "finish":
        isEnded = true;
        if (timer !== null) clearTimeout(timer);
        for (const controller of running.values()) controller.abort();
        running.clear();
    }
  }

  function begin(key: string, work: Work): void {
    const controller = new AbortController();
    running.set(key, controller);
    const whole = machine
      .perform(key, work, controller.signal)
      .catch((error: unknown) => machine.onFailedWork(key, work, error));
    void whole.finally(() => running.delete(key));
  }

  return { feed, state: () => state, done };
}

/** Looks up and tells of each answer; resolves with the last one, or when `signal` is aborted. */
export function performLookup(
  key: string,
  work: LookupWork,
  dns: DnsResolver,
  options: { readonly isFresh: boolean; readonly signal: AbortSignal },
  feed: (input: Extract<Progress, { readonly kind: "looked_up" }>) => void,
): Promise<void> {
  const { name, type } = work;
  return new Promise((resolve) => {
    options.signal.addEventListener("abort", () => resolve());
    dns.lookup(
      { name, type },
      {
        ...options,
        onProgress: (progress) => {
          if (progress.isFinal) resolve();
          // Later, so that a kept answer does not come before the question was noted.
          queueMicrotask(() => feed({ kind: "looked_up", key, ...progress }));
        },
      },
    );
  });
}

/** What is fed for a lookup that broke: no answer from anybody. */
export function lostLookup(key: string): Extract<Progress, { readonly kind: "looked_up" }> {
  const reports: readonly LookupReport[] = [];
  return { kind: "looked_up", key, reports, isDecided: true, isFinal: true };
}

/** What is reported of a dial that broke. */
export const noDial: DialReport = {
  localAddress: null,
  phases: [],
  bytesSent: 0,
  bytesReceived: 0,
  transcript: [],
  features: [],
  tls: null,
  certificate: null,
  login: null,
};

/** A seed for the weighted draw of SRV records; kept in the trace's candidates as sums and draws. */
export function newSeed(): number {
  return randomInt(2 ** 32);
}
