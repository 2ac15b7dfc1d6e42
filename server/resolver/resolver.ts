import type { Registry } from "prom-client";
import type { Primitives } from "#protocol/primitives.ts";
import type { Changes } from "#store/changes.ts";
import type { Database } from "#store/database.ts";
import type { StanzaCarrier } from "./carrier.ts";
import { systemClock } from "./clock.ts";
import { type CertificateJudge, createConnector, type DialTimeouts } from "./connect.ts";
import { createDnsResolver, type DnsServer } from "./dns.ts";
import { createPings, type Pings } from "./ping.ts";
import { systemResolvers } from "./system-resolvers.ts";
import { registerTraceMetrics } from "./trace-metrics.ts";
import type { TracePolicy } from "./trace-plan.ts";
import { createTraceRunner, type TraceRunner } from "./traces.ts";

/** Everything that finds domains: traces and pings. */
export interface Resolver {
  readonly traces: TraceRunner;
  readonly pings: Pings;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface ResolverDeps {
  readonly db: Database;
  readonly changes: Changes;
  readonly policy: TracePolicy;
  readonly carrier: StanzaCarrier;
  readonly judge: CertificateJudge;
  readonly primitives: Primitives;
  readonly nodeId: string;
  readonly software: string;
  readonly registry: Registry;
  /** Empty: the system's. */
  readonly dnsServers: readonly DnsServer[];
  readonly onError: (error: unknown, context?: string) => void;
  readonly timeouts?: DialTimeouts;
}

export async function createResolver(deps: ResolverDeps): Promise<Resolver> {
  const clock = systemClock;
  const servers = deps.dnsServers.length > 0 ? deps.dnsServers : await systemResolvers();
  const dns = createDnsResolver({ servers, clock });
  const connector = createConnector({
    judge: deps.judge,
    clock,
    ...(deps.timeouts === undefined ? {} : { timeouts: deps.timeouts }),
  });
  const metrics = registerTraceMetrics(deps.registry);
  const traces = createTraceRunner({ ...deps, dns, connector, clock, metrics });
  const pings = createPings({ ...deps, traces, clock });
  return { traces, pings, start: traces.start, stop: traces.stop };
}
