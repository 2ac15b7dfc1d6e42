import { createCertificateJudge } from "#certificates/judge.ts";
import { createTrustStore } from "#certificates/trust.ts";
import { type Settings, settings } from "#contract/settings.ts";
import type { Reading, Trace } from "#contract/traces.ts";
import { parseDomain } from "#protocol/xmpp/address.ts";
import type { AgreedWays } from "#resolver/agreed-ways.ts";
import type { StanzaCarrier } from "#resolver/carrier.ts";
import { systemClock } from "#resolver/clock.ts";
import { createConnector, type CertificateJudge, type DialTimeouts } from "#resolver/connect.ts";
import { startDiscovery } from "#resolver/discover.ts";
import { createDnsResolver, type DnsResolver, type DnsServer } from "#resolver/dns.ts";
import type { Logins } from "#resolver/login.ts";
import type { TlsPolicy } from "#resolver/stream-probe.ts";
import { traceDocument } from "#resolver/trace-document.ts";
import { planTrace, type TracePolicy } from "#resolver/trace-plan.ts";
import { primitives } from "../primitives.ts";
import { noAgreedWays } from "./agreed-ways.ts";
import { type Answers, scriptedCarrier } from "./scripted-carrier.ts";

export interface TraceWish {
  readonly dns: readonly DnsServer[];
  readonly answers?: Answers;
  /** Instead of answers: what carries stanzas for real. */
  readonly carrier?: StanzaCarrier;
  /** By default no link is agreed. */
  readonly agreed?: AgreedWays;
  readonly trigger?: Trace["trigger"];
  readonly isBrief?: boolean;
  readonly reading?: Reading;
  readonly isFresh?: boolean;
  readonly settings?: Partial<Settings>;
  readonly policy?: Partial<ReturnType<TracePolicy["decide"]>>;
  readonly terms?: ReturnType<TracePolicy["terms"]>;
  /** Their TLS policy. */
  readonly strangers?: TlsPolicy;
  readonly logins?: Logins;
  readonly trustedRoots?: readonly string[];
  readonly judge?: CertificateJudge;
  readonly timeouts?: DialTimeouts;
  readonly dnsTimeoutMs?: number;
  /** Cancels it. */
  readonly signal?: AbortSignal;
  /** Several traces over one resolver share its kept answers. */
  readonly resolver?: DnsResolver;
}

/** Long enough for a busy machine; what is to time out says so. */
const patient: DialTimeouts = { tcpMs: 5_000, phaseMs: 5_000, wholeMs: 20_000 };

/** One trace over real sockets, with everything of the resolver but the database. */
export async function traceFor(domain: string, wish: TraceWish): Promise<Trace> {
  const clock = systemClock;
  const name = parseDomain(domain, primitives);
  if (!name.ok) throw new Error(name.problem.code);
  const dns =
    wish.resolver ??
    createDnsResolver({ servers: wish.dns, clock, timeoutMs: wish.dnsTimeoutMs ?? 5_000 });
  const trust = createTrustStore({ source: "none", extra: wish.trustedRoots ?? [] });
  const judge = wish.judge ?? createCertificateJudge({ trust, primitives });
  const connector = createConnector({ judge, clock, timeouts: () => wish.timeouts ?? patient });
  const carrier = wish.carrier ?? scriptedCarrier(wish.answers ?? {});
  const agreed = wish.agreed ?? noAgreedWays;
  const plan = planTrace(
    name.value,
    {
      input: domain,
      reading: wish.reading,
      isFresh: wish.isFresh ?? false,
      isBrief: wish.isBrief ?? false,
      trigger: wish.trigger ?? "person",
    },
    {
      policy: {
        decide: () => ({ allowed: true, rule: "mode:open", ...wish.policy }),
        terms: () => wish.terms ?? null,
        strangers: () => ({ tlsPolicy: wish.strangers ?? "required" }),
      },
      carrier,
      agreed,
      logins: wish.logins ?? { forName: () => null },
      primitives,
      settings: settings.parse({ allowPrivateTargets: true, ...wish.settings }),
      resolvers: dns.servers,
    },
  );
  const discovery = startDiscovery(
    {
      ...{ dns, connector, carrier, agreed, primitives, clock },
      onFault: () => "fault-1",
    },
    { ...plan, isLive: true, onChange: () => {} },
  );
  wish.signal?.addEventListener("abort", () => discovery.cancel("a test"));
  const state = await discovery.done;
  return traceDocument(
    {
      id: "00000000-0000-4000-8000-000000000000",
      domain: plan.begin.domain,
      reading: plan.begin.reading,
      isFresh: plan.begin.isFresh,
      trigger: "person",
      requestedBy: null,
      startedAt: new Date(state.startedAt),
      software: "test",
      resolvers: dns.servers,
    },
    state,
    clock.now(),
  );
}
