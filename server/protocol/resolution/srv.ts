import type { Candidate, DnsRecord, Security } from "./evidence.ts";
import { parseIpAddress } from "./ip-address.ts";

/** What the lookup of one service name came to. */
export type ServiceAnswer =
  | { readonly kind: "records"; readonly records: readonly DnsRecord[] }
  /** NXDOMAIN or NODATA: there is none. */
  | { readonly kind: "none" }
  /** SERVFAIL, REFUSED, time-out, malformed: not known. */
  | { readonly kind: "failed" };

/** What both service names together mean for the next step. */
export type ServicePlan =
  | { readonly kind: "candidates"; readonly candidates: Candidate[]; readonly leftOut: number }
  /** The domain states that it offers no service: no address fallback (RFC 2782, XEP-0368 §5). */
  | { readonly kind: "refused" }
  /** Direct TLS is refused and the other lookup failed: nothing to try, and no fallback either. */
  | { readonly kind: "unavailable" }
  /** No records: the domain's own address on port 5269 counts (RFC 6120 §3.2.2). */
  | { readonly kind: "fallback"; readonly isFlagged: boolean };

/** Uniform integer in 0..limit, both included. */
export type Draw = (limit: number) => number;

/** At most this many candidates are kept of an answer, however many records it has. */
export const maxCandidates = 32;

/**
 * Merges `_xmpps-server` and `_xmpp-server` into one list in the order to be tried: lowest priority
 * first, within a priority by RFC 2782's weighted draw, both kinds mixed (XEP-0368 §3.1). A lone
 * target `.` refuses that kind of service; among other records it is dropped.
 */
export function planService(
  answers: { readonly xmpps: ServiceAnswer; readonly xmpp: ServiceAnswer },
  draw: Draw,
): ServicePlan {
  const direct = read(answers.xmpps, "direct_tls");
  const plain = read(answers.xmpp, "starttls");
  const candidates = [...direct.candidates, ...plain.candidates];
  if (candidates.length > 0) {
    const ordered = orderCandidates(candidates, draw);
    return {
      kind: "candidates",
      candidates: ordered.slice(0, maxCandidates),
      leftOut: Math.max(0, ordered.length - maxCandidates),
    };
  }
  if (plain.isRefused) return { kind: "refused" };
  if (direct.isRefused) return { kind: answers.xmpp.kind === "failed" ? "unavailable" : "refused" };
  const isFlagged = answers.xmpp.kind === "failed" || answers.xmpps.kind === "failed";
  return { kind: "fallback", isFlagged };
}

/** RFC 2782: ascending priority; weight 0 first, then the first running sum at or above the draw. */
export function orderCandidates(candidates: readonly Candidate[], draw: Draw): Candidate[] {
  const priorities = [...new Set(candidates.map((c) => c.priority ?? 0))].sort((a, b) => a - b);
  return priorities.flatMap((priority) =>
    drawAll(
      candidates.filter((candidate) => (candidate.priority ?? 0) === priority),
      draw,
    ),
  );
}

/** The same draw can be made again from the seed that a trace keeps. */
export function drawFrom(seed: number): Draw {
  let state = seed >>> 0;
  return (limit) => {
    // mulberry32: small, even enough for load sharing; nothing here needs to be unguessable.
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * (limit + 1));
  };
}

/** What is wrong with an SRV target as the name of a host; null when it can be looked up. */
export function judgeTarget(host: string): "srv.ip" | "srv.target" | null {
  if (parseIpAddress(host) !== null) return "srv.ip";
  // Underscores are no host name, but they resolve and are in use.
  const isName = host.length <= 253 && /^(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}$/.test(host);
  return isName ? null : "srv.target";
}

export interface SrvData {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  /** Lower case, without the final dot; empty for the target `.` */
  readonly target: string;
}

/** Reads `10 0 5269 xmpp.example.org.`; null when it is not of that form or range. */
export function parseSrvData(data: string): SrvData | null {
  const match = /^(\d{1,5}) (\d{1,5}) (\d{1,5}) (\S+)$/.exec(data);
  const [priority, weight, port] = (match ?? []).slice(1, 4).map(Number);
  const target = match?.[4];
  if (priority === undefined || weight === undefined || port === undefined || target === undefined)
    return null;
  if (priority > 65_535 || weight > 65_535 || port > 65_535) return null;
  return { priority, weight, port, target: target.replace(/\.$/, "").toLowerCase() };
}

function read(
  answer: ServiceAnswer,
  security: Security,
): { candidates: Candidate[]; isRefused: boolean } {
  if (answer.kind !== "records") return { candidates: [], isRefused: false };
  const parsed = answer.records.flatMap((record) => parseSrvData(record.data) ?? []);
  const candidates = parsed
    .filter(({ target }) => target !== "")
    .map(({ priority, weight, port, target }): Candidate => ({
      host: target,
      port,
      security,
      origin: "srv",
      priority,
      weight,
      draw: null,
    }));
  return { candidates, isRefused: parsed.length > 0 && candidates.length === 0 };
}

function drawAll(candidates: readonly Candidate[], draw: Draw): Candidate[] {
  const waiting = [
    ...candidates.filter((candidate) => candidate.weight === 0),
    ...candidates.filter((candidate) => candidate.weight !== 0),
  ];
  const drawn: Candidate[] = [];
  while (waiting.length > 0) {
    const total = waiting.reduce((sum, candidate) => sum + (candidate.weight ?? 0), 0);
    const random = draw(total);
    let running = 0;
    const index = waiting.findIndex((candidate) => {
      running += candidate.weight ?? 0;
      return running >= random;
    });
    const [chosen] = waiting.splice(Math.max(0, index), 1);
    if (chosen !== undefined) drawn.push({ ...chosen, draw: { random, total } });
  }
  return drawn;
}
