import type { Candidate, LookupReport } from "./evidence.ts";
import { keyOf, type Facts, type LookupFact, type LookupWork } from "./facts.ts";
import { classifyAddress, mayDial, parseIpAddress } from "./ip-address.ts";
import { decidingReport, failureOf, remarksOn, serviceAnswer, wildcardSign } from "./lookups.ts";
import { asWarning, note, type Note } from "./notes.ts";
import { drawFrom, judgeTarget, planService, type ServicePlan } from "./srv.ts";

/** What decides how a domain is resolved and dialled. */
export interface ResolveOptions {
  readonly seed: number;
  /** A configured host and port that wins over DNS (RFC 6120 §3.2.3). */
  readonly override: { readonly host: string; readonly port: number } | null;
  readonly allowPrivateTargets: boolean;
  readonly extraPorts: readonly number[];
}

/** One way to reach the domain: an address of a candidate, or why it may not be dialled. */
export interface Endpoint {
  readonly candidate: Candidate;
  readonly address: string;
  readonly family: 4 | 6;
  readonly refusal: Note | null;
}

export interface HostView {
  readonly candidate: Candidate;
  readonly lookups: readonly LookupWork[];
  /** `pending` with endpoints: one family is still being asked for. */
  readonly state: "pending" | "found" | "none";
  readonly endpoints: readonly Endpoint[];
  readonly notes: readonly Note[];
  readonly failure: Note | null;
}

/** How far the resolution of one domain has come: SRV, order, addresses (RFC 6120 §3.2). */
export interface Resolution {
  readonly domain: string;
  readonly wants: readonly LookupWork[];
  readonly services: readonly LookupWork[];
  readonly plan: ServicePlan | { readonly kind: "override" } | null;
  readonly serviceNotes: readonly Note[];
  /** The ordered candidates; one for the fallback or an override. */
  readonly hosts: readonly HostView[];
  readonly state: "pending" | "found" | "none";
  /** Why there is nothing to dial. */
  readonly failure: Note | null;
  readonly wakeAt: number | null;
}

export const defaultPort = 5269;
/** RFC 8305 §3: how long a found IPv4 address waits for the IPv6 answer. */
export const resolutionDelayMs = 50;
const maxAddresses = 8;

export function resolve(
  domain: string,
  facts: Facts,
  options: ResolveOptions,
  now: number,
): Resolution {
  if (options.override !== null) {
    const candidate = fixedCandidate(options.override.host, options.override.port, "override");
    return finish(domain, [], { kind: "override" }, [], [candidate], facts, options, now);
  }
  const services = serviceWorks(domain);
  const [direct, plain] = services;
  // A name without a dot has no service records (RFC 6120 §3.2.1).
  if (direct === undefined || plain === undefined) {
    const candidate = fixedCandidate(domain, defaultPort, "fallback");
    const plan = { kind: "fallback", isFlagged: false } as const;
    return finish(domain, [], plan, [], [candidate], facts, options, now);
  }
  const xmpps = serviceAnswer(facts.lookups[keyOf(direct)]);
  const xmpp = serviceAnswer(facts.lookups[keyOf(plain)]);
  if (xmpps === null || xmpp === null) {
    // Likely needed next, and cheap: the domain's own addresses are asked for at once.
    const wants = [...services, ...addressWorks(domain)];
    return pending(domain, services, wants);
  }
  const plan = planService({ xmpps, xmpp }, drawFrom(options.seed));
  const notes = serviceNotes(domain, services, plan, facts);
  const candidates =
    plan.kind === "candidates"
      ? plan.candidates
      : plan.kind === "fallback"
        ? [fixedCandidate(domain, defaultPort, "fallback")]
        : [];
  return finish(domain, services, plan, notes, candidates, facts, options, now);
}

