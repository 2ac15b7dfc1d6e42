import type { DialFact, DialWork, Facts } from "./facts.ts";
import { keyOf } from "./facts.ts";
import { seconds } from "./lookups.ts";
import { asWarning, note, type Note } from "./notes.ts";
import type { Endpoint, Resolution } from "./resolve.ts";

/** One row of the plan: an endpoint and what became of it. */
export interface DialRow {
  readonly endpoint: Endpoint;
  readonly work: DialWork;
  readonly fact: DialFact | undefined;
  readonly isWinner: boolean;
}

export interface DialPlan {
  readonly state: "waiting" | "trying" | "connected" | "failed";
  readonly winner: DialRow | null;
  readonly rows: readonly DialRow[];
  readonly wants: readonly DialWork[];
  /** Dials under way that are no longer wanted. */
  readonly stops: readonly string[];
  readonly wakeAt: number | null;
  readonly notes: readonly Note[];
  /** The failure that got furthest, when all failed. */
  readonly failure: Note | null;
  /** Nothing is under way any more. */
  readonly isSettled: boolean;
}

/** RFC 8305 §5: the next address of a host after this time, or at once when the last one failed. */
export const attemptDelayMs = 250;
/** The next host begins after this time, but wins only when those before it have failed. */
export const hostDelayMs = 1_000;
/** How long a loser's TCP is watched, so that a dead address is told apart from a slow one. */
export const loserWatchMs = 3_000;
const maxDials = 16;

/**
 * Decides which address to dial next and who has won. Hosts are ranked as RFC 2782 ordered them: a
 * later one may be tried early but wins only when all before it have failed. Within a host the first
 * secured stream wins (RFC 8305).
 */
export function planDials(resolution: Resolution, facts: Facts, now: number): DialPlan {
  const groups = groupRows(resolution, facts);
  const winner = findWinner(groups);
  const rows = groups.flatMap(({ rows: inGroup }) => inGroup);
  const running = rows.filter(({ fact }) => fact !== undefined && fact.endedAt === null);
  const isOpen = groups.some(({ isPending }) => isPending);
  if (winner !== null) return won(winner, rows, running, now);

  const next = nextRow(groups);
  const begin = next === null ? null : whenToDial(next, rows, running, now);
  const wants = rows.filter(({ fact }) => fact !== undefined).map(({ work }) => work);
  if (next !== null && begin !== null && begin <= now) wants.push(next.work);
  const isFailed = next === null && running.length === 0 && !isOpen;
  return {
    state: isFailed ? "failed" : rows.length === 0 ? "waiting" : "trying",
    winner: null,
    rows,
    wants,
    stops: [],
    wakeAt: begin !== null && begin > now ? begin : null,
    notes: rowNotes(rows, null),
    failure: isFailed ? furthest(rows, resolution) : null,
    isSettled: running.length === 0,
  };
}

interface Group {
  readonly rows: readonly DialRow[];
  readonly isPending: boolean;
}

function groupRows(resolution: Resolution, facts: Facts): Group[] {
  let budget = maxDials;
  // Two records that lead to one place are one way: what failed there fails there again.
  const places = new Set<string>();
  return resolution.hosts.map((host) => {
    const fresh = host.endpoints.filter(({ candidate, address }) => {
      const place = `${address} ${candidate.port} ${candidate.security}`;
      return !places.has(place) && places.add(place);
    });
    const kept = fresh.slice(0, Math.max(0, budget));
    budget -= kept.length;
    const rows = kept.map((endpoint): DialRow => {
      const { candidate, address, family } = endpoint;
      const work: DialWork = {
        kind: "dial",
        domain: resolution.domain,
        candidate,
        address,
        family,
      };
      return { endpoint, work, fact: facts.dials[keyOf(work)], isWinner: false };
    });
    return { rows, isPending: host.state === "pending" };
  });
}

/** The first host with a secured stream, once no host before it can still get one. */
function findWinner(groups: readonly Group[]): DialRow | null {
  for (const { rows, isPending } of groups) {
    const connected = rows
      .filter(({ fact }) => fact?.outcome?.kind === "connected")
      .sort((a, b) => (a.fact?.endedAt ?? 0) - (b.fact?.endedAt ?? 0));
    if (connected[0] !== undefined) return { ...connected[0], isWinner: true };
    if (isPending || rows.some(isUndecided)) return null;
  }
  return null;
}

function isUndecided({ endpoint, fact }: DialRow): boolean {
  return endpoint.refusal === null && (fact === undefined || fact.endedAt === null);
}

/** The next address in order; those behind a host whose addresses are not known yet must wait. */
function nextRow(groups: readonly Group[]): DialRow | null {
  for (const { rows, isPending } of groups) {
    const next = rows.find(({ endpoint, fact }) => endpoint.refusal === null && fact === undefined);
    if (next !== undefined) return next;
    if (isPending) return null;
  }
  return null;
}

