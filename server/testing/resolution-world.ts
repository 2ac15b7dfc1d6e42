import type {
  CrossReport,
  DialReport,
  DiscoReport,
  DnsOutcome,
  LookupReport,
} from "#protocol/resolution/evidence.ts";
import type {
  DialOutcome,
  DialWork,
  DiscoWork,
  LookupWork,
  Work,
} from "#protocol/resolution/facts.ts";
import {
  handle as handleConnect,
  newConnect,
  type ConnectInput,
  type ConnectState,
} from "#protocol/resolution/connect.ts";
import { handle } from "#protocol/resolution/discover.ts";
import {
  newDiscovery,
  type DiscoverState,
  type Input,
} from "#protocol/resolution/discover-state.ts";
import { note, type Note } from "#protocol/resolution/notes.ts";
import type { Effect } from "#protocol/resolution/progress.ts";
import { viewDiscovery, type DiscoveryView } from "#protocol/resolution/trace-view.ts";
import type { Begin } from "#protocol/resolution/walk.ts";
import { findings } from "#contract/findings.ts";

/** A simulated internet with a virtual clock, to run the resolution machine in without any socket. */
export interface World {
  /** `SRV name` -> records, or an outcome; what is not named does not exist. `delayMs` defaults to 10. */
  readonly dns: Record<string, readonly string[] | DnsAnswer>;
  /** `address:port` -> what listens there; what is not named refuses. */
  readonly servers?: Record<string, Server>;
  /** `items domain` or `info jid` -> the answer over the link; what is not named is item-not-found. */
  readonly disco?: Record<string, DiscoAnswer>;
  /** Name -> what is wrong with the certificate of a connection that serves for it as well. */
  readonly judged?: Record<string, readonly string[]>;
  /** Name -> how a ping across the links that reach it ends. */
  readonly crossings?: Record<string, CrossReport>;
}
export interface DnsAnswer {
  readonly outcome?: DnsOutcome;
  readonly data?: readonly string[];
  readonly alias?: string;
  readonly delayMs?: number;
  readonly resolver?: string;
  readonly ageMs?: number;
  readonly leftOut?: number;
  /** What further resolvers say, after as many milliseconds. */
  readonly others?: readonly { data?: readonly string[]; outcome?: DnsOutcome; delayMs?: number }[];
}
export type Server =
  | {
      readonly kind: "secure";
      readonly delayMs?: number;
      readonly findings?: DialReport["certificate"];
      readonly notes?: readonly Note[];
    }
  | { readonly kind: "silent" }
  | {
      readonly kind: "fails";
      readonly code: "stream.not_xmpp" | "tls.not_offered";
      readonly delayMs?: number;
    };
export interface DiscoAnswer {
  readonly kind?: DiscoReport["kind"];
  readonly condition?: string;
  readonly items?: readonly string[];
  readonly features?: readonly string[];
  readonly identities?: DiscoReport["identities"];
  readonly delayMs?: number;
}

export const waveService = { features: ["http://waveprotocol.org/protocol/0.2/waveserver"] };
const resolvers = ["192.0.2.53:53", "198.51.100.53:53"];

export function beginFor(domain: string, changes: Partial<Begin> = {}): Begin {
  return {
    input: domain,
    domain,
    unicode: domain,
    scripts: ["Latin"],
    isMixedScript: false,
    guess: `wave.${domain}`,
    reading: "overview",
    resolvers: resolvers.slice(0, 1),
    isFresh: false,
    policy: { outcome: "allowed", rule: "mode:open" },
    link: { ok: true, isNative: false },
    agreed: { links: [], showsFallBack: true, isBrief: false },
    resolve: { seed: 1, override: null, allowPrivateTargets: true, extraPorts: [] },
    limits: { discoTries: 2, deadlineMs: 60_000, compareMs: 1_000 },
    ...changes,
  };
}

export interface Run {
  readonly view: DiscoveryView;
  readonly state: DiscoverState;
  readonly endedAt: number;
  /** Keys of the work begun, with the time. */
  readonly begun: readonly { key: string; at: number }[];
  readonly stopped: readonly string[];
  /** Views at each input, to see what was shown on the way. */
  readonly path: readonly number[];
}

/** Runs a discovery to its end in virtual time. `cancelAt` cancels it then. */
export function runIn(world: World, begin: Begin, options: { cancelAt?: number } = {}): Run {
  const cancel: Input = { kind: "cancel", by: "alice" };
  const done = simulate<DiscoverState, Input>(
    { initial: newDiscovery(), handle, begin: { kind: "begin", begin }, woke: { kind: "woke" } },
    (effect, now) => answer(world, effect.key, effect.work, begin, now),
    options.cancelAt === undefined ? [] : [{ delayMs: options.cancelAt, input: cancel }],
  );
  const view = viewDiscovery(done.state, findings, done.endedAt);
  if (view === null) throw new Error("the discovery never began");
  return { view, ...done, path: pathOf(view) };
}

