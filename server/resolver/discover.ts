import { randomInt } from "node:crypto";
import type { Primitives } from "#protocol/primitives.ts";
import type { DialReport, DiscoReport } from "#protocol/resolution/evidence.ts";
import type { DialWork, JudgeWork, Work } from "#protocol/resolution/facts.ts";
import {
  newDiscovery,
  type DiscoverState,
  type Effect,
  type Input,
} from "#protocol/resolution/discover-state.ts";
import { handle } from "#protocol/resolution/discover.ts";
import { note } from "#protocol/resolution/notes.ts";
import type { Begin } from "#protocol/resolution/walk.ts";
import type { StanzaCarrier } from "./carrier.ts";
import type { Clock } from "./clock.ts";
import type { Connector } from "./connect.ts";
import { askDisco } from "./disco-client.ts";
import type { DnsResolver } from "./dns.ts";
import type { TlsPolicy } from "./stream-probe.ts";

export interface DiscoveryDeps {
  readonly dns: DnsResolver;
  readonly connector: Connector;
  readonly carrier: StanzaCarrier;
  readonly primitives: Primitives;
  readonly clock: Clock;
  /** A fault of our own; the reference given back is shown with code `internal`. */
  readonly onFault: (error: unknown) => string;
}

export interface DiscoveryPlan {
  readonly begin: Begin;
  /** Our address on the link that carries disco; null when there is none. */
  readonly from: string | null;
  readonly tls: TlsPolicy;
  /** Somebody watches: every phase of a dial is a change, and not only that TCP is behind it. */
  readonly isLive: boolean;
  /** Told after every change of the state. */
  readonly onChange: (state: DiscoverState) => void;
}

/** A discovery under way: the pure machine, driven over DNS, sockets and a link. */
export interface Discovery {
  readonly state: () => DiscoverState;
  readonly cancel: (by: string) => void;
  /** Resolves with the state in which it ended; never rejects. */
  readonly done: Promise<DiscoverState>;
}

/** A seed for the weighted draw of SRV records; kept in the trace's candidates as sums and draws. */
export function newSeed(): number {
  return randomInt(2 ** 32);
}

export function startDiscovery(deps: DiscoveryDeps, plan: DiscoveryPlan): Discovery {
  const { clock } = deps;
  const running = new Map<string, AbortController>();
  /** Chains by the dial that saw them: the machine holds what is judged, not the bytes. */
  const chains = new Map<string, readonly Uint8Array[]>();
  let state = newDiscovery();
  let timer: NodeJS.Timeout | null = null;
  let isEnded = false;
  let settle: (state: DiscoverState) => void = () => {};
  const done = new Promise<DiscoverState>((resolve) => {
    settle = resolve;
  });

  function feed(input: Input): void {
    if (isEnded) return;
    try {
      const step = handle(state, input, clock.now());
      state = step.state;
      for (const effect of step.effects) act(effect);
      plan.onChange(state);
    } catch (error) {
      breakOff(error);
    }
    if (isEnded) settle(state);
  }

  /** A bug in the steps themselves: what there is is kept, and the process goes on. */
  function breakOff(error: unknown): void {
    deps.onFault(error);
    act({ kind: "finish" });
    const cutShort = { kind: "cancelled", by: "appliance" } as const;
    const endedAt = state.endedAt ?? state.startedAt;
    state = { ...state, lifecycle: "ended", endedAt, cutShort };
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
        timer = setTimeout(() => feed({ kind: "woke" }), Math.max(0, effect.at - clock.now()));
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
    const { signal } = controller;
    const whole = perform(key, work, signal).catch((error: unknown) => fault(key, work, error));
    void whole.finally(() => running.delete(key));
  }

  async function perform(key: string, work: Work, signal: AbortSignal): Promise<void> {
    switch (work.kind) {
      case "lookup":
        return lookUp(key, work.name, work.type, signal);
      case "dial":
        return dial(key, work, signal);
      case "disco": {
        const { carrier, primitives } = deps;
        const from = plan.from ?? "";
        const report = await askDisco(work, { carrier, primitives, from, signal });
        if (!signal.aborted) feed({ kind: "disco_answered", key, report });
        return;
      }
      case "judge":
        return judge(key, work);
    }
  }

  function lookUp(
    key: string,
    name: string,
    type: "SRV" | "A" | "AAAA",
    signal: AbortSignal,
  ): Promise<void> {
    return new Promise((resolve) => {
      signal.addEventListener("abort", () => resolve());
      deps.dns.lookup(
        { name, type },
        {
          isFresh: plan.begin.isFresh,
          signal,
          onProgress: (progress) => {
            if (progress.isFinal) resolve();
            // Later, so that a kept answer does not come before the question was noted.
            queueMicrotask(() => feed({ kind: "looked_up", key, ...progress }));
          },
        },
      );
    });
  }

  async function dial(key: string, work: DialWork, signal: AbortSignal): Promise<void> {
    const { from, tls } = plan;
    let last: string | undefined;
    const onProgress = (report: DialReport) => {
      // TCP's own beginning is known; what matters is that it is behind us.
      const phase = report.phases.at(-1)?.name;
      if (signal.aborted || phase === last || phase === "tcp") return;
      if (last !== undefined && !plan.isLive) return;
      last = phase;
      feed({ kind: "dial_progressed", key, report });
    };
    const dialled = await deps.connector.dial(work, { from, tls, signal, onProgress });
    chains.set(key, dialled.chain);
    if (!signal.aborted)
      feed({ kind: "dialled", key, report: dialled.report, outcome: dialled.outcome });
  }

  async function judge(key: string, work: JudgeWork): Promise<void> {
    const chain = chains.get(work.dialKey) ?? [];
    const { reference } = work;
    const certificate = await deps.connector.judge({
      chain,
      reference,
      now: new Date(clock.now()),
    });
    feed({ kind: "judged", key, certificate });
  }

  /** A bug of ours must not leave a step waiting: it fails with code `internal`. */
  function fault(key: string, work: Work, error: unknown): void {
    const reference = deps.onFault(error);
    const why = note("internal", { reference });
    if (work.kind === "dial")
      feed({ kind: "dialled", key, report: noDial, outcome: { kind: "failed", note: why } });
    else if (work.kind === "judge") feed({ kind: "judged", key, certificate: null });
    else if (work.kind === "disco")
      feed({ kind: "disco_answered", key, report: { ...noAnswer, condition: "internal" } });
    else feed({ kind: "looked_up", key, reports: [], isDecided: true, isFinal: true });
  }

  feed({ kind: "begin", begin: plan.begin });
  return { state: () => state, cancel: (by) => feed({ kind: "cancel", by }), done };
}

const noDial: DialReport = {
  localAddress: null,
  phases: [],
  bytesSent: 0,
  bytesReceived: 0,
  transcript: [],
  features: [],
  tls: null,
  certificate: null,
};
const noAnswer: DiscoReport = {
  kind: "not_sent",
  linkId: null,
  condition: null,
  text: null,
  items: [],
  itemsTotal: 0,
  identities: [],
  features: [],
  transcript: [],
};
