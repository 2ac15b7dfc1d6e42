import { randomUUID } from "node:crypto";
import type { Registry } from "prom-client";
import type { Primitives } from "#protocol/primitives.ts";
import type { Changes } from "#store/changes.ts";
import type { Database } from "#store/database.ts";
import type { AgreedWays } from "./agreed-ways.ts";
import type { StanzaCarrier } from "./carrier.ts";
import { systemClock } from "./clock.ts";
import {
  type CertificateJudge,
  createConnector,
  dialTimeouts,
  type DialTimeouts,
} from "./connect.ts";
import { createDnsResolver, type DnsServer } from "./dns.ts";
import { createHostNames, type HostNames } from "./host-names.ts";
import type { Logins } from "./login.ts";
import { createStreamOpener, type StreamOpener } from "./open-stream.ts";
import { dialOwn, type OwnDialled, type OwnPlace } from "./own-dial.ts";
import { createPings, type Pings } from "./ping.ts";
import { systemResolvers } from "./system-resolvers.ts";
import { createSelfTests, type SelfTests } from "./self-test.ts";
import { registerTraceMetrics } from "./trace-metrics.ts";
import type { TracePolicy } from "./trace-plan.ts";
import { createTraceSettings } from "./trace-settings.ts";
import { createTraceRunner, type TraceRunner } from "./traces.ts";

/** Everything that finds domains: traces, pings, and the test of our own. */
export interface Resolver {
  readonly traces: TraceRunner;
  readonly pings: Pings;
  readonly selfTests: SelfTests;
  readonly opener: StreamOpener;
  readonly hostNames: HostNames;
  /** Dials a port of our own for one of our names, as another server would. */
  readonly dialOwn: (place: OwnPlace, name: string) => Promise<OwnDialled>;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface ResolverDeps {
  readonly db: Database;
  readonly changes: Changes;
  readonly policy: TracePolicy;
  readonly carrier: StanzaCarrier;
  readonly agreed: AgreedWays;
  readonly logins: Logins;
  readonly judge: CertificateJudge;
  readonly primitives: Primitives;
  readonly nodeId: string;
  readonly software: string;
  readonly registry: Registry;
  /** Empty: the system's. */
  readonly dnsServers: readonly DnsServer[];
  /** Reads `address:port`; null when it is none. */
  readonly parseServer: (text: string) => DnsServer | null;
  readonly onError: (error: unknown, context?: string) => void;
  /** Default: as the settings say. */
  readonly timeouts?: DialTimeouts;
}

export async function createResolver(deps: ResolverDeps): Promise<Resolver> {
  const clock = systemClock;
  const servers = deps.dnsServers.length > 0 ? deps.dnsServers : await systemResolvers();
  const dns = createDnsResolver({ servers, clock });
  const settings = createTraceSettings(deps);
  const connector = createConnector({
    judge: deps.judge,
    clock,
    timeouts: () => deps.timeouts ?? dialTimeouts(settings.current().s2sDialSeconds),
  });
  const metrics = registerTraceMetrics(deps.registry);
  const traces = createTraceRunner({ ...deps, dns, connector, clock, settings, metrics });
  const pings = createPings({ ...deps, traces, clock });
  const selfTests = createSelfTests({ ...deps, dns, connector, clock, settings });
  const onFault = (error: unknown): string => {
    const reference = randomUUID();
    deps.onError(error, `stream fault ${reference}`);
    return reference;
  };
  const opener = createStreamOpener({ dns, connector, clock, settings: settings.current, onFault });
  return {
    traces,
    pings,
    selfTests,
    opener,
    hostNames: createHostNames({
      dns,
      isLocalValidating: () => settings.current().validatesLocally,
    }),
    dialOwn: (place, name) => dialOwn(place, name, { connector, clock }),
    async start() {
      await settings.start();
      await traces.start();
    },
    async stop() {
      await traces.stop();
      settings.stop();
    },
  };
}
