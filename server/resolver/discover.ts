import { findings } from "#contract/findings.ts";
import type { Primitives } from "#protocol/primitives.ts";
import { toFinding } from "#protocol/resolution/diagnosis.ts";
import type { CrossReport, DialReport, DiscoReport } from "#protocol/resolution/evidence.ts";
import type { DialWork, JudgeWork, Work } from "#protocol/resolution/facts.ts";
import {
  newDiscovery,
  type DiscoverState,
  type Input,
} from "#protocol/resolution/discover-state.ts";
import { handle } from "#protocol/resolution/discover.ts";
import { note } from "#protocol/resolution/notes.ts";
import type { Begin } from "#protocol/resolution/walk.ts";
import type { AgreedWays } from "./agreed-ways.ts";
import type { StanzaCarrier } from "./carrier.ts";
import type { Clock } from "./clock.ts";
import type { Connector } from "./connect.ts";
import { askDisco } from "./disco-client.ts";
import type { DnsResolver } from "./dns.ts";
import { drive, lostLookup, noDial, performLookup } from "./drive.ts";
import type { Login } from "./login.ts";
import type { TlsPolicy } from "./stream-probe.ts";
import type { MinTls } from "./tls-contexts.ts";

export interface DiscoveryDeps {
  readonly dns: DnsResolver;
  readonly connector: Pick<Connector, "dial" | "judge">;
  readonly carrier: StanzaCarrier;
  readonly agreed: AgreedWays;
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
  readonly minTls: MinTls;
  /** How the connection of step 5 logs in; null when it does not. */
  readonly login: Login | null;
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

export function startDiscovery(deps: DiscoveryDeps, plan: DiscoveryPlan): Discovery {
  const { clock } = deps;
  /** Chains by the dial that saw them: the machine holds what is judged, not the bytes. */
  const chains = new Map<string, readonly Uint8Array[]>();
  let lastLogin: Promise<void> = Promise.resolve();
  const driven = drive<DiscoverState, Input>({
    woke: { kind: "woke" },
    clock,
    initial: newDiscovery(),
    handle,
    perform,
    onFailedWork,
    onChange: plan.onChange,
    onBroken(state, error) {
      // A bug in the steps themselves: what there is is kept, and the process goes on.
      deps.onFault(error);
      const endedAt = state.endedAt ?? state.startedAt;
      const cutShort = { kind: "cancelled", by: "appliance" } as const;
      return { ...state, lifecycle: "ended", endedAt, cutShort };
    },
  });
  const { feed } = driven;

  async function perform(key: string, work: Work, signal: AbortSignal): Promise<void> {
    switch (work.kind) {
      case "lookup": {
        const { isFresh } = plan.begin;
        return performLookup(key, work, deps.dns, { isFresh, signal }, feed);
      }
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
      case "cross": {
        const report = await deps.agreed.cross(plan.from, work.to, { timeoutMs: crossMs, signal });
        if (!signal.aborted) feed({ kind: "crossed", key, report });
        return;
      }
    }
  }

  async function dial(key: string, work: DialWork, signal: AbortSignal): Promise<void> {
    const { from, tls, minTls, begin } = plan;
    // Names found on the way are looked at only: what is asked of them goes over the links.
    const login = work.domain === begin.domain ? plan.login : null;
    let last: string | undefined;
    const onProgress = (report: DialReport) => {
      // TCP's own beginning is known; what matters is that it is behind us.
      const phase = report.phases.at(-1)?.name;
      if (signal.aborted || phase === last || phase === "tcp") return;
      if (last !== undefined && !plan.isLive) return;
      last = phase;
      feed({ kind: "dial_progressed", key, report });
    };
    // Two addresses may be ready at once: the second one waits, and is not needed if the first may log in.
    let release = () => {};
    const inTurn = (given: Login): Login["logIn"] => {
      return async (request) => {
        const before = lastLogin;
        lastLogin = new Promise((resolve) => (release = resolve));
        await before;
        return given.logIn(request);
      };
    };
    try {
      const dialled = await deps.connector.dial(work, {
        ...{ from, tls, minTls, signal, onProgress },
        ...(login === null ? {} : { credentials: login.credentials, logIn: inTurn(login) }),
      });
      chains.set(key, dialled.chain);
      if (!signal.aborted)
        feed({ kind: "dialled", key, report: dialled.report, outcome: dialled.outcome });
    } finally {
      release();
    }
  }

  async function judge(key: string, work: JudgeWork): Promise<void> {
    const chain = chains.get(work.dialKey) ?? [];
    const { reference } = work;
    const now = new Date(clock.now());
    const certificate = await deps.connector.judge({ chain, reference, now });
    feed({ kind: "judged", key, certificate });
  }

  /** A bug of ours must not leave a step waiting: it fails with code `internal`. */
  function onFailedWork(key: string, work: Work, error: unknown): void {
    const reference = deps.onFault(error);
    const why = note("internal", { reference });
    if (work.kind === "dial")
      feed({ kind: "dialled", key, report: noDial, outcome: { kind: "failed", note: why } });
    else if (work.kind === "judge") feed({ kind: "judged", key, certificate: null });
    else if (work.kind === "disco")
      feed({ kind: "disco_answered", key, report: { ...noAnswer, condition: "internal" } });
    else if (work.kind === "cross")
      feed({ kind: "crossed", key, report: lostCrossing(plan.begin, reference) });
    else feed(lostLookup(key));
  }

  feed({ kind: "begin", begin: plan.begin });
  const { state, done } = driven;
  return { state, cancel: (by) => feed({ kind: "cancel", by }), done };
}

/** A ping across a link may wait for the connection to be made, and slow lines take their time. */
const crossMs = 20_000;

function lostCrossing({ agreed }: Begin, reference: string): CrossReport {
  const base = { kind: "failed", linkId: null, roundTripMs: null, seconds: 0 } as const;
  const finding = toFinding(note("internal", { reference }), findings);
  return { ...base, carriedBy: "none", finding, links: agreed.links };
}

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