function finish(
  domain: string,
  services: readonly LookupWork[],
  plan: Resolution["plan"],
  notes: readonly Note[],
  candidates: readonly Candidate[],
  facts: Facts,
  options: ResolveOptions,
  now: number,
): Resolution {
  const views = candidates.map((candidate) => viewHost(domain, candidate, facts, options, now));
  const hosts = views.map(({ host }) => host);
  const wakes = views.flatMap(({ wakeAt }) => wakeAt ?? []);
  const isFound = hosts.some((host) => host.endpoints.length > 0);
  const isPending = hosts.some((host) => host.state === "pending");
  return {
    domain,
    services,
    wants: [...services, ...hosts.flatMap((host) => host.lookups)],
    plan,
    serviceNotes: notes,
    hosts,
    state: isFound ? "found" : isPending ? "pending" : "none",
    failure: isFound || isPending ? null : failureFor(domain, plan, notes, hosts),
    wakeAt: wakes.length === 0 ? null : Math.min(...wakes),
  };
}

function pending(
  domain: string,
  services: readonly LookupWork[],
  wants: readonly LookupWork[],
): Resolution {
  return {
    domain,
    services,
    wants,
    plan: null,
    serviceNotes: [],
    hosts: [],
    state: "pending",
    failure: null,
    wakeAt: null,
  };
}

function failureFor(
  domain: string,
  plan: Resolution["plan"],
  notes: readonly Note[],
  hosts: readonly HostView[],
): Note {
  if (plan?.kind === "refused") return note("srv.dot", { domain });
  if (plan?.kind === "unavailable" && notes[0] !== undefined)
    return { ...notes[0], severity: "error" };
  return (
    hosts.find((host) => host.failure !== null)?.failure ?? note("addr.none", { host: domain })
  );
}

/** Both service names of a domain, direct TLS first; none when a name cannot be asked that way. */
function serviceWorks(domain: string): LookupWork[] {
  const names = [`_xmpps-server._tcp.${domain}`, `_xmpp-server._tcp.${domain}`];
  if (!domain.includes(".") || names.some((name) => name.length > 253)) return [];
  return names.map((name) => ({ kind: "lookup", name, type: "SRV" }));
}

/** The two address questions about a host. */
export function addressWorks(host: string): LookupWork[] {
  return (["AAAA", "A"] as const).map((type) => ({ kind: "lookup", name: host, type }));
}

function serviceNotes(
  domain: string,
  services: readonly LookupWork[],
  plan: ServicePlan,
  facts: Facts,
): Note[] {
  const asked = services.flatMap((work) => facts.lookups[keyOf(work)] ?? []);
  const failures = asked.flatMap((fact) => failureOf(fact) ?? []).map(asWarning);
  const remarks = asked.flatMap((fact) => [...remarksOn(fact), ...optional(wildcardSign(fact))]);
  const question = `_xmpp-server._tcp.${domain}`;
  if (plan.kind === "refused") return [note("srv.dot", { domain }), ...remarks];
  if (plan.kind === "fallback" && !plan.isFlagged)
    return [note("dns.nodata", { question, domain, port: defaultPort }), ...remarks];
  return [...failures, ...remarks];
}

function viewHost(
  domain: string,
  candidate: Candidate,
  facts: Facts,
  options: ResolveOptions,
  now: number,
): { host: HostView; wakeAt: number | null } {
  const literal = parseIpAddress(candidate.host);
  if (literal !== null && candidate.origin === "override")
    return settled(candidate, [toEndpoint(candidate, literal.text, options)], [], null);
  const flaw = judgeTarget(candidate.host);
  if (flaw !== null) return refused(candidate, note(flaw, { host: candidate.host, domain }));
  if (!isPortAllowed(candidate.port, options))
    return refused(
      candidate,
      note("policy.odd_port", { host: candidate.host, port: candidate.port }),
    );

  const lookups = addressWorks(candidate.host);
  const [v6, v4] = lookups.map((work) => facts.lookups[keyOf(work)]);
  const addresses = interleave(addressesOf(v6), addressesOf(v4)).slice(0, maxAddresses);
  const endpoints = addresses.map((address) => toEndpoint(candidate, address, options));
  const notes = hostNotes(candidate, v6, v4);
  const view = { candidate, lookups, endpoints, notes };
  if (v6?.isDecided === true && v4?.isDecided === true) {
    const failure = endpoints.length > 0 ? null : noAddress(candidate.host, v6, v4);
    const state = failure === null ? "found" : "none";
    return { host: { ...view, state, failure }, wakeAt: null };
  }
  // RFC 8305 §3: IPv6 is used at once, IPv4 alone only after a short wait for the other answer.
  const isWaiting = addressesOf(v6).length === 0 && v4?.isDecided === true;
  const waitUntil = (decidingReport(v4)?.endedAt ?? now) + resolutionDelayMs;
  if (isWaiting && now < waitUntil)
    return { host: { ...view, endpoints: [], state: "pending", failure: null }, wakeAt: waitUntil };
  return { host: { ...view, state: "pending", failure: null }, wakeAt: null };
}

