import { isAskable, maxChain, readAnswer } from "#protocol/resolution/dns-answer.ts";
import type { DnsOutcome, DnsRecord, LookupReport } from "#protocol/resolution/evidence.ts";
import { isNo } from "#protocol/resolution/lookups.ts";
import { createDnsCache } from "./dns-cache.ts";
import { exchange, type DnsServer, type Exchanged } from "./dns-exchange.ts";
import type { Question } from "./dns-message.ts";
import type { Clock } from "./clock.ts";

export type { DnsServer } from "./dns-exchange.ts";
export type { Question } from "./dns-message.ts";

/** How far the answers to one question have come: reports in the order of the configured resolvers. */
export interface LookupProgress {
  readonly reports: readonly LookupReport[];
  readonly isDecided: boolean;
  readonly isFinal: boolean;
}

export interface LookupOptions {
  /** Ask, whatever is kept. */
  readonly isFresh: boolean;
  readonly signal: AbortSignal;
  /** Called for every answer; the last time with `isFinal`, unless the signal came first. */
  readonly onProgress: (progress: LookupProgress) => void;
}

export interface DnsResolver {
  /** `address:port` of each resolver, the deciding one first. */
  readonly servers: readonly string[];
  readonly lookup: (question: Question, options: LookupOptions) => void;
  /** The final reports. */
  readonly ask: (question: Question, isFresh: boolean) => Promise<readonly LookupReport[]>;
}

/** Each resolver is given this long for one question, with two repetitions on the way. */
export const dnsTimeoutMs = 5_000;
/** A resolver that was silent is given less until it answers again. */
const quietTimeoutMs = 1_000;
const quietForMs = 30_000;

/**
 * Asks all configured resolvers and compares. The first one that has something to say decides: an
 * answer, a no, or SERVFAIL (which may stand for a failed DNSSEC validation and is not asked round).
 * One that is silent, unreachable, refuses or talks nonsense says nothing.
 */
export function createDnsResolver(deps: {
  readonly servers: readonly DnsServer[];
  readonly clock: Clock;
  readonly timeoutMs?: number;
}): DnsResolver {
  const { clock } = deps;
  const timeoutMs = deps.timeoutMs ?? dnsTimeoutMs;
  const cache = createDnsCache(clock);
  const distinct = new Map(deps.servers.map((server) => [nameOf(server), server]));
  const servers = [...distinct].map(([name, server]) => ({ ...server, name, quietUntil: 0 }));

  async function askServer(
    server: (typeof servers)[number],
    question: Question,
    signal: AbortSignal,
  ): Promise<LookupReport> {
    const startedAt = clock.now();
    const isQuiet = servers.length > 1 && server.quietUntil > startedAt;
    const limit = isQuiet ? Math.min(quietTimeoutMs, timeoutMs) : timeoutMs;
    const said = await followAliases(server, question, limit, signal).catch((): Said => ({
      ...silence,
      outcome: "malformed",
      reason: "internal",
    }));
    if (!signal.aborted)
      server.quietUntil = said.outcome === "timeout" ? clock.now() + quietForMs : 0;
    return {
      ...said,
      resolver: server.name,
      deciding: false,
      ageMs: null,
      startedAt,
      endedAt: clock.now(),
    };
  }

  function lookup(question: Question, options: LookupOptions): void {
    const { signal, onProgress } = options;
    if (!isAskable(question.name)) return onProgress(notAsked(servers, clock.now()));
    const kept = options.isFresh ? null : cache.get(question);
    if (kept !== null) return onProgress({ reports: kept, isDecided: true, isFinal: true });
    const answers: (LookupReport | null)[] = servers.map(() => null);
    for (const [index, server] of servers.entries()) {
      void askServer(server, question, signal).then((report) => {
        if (signal.aborted) return;
        answers[index] = report;
        const progress = decide(answers);
        if (progress.isFinal) cache.put(question, progress.reports);
        onProgress(progress);
      });
    }
  }

  return {
    servers: servers.map(({ name }) => name),
    lookup,
    ask: (question, isFresh) =>
      new Promise((resolve) => {
        const onProgress = ({ reports, isFinal }: LookupProgress) => {
          if (isFinal) resolve(reports);
        };
        lookup(question, { isFresh, signal: new AbortController().signal, onProgress });
      }),
  };
}

/** Who decides, given what has come so far. */
function decide(answers: readonly (LookupReport | null)[]): LookupProgress {
  const present = answers.flatMap((report) => report ?? []);
  const isFinal = present.length === answers.length;
  let deciding: LookupReport | null = null;
  for (const report of answers) {
    if (report === null) break;
    if (report.outcome === "answer" || isNo(report.outcome) || report.outcome === "servfail") {
      deciding = report;
      break;
    }
  }
  if (deciding === null && isFinal) deciding = present[0] ?? null;
  const reports = present.map((report) => ({ ...report, deciding: report === deciding }));
  return { reports, isDecided: deciding !== null, isFinal };
}

type Said = Omit<LookupReport, "resolver" | "deciding" | "ageMs" | "startedAt" | "endedAt">;

const silence: Said = {
  transport: null,
  outcome: "timeout",
  rcode: null,
  records: [],
  authenticData: false,
  negativeTtl: null,
  sizeBytes: 0,
  reason: null,
  leftOut: 0,
};

/** Asks on when a chain of aliases leaves the answer; the chain is one, however many messages. */
async function followAliases(
  server: DnsServer,
  question: Question,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Said> {
  const deadline = performance.now() + timeoutMs;
  const chain: DnsRecord[] = [];
  const asked = new Set<string>();
  let name = question.name;
  let sizeBytes = 0;
  for (;;) {
    if (asked.has(name.toLowerCase()))
      return { ...silence, outcome: "malformed", records: chain, reason: "cname_loop", sizeBytes };
    asked.add(name.toLowerCase());
    if (asked.size > maxChain || !isAskable(name))
      return { ...silence, outcome: "malformed", records: chain, reason: "cname_chain", sizeBytes };
    const left = Math.max(1, deadline - performance.now());
    const exchanged = await exchange(server, { name, type: question.type }, left, signal);
    if (exchanged.kind !== "answer") return { ...failed(exchanged), records: chain, sizeBytes };
    const { message, authenticData } = exchanged.received;
    const answer = readAnswer(message, { name, type: question.type });
    sizeBytes += exchanged.sizeBytes;
    chain.push(...answer.records);
    if (answer.continueWith === null)
      return {
        transport: exchanged.transport,
        outcome: answer.outcome,
        rcode: message.rcode,
        records: chain,
        authenticData,
        negativeTtl: answer.negativeTtl,
        sizeBytes,
        reason: answer.reason,
        leftOut: answer.leftOut,
      };
    name = answer.continueWith.replace(/\.$/, "");
  }
}

function failed(exchanged: Exclude<Exchanged, { kind: "answer" }>): Said {
  const reason = exchanged.kind === "malformed" ? "message" : null;
  return { ...silence, transport: exchanged.transport, outcome: exchanged.kind, reason };
}

function notAsked(servers: readonly { readonly name: string }[], now: number): LookupProgress {
  const outcome: DnsOutcome = "not_asked";
  const reports = servers.map(({ name }, index) => ({
    ...silence,
    outcome,
    reason: "name",
    resolver: name,
    deciding: index === 0,
    ageMs: null,
    startedAt: now,
    endedAt: now,
  }));
  return { reports, isDecided: true, isFinal: true };
}

function nameOf({ address, port }: DnsServer): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