/** Runs `connect` to its end in the same internet, as a link would. */
export function connectIn(world: World, begin: Begin) {
  const { domain, resolve, limits } = begin;
  const start = { domain, resolve, deadlineMs: limits.deadlineMs };
  return simulate<ConnectState, ConnectInput>(
    {
      initial: newConnect,
      handle: handleConnect,
      begin: { kind: "begin", begin: start },
      woke: { kind: "woke" },
    },
    (effect, now) =>
      answer(world, effect.key, effect.work, begin, now).flatMap(({ delayMs, input }) =>
        input.kind === "looked_up" || input.kind === "dialled" || input.kind === "dial_progressed"
          ? [{ delayMs, input }]
          : [],
      ),
    [],
  );
}

interface Machine<S, I> {
  readonly initial: S;
  readonly handle: (state: S, input: I, now: number) => { state: S; effects: readonly Effect[] };
  readonly begin: I;
  readonly woke: I;
}
interface Delayed<I> {
  readonly delayMs: number;
  readonly input: I;
}

function simulate<S, I>(
  machine: Machine<S, I>,
  answerTo: (effect: Extract<Effect, { kind: "start" }>, now: number) => readonly Delayed<I>[],
  events: readonly Delayed<I>[],
) {
  let now = 0;
  let state = machine.initial;
  let order = 0;
  let wakeAt: number | null = null;
  let isFinished = false;
  const queue: { at: number; order: number; input: I }[] = [];
  const begun: { key: string; at: number }[] = [];
  const stopped: string[] = [];
  const later = ({ delayMs, input }: Delayed<I>) => {
    order += 1;
    queue.push({ at: now + delayMs, order, input });
  };
  const act = (effect: Effect) => {
    if (effect.kind === "finish") isFinished = true;
    else if (effect.kind === "wake") wakeAt = effect.at;
    else if (effect.kind === "stop") stopped.push(effect.key);
    else {
      begun.push({ key: effect.key, at: now });
      for (const each of answerTo(effect, now)) later(each);
    }
  };
  const feed = (input: I) => {
    const step = machine.handle(state, input, now);
    state = step.state;
    for (const effect of step.effects) act(effect);
  };
  feed(machine.begin);
  for (const event of events) later(event);
  for (let turns = 0; !isFinished; turns += 1) {
    if (turns > 5_000) throw new Error("the machine does not end");
    queue.sort((a, b) => a.at - b.at || a.order - b.order);
    const next = queue[0];
    if (wakeAt !== null && (next === undefined || wakeAt < next.at)) {
      now = wakeAt;
      wakeAt = null;
      feed(machine.woke);
      continue;
    }
    if (next === undefined) throw new Error("nothing is under way, yet the machine has not ended");
    queue.shift();
    now = next.at;
    feed(next.input);
  }
  return { state, endedAt: now, begun, stopped };
}

/** The steps that were run, in order. */
export function pathOf(view: DiscoveryView): number[] {
  return view.steps.filter((step) => step.because === undefined).map((step) => step.number);
}

function answer(
  world: World,
  key: string,
  work: Work,
  begin: Begin,
  now: number,
): { delayMs: number; input: Input }[] {
  if (work.kind === "lookup") return lookUp(world, key, work, begin, now);
  if (work.kind === "dial") return dial(world, key, work, now);
  if (work.kind === "disco") return [disco(world, key, work, now)];
  if (work.kind === "cross") {
    const report = world.crossings?.[work.to];
    return report === undefined ? [] : [{ delayMs: 5, input: { kind: "crossed", key, report } }];
  }
  const certificate = judged(work.reference, world.judged?.[work.reference]);
  return [{ delayMs: 1, input: { kind: "judged", key, certificate } }];
}

function lookUp(world: World, key: string, work: LookupWork, begin: Begin, now: number) {
  const entry = world.dns[`${work.type} ${work.name}`];
  const missing: DnsAnswer = { outcome: isKnown(world, work.name) ? "nodata" : "nxdomain" };
  const told: DnsAnswer =
    entry === undefined ? missing : "length" in entry ? { data: entry } : entry;
  const delayMs = told.delayMs ?? 10;
  const first = lookupReport(work, told, begin.resolvers[0] ?? "", true, now, delayMs);
  const others = (told.others ?? []).map((other, index) =>
    lookupReport(
      work,
      other,
      begin.resolvers[index + 1] ?? "",
      false,
      now,
      other.delayMs ?? delayMs,
    ),
  );
  const slowest = Math.max(
    delayMs,
    ...(told.others ?? []).map((other) => other.delayMs ?? delayMs),
  );
  const isFinal = slowest === delayMs;
  const input: Input = {
    kind: "looked_up",
    key,
    reports: isFinal ? [first, ...others] : [first],
    isDecided: true,
    isFinal,
  };
  const last: Input = { ...input, reports: [first, ...others], isFinal: true };
  return isFinal
    ? [{ delayMs, input }]
    : [
        { delayMs, input },
        { delayMs: slowest, input: last },
      ];
}