function settled(
  candidate: Candidate,
  endpoints: readonly Endpoint[],
  notes: readonly Note[],
  failure: Note | null,
): { host: HostView; wakeAt: null } {
  const state = failure === null ? "found" : "none";
  return { host: { candidate, lookups: [], endpoints, notes, state, failure }, wakeAt: null };
}

function refused(candidate: Candidate, why: Note): { host: HostView; wakeAt: null } {
  return settled(candidate, [], [why], why);
}

function hostNotes(
  candidate: Candidate,
  v6: LookupFact | undefined,
  v4: LookupFact | undefined,
): Note[] {
  const facts = [v6, v4].flatMap((fact) => fact ?? []);
  const alias = facts
    .flatMap((fact) => decidingReport(fact)?.records ?? [])
    .findLast((record) => record.type === "CNAME");
  const host = candidate.host;
  const flagged = alias !== undefined && candidate.origin === "srv";
  return [
    ...(flagged ? [note("srv.cname", { host, canonical: alias.data })] : []),
    ...facts.flatMap((fact) => failureOf(fact) ?? []).map(asWarning),
    ...facts.flatMap(remarksOn),
  ];
}

/** Why a host has no address: a failed lookup explains more than an empty one. */
function noAddress(host: string, v6: LookupFact, v4: LookupFact): Note {
  const failure = failureOf(v4) ?? failureOf(v6);
  if (failure !== null) return failure;
  const report = decidingReport(v4);
  if (report?.outcome === "nxdomain")
    return note("dns.nxdomain", { question: host, type: "A", resolver: report.resolver });
  return note("addr.none", { host });
}

function addressesOf(fact: LookupFact | undefined): string[] {
  const report: LookupReport | null = decidingReport(fact);
  if (report?.outcome !== "answer" || fact === undefined) return [];
  return report.records.filter(({ type }) => type === fact.work.type).map(({ data }) => data);
}

/** RFC 8305 §4: families alternate, IPv6 first. */
function interleave(v6: readonly string[], v4: readonly string[]): string[] {
  const length = Math.max(v6.length, v4.length);
  return Array.from({ length }, (_, i) =>
    [v6[i], v4[i]].flatMap((address) => address ?? []),
  ).flat();
}

function toEndpoint(candidate: Candidate, text: string, options: ResolveOptions): Endpoint {
  const parsed = parseIpAddress(text);
  const family = parsed?.family ?? 4;
  const kind = parsed === null ? "reserved" : classifyAddress(parsed);
  const refusal = mayDial(kind, options.allowPrivateTargets)
    ? null
    : note("policy.private_addr", { host: candidate.host, address: text, kind });
  return { candidate, address: text, family, refusal };
}

/** 5269, 5270 and the unprivileged ports; others only if a setting names them. */
function isPortAllowed(port: number, options: ResolveOptions): boolean {
  return port >= 1_024 || options.extraPorts.includes(port);
}

function fixedCandidate(host: string, port: number, origin: "fallback" | "override"): Candidate {
  const security = "starttls";
  return { host, port, security, origin, priority: null, weight: null, draw: null };
}

function optional(said: Note | null): Note[] {
  return said === null ? [] : [said];
}
