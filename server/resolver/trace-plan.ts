import type { Settings } from "#contract/settings.ts";
import type { Reading, Trace } from "#contract/traces.ts";
import type { Primitives } from "#protocol/primitives.ts";
import type { Begin } from "#protocol/resolution/walk.ts";
import { type DomainName, prefixDomain } from "#protocol/xmpp/address.ts";
import type { AgreedWays } from "./agreed-ways.ts";
import type { StanzaCarrier } from "./carrier.ts";
import { newSeed } from "./drive.ts";
import type { Login, Logins } from "./login.ts";
import type { TlsPolicy } from "./stream-probe.ts";
import type { MinTls } from "./tls-contexts.ts";

/** What resolution needs of the peers' policy. */
export interface TracePolicy {
  /** `rule` is `self`, `block:…`, `trusted:…` or `mode:…`. */
  readonly decide: (domain: string) => { readonly allowed: boolean; readonly rule: string };
  /** The terms of the trusted peer that the domain is, or null for a stranger. */
  readonly terms: (domain: string) => {
    readonly reading: Reading;
    readonly tlsPolicy: TlsPolicy;
    readonly minTls: MinTls;
    readonly overrideHost: string | null;
    readonly overridePort: number | null;
  } | null;
  readonly strangers: () => { readonly tlsPolicy: TlsPolicy };
}

/** Everything about one trace that is settled before it begins. */
export interface TracePlan {
  readonly begin: Begin;
  readonly from: string | null;
  readonly tls: TlsPolicy;
  readonly minTls: MinTls;
  /** How the connection of step 5 logs in; null when our XMPP server carries what is asked. */
  readonly login: Login | null;
}

/** Two connections at their slowest fit in, and what is quick has time to be compared. */
const deadlineMs = ({ s2sDialSeconds }: Settings) => Math.max(60_000, s2sDialSeconds * 2_000);
const compareMs = 1_000;
const discoTries = 2;

export function planTrace(
  name: DomainName,
  wish: {
    readonly input: string;
    readonly reading: Reading | undefined;
    readonly isFresh: boolean;
    readonly isBrief: boolean;
    readonly trigger: Trace["trigger"];
  },
  deps: {
    readonly policy: TracePolicy;
    readonly carrier: StanzaCarrier;
    readonly agreed: Pick<AgreedWays, "linksOf">;
    readonly logins: Logins;
    readonly primitives: Primitives;
    readonly settings: Settings;
    readonly resolvers: readonly string[];
  },
): TracePlan {
  const { ascii: domain } = name;
  const { settings } = deps;
  const terms = deps.policy.terms(domain);
  const decision = deps.policy.decide(domain);
  const source = deps.carrier.sourceFor(domain);
  const from = source.ok ? source.from : null;
  const login = source.ok ? deps.logins.forName(source.from) : null;
  const override =
    terms === null || terms.overrideHost === null
      ? null
      : { host: terms.overrideHost, port: terms.overridePort ?? 5269 };
  return {
    from,
    tls: (terms ?? deps.policy.strangers()).tlsPolicy,
    minTls: terms?.minTls ?? "TLSv1.2",
    login,
    begin: {
      input: wish.input,
      domain,
      unicode: name.unicode,
      scripts: name.scripts,
      isMixedScript: name.isMixedScript,
      guess: prefixDomain("wave", domain, deps.primitives),
      reading: wish.reading ?? terms?.reading ?? settings.defaultReading,
      resolvers: deps.resolvers,
      isFresh: wish.isFresh,
      policy: { outcome: outcomeOf(decision), rule: decision.rule },
      link: source.ok ? { ok: true, isNative: login !== null } : { ok: false, code: source.code },
      agreed: {
        links: deps.agreed.linksOf(from),
        showsFallBack: wish.trigger === "person",
        isBrief: wish.isBrief,
      },
      resolve: {
        seed: newSeed(),
        override,
        allowPrivateTargets: settings.allowPrivateTargets,
        extraPorts: settings.extraSrvPorts,
      },
      limits: { discoTries, deadlineMs: deadlineMs(settings), compareMs },
    },
  };
}

function outcomeOf({ allowed, rule }: { allowed: boolean; rule: string }) {
  if (rule === "self") return "self";
  if (allowed) return "allowed";
  return rule.startsWith("block:") ? "blocked" : "not_trusted";
}