function whenToDial(
  next: DialRow,
  rows: readonly DialRow[],
  running: readonly DialRow[],
  now: number,
): number | null {
  if (running.length === 0) return now;
  if (running.some((row) => !isInTcp(row))) return null;
  const latest = rows
    .filter(({ fact }) => fact !== undefined)
    .reduce((last, row) =>
      (row.fact?.startedAt ?? 0) >= (last.fact?.startedAt ?? 0) ? row : last,
    );
  const isSameHost = latest.endpoint.candidate === next.endpoint.candidate;
  return (latest.fact?.startedAt ?? now) + (isSameHost ? attemptDelayMs : hostDelayMs);
}

/** A stream that is past TCP is given its time before another address is tried beside it. */
function isInTcp({ fact }: DialRow): boolean {
  const last = fact?.report?.phases.at(-1);
  return last === undefined || last.name === "tcp";
}

function won(
  winner: DialRow,
  rows: readonly DialRow[],
  running: readonly DialRow[],
  now: number,
): DialPlan {
  const isSameHost = (row: DialRow) => row.endpoint.candidate === winner.endpoint.candidate;
  const watched = running.filter((row) => isSameHost(row) && isInTcp(row));
  const ends = watched.map(({ fact }) => (fact?.startedAt ?? now) + loserWatchMs);
  const kept = watched.filter((_, index) => (ends[index] ?? now) > now);
  const marked = rows.map((row) => (row.work === winner.work ? winner : row));
  return {
    state: "connected",
    winner,
    rows: marked,
    wants: rows.filter(({ fact }) => fact !== undefined).map(({ work }) => work),
    stops: running.filter((row) => !kept.includes(row)).map(({ work }) => keyOf(work)),
    wakeAt: kept.length === 0 ? null : Math.min(...ends.filter((end) => end > now)),
    notes: rowNotes(marked, winner),
    failure: null,
    isSettled: running.length === 0,
  };
}

function rowNotes(rows: readonly DialRow[], winner: DialRow | null): Note[] {
  return rows.flatMap((row) => {
    if (row.isWinner && row.fact?.outcome?.kind === "connected") {
      const { notes, refusal } = row.fact.outcome;
      return refusal === undefined ? [...notes] : [...notes, refusal];
    }
    const said = rowNote(row, winner);
    if (said === null) return [];
    return [winner === null ? said : asLoser(said)];
  });
}

/** What is to be said of one row. */
export function rowNote(
  { endpoint, fact, isWinner }: DialRow,
  winner: DialRow | null,
): Note | null {
  if (endpoint.refusal !== null) return endpoint.refusal;
  if (fact === undefined || isWinner) return null;
  const isSilent =
    fact.outcome?.kind === "stopped"
      ? isInTcp({ endpoint, work: fact.work, fact, isWinner }) && waited(fact) >= loserWatchMs - 1
      : fact.outcome?.kind === "failed" && fact.outcome.note.code === "tcp.timeout";
  if (isSilent && endpoint.family === 6 && winner?.endpoint.family === 4)
    return note("addr.v6_dead", {
      address: endpoint.address,
      other: winner.endpoint.address,
      seconds: seconds(waited(fact)),
    });
  if (isSilent && fact.outcome?.kind === "stopped")
    return note("tcp.timeout", {
      address: endpoint.address,
      port: endpoint.candidate.port,
      seconds: seconds(waited(fact)),
    });
  return fact.outcome?.kind === "failed" ? fact.outcome.note : null;
}

function waited(fact: DialFact): number {
  return (fact.endedAt ?? fact.startedAt) - fact.startedAt;
}

/** A loser is a warning; that we have no route to one family is our own and harmless. */
function asLoser(said: Note): Note {
  return said.code === "tcp.unreachable" ? { ...said, severity: "info" } : asWarning(said);
}

const phaseOrder = ["tcp", "stream", "starttls", "tls", "restart", "certificate", "auth"];

/** Of what was said of the rows, that of the one that got furthest. */
export function furthest(rows: readonly DialRow[], resolution: Resolution): Note | null {
  let best: { rank: number; said: Note } | null = null;
  for (const row of rows) {
    const said = rowNote(row, null);
    const last = row.fact?.report?.phases.at(-1)?.name;
    const rank =
      said === null
        ? -1
        : row.fact === undefined
          ? -0.5
          : Math.max(0, phaseOrder.indexOf(last ?? ""));
    if (said !== null && rank > (best?.rank ?? -1)) best = { rank, said };
  }
  return best?.said ?? resolution.failure;
}