function isKnown(world: World, name: string): boolean {
  return Object.keys(world.dns).some((known) => known.split(" ")[1]?.endsWith(name));
}

function lookupReport(
  work: LookupWork,
  told: DnsAnswer,
  resolver: string,
  deciding: boolean,
  now: number,
  delayMs: number,
): LookupReport {
  const owner = told.alias ?? work.name;
  const alias =
    told.alias === undefined
      ? []
      : [{ name: `${work.name}.`, type: "CNAME", ttl: 60, data: `${told.alias}.` }];
  const data = (told.data ?? []).map((text) => ({
    name: `${owner}.`,
    type: work.type,
    ttl: 60,
    data: text,
  }));
  const outcome = told.outcome ?? (data.length > 0 ? "answer" : "nodata");
  return {
    resolver,
    deciding,
    transport: "udp",
    outcome,
    rcode: null,
    records: [...alias, ...data],
    authenticData: false,
    negativeTtl: outcome === "nodata" || outcome === "nxdomain" ? 60 : null,
    sizeBytes: 100,
    ageMs: told.ageMs ?? null,
    reason: outcome === "malformed" ? "rdata" : null,
    leftOut: told.leftOut ?? 0,
    startedAt: now,
    endedAt: now + delayMs,
  };
}

function dial(world: World, key: string, work: DialWork, now: number) {
  const { address, candidate } = work;
  const server = world.servers?.[`${address}:${candidate.port}`];
  const end = (
    delayMs: number,
    outcome: DialOutcome,
    names: readonly string[],
    certificate = judged(work.domain),
  ) => ({
    delayMs,
    input: {
      kind: "dialled" as const,
      key,
      outcome,
      report: dialReport(names, now, delayMs, outcome.kind === "connected" ? certificate : null),
    },
  });
  const port = candidate.port;
  if (server === undefined)
    return [end(20, { kind: "failed", note: note("tcp.refused", { address, port }) }, ["tcp"])];
  if (server.kind === "silent")
    return [
      end(10_000, { kind: "failed", note: note("tcp.timeout", { address, port, seconds: 10 }) }, [
        "tcp",
      ]),
    ];
  const delayMs = server.delayMs ?? 100;
  const connecting = {
    delayMs: Math.min(20, delayMs),
    input: {
      kind: "dial_progressed" as const,
      key,
      report: dialReport(["tcp", "stream"], now, 20, null),
    },
  };
  if (server.kind === "fails") {
    const why =
      server.code === "stream.not_xmpp"
        ? note("stream.not_xmpp", { address, port, firstBytes: "HTTP/1.1 400" })
        : note("tls.not_offered", { domain: work.domain, host: candidate.host });
    return [connecting, end(delayMs, { kind: "failed", note: why }, ["tcp", "stream"])];
  }
  const certificate = server.findings ?? judged(work.domain);
  return [
    connecting,
    end(
      delayMs,
      { kind: "connected", notes: server.notes ?? [] },
      ["tcp", "stream", "starttls", "tls", "restart", "certificate"],
      certificate,
    ),
  ];
}

function dialReport(
  names: readonly string[],
  now: number,
  delayMs: number,
  certificate: DialReport["certificate"],
): DialReport {
  return {
    localAddress: "127.0.0.1",
    phases: names.map((name) => ({
      name: name as "tcp",
      status: "ok",
      startedAt: now,
      endedAt: now + delayMs,
    })),
    bytesSent: 100,
    bytesReceived: 200,
    transcript: [{ direction: "out", at: now, xml: "<stream:stream>" }],
    features: [],
    tls: null,
    certificate,
    login: null,
  };
}

export function judged(
  reference: string,
  codes: readonly string[] = [],
): NonNullable<DialReport["certificate"]> {
  return {
    reference,
    chain: [],
    trusted: codes.length === 0,
    nameMatch: codes.includes("cert.name") ? null : reference,
    findings: codes.map((code) => ({
      code,
      params: { domain: reference },
      owner: "peer",
      severity: "error",
    })),
  };
}

function disco(world: World, key: string, work: DiscoWork, now: number) {
  const told = world.disco?.[`${work.query} ${work.to}`] ?? {
    kind: "error" as const,
    condition: "item-not-found",
  };
  const delayMs = told.delayMs ?? (told.kind === "timeout" ? 10_000 : 40);
  const items = told.items ?? [];
  const report: DiscoReport = {
    kind: told.kind ?? "result",
    linkId: "link-1",
    condition: told.condition ?? null,
    text: null,
    items: items.map((jid) => ({
      jid,
      name: null,
      node: null,
      domain: jid.includes("@") ? null : jid,
    })),
    itemsTotal: items.length,
    identities: told.identities ?? [],
    features: [...(told.features ?? [])],
    transcript: [{ direction: "out", at: now, xml: "<iq/>" }],
  };
  return { delayMs, input: { kind: "disco_answered" as const, key, report } };
}
