import type { Attempt, Step } from "#contract/traces.ts";

/** Attempts at the same thing: one question, one server, one service. */
export interface Branch {
  readonly key: string;
  readonly kind: "agreement" | "lookup" | "server" | "service" | "local";
  readonly attempts: readonly Attempt[];
  /** Attempts that were begun. */
  readonly tried: number;
  readonly hasWinner: boolean;
}

/** What a step's attempts come to: "2 of 3 tried, 1 won". */
export interface Tally {
  readonly total: number;
  readonly tried: number;
  readonly won: number;
  readonly lost: number;
}

/** Groups a step's attempts in the order in which each group began. */
export function branchesOf(step: Pick<Step, "attempts">): Branch[] {
  const groups = new Map<string, Attempt[]>();
  for (const attempt of step.attempts) {
    const key = branchKey(attempt);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [attempt]);
    else group.push(attempt);
  }
  return [...groups].map(([key, attempts]) => ({
    key,
    kind: branchKind(attempts[0]),
    attempts,
    tried: attempts.filter(wasTried).length,
    hasWinner: attempts.some(({ winner }) => winner),
  }));
}

/** Counts only attempts that somebody outside was asked in; local decisions are none. */
export function tallyOf(attempts: readonly Attempt[]): Tally {
  const counted = attempts.filter(isOutside);
  const won = counted.filter(({ winner }) => winner).length;
  const tried = counted.filter(wasTried).length;
  const lost = counted.filter((one) => wasTried(one) && !one.winner && isOver(one)).length;
  return { total: counted.length, tried, won, lost };
}

export function isOutside({ kind }: Attempt): boolean {
  return kind === "agreement" || kind === "dns" || kind === "connect" || kind === "disco";
}

export function wasTried({ status }: Pick<Attempt, "status">): boolean {
  return status !== "pending" && status !== "skipped" && status !== "not_reached";
}

function isOver({ status }: Pick<Attempt, "status">): boolean {
  return status !== "pending" && status !== "running";
}

function branchKind(attempt: Attempt | undefined): Branch["kind"] {
  switch (attempt?.kind) {
    case "agreement":
      return "agreement";
    case "dns":
      return "lookup";
    case "connect":
      return "server";
    case "disco":
      return "service";
    default:
      return "local";
  }
}

function branchKey(attempt: Attempt): string {
  switch (attempt.kind) {
    case "agreement":
      return "agreement";
    case "dns":
      return `dns ${attempt.question.type} ${attempt.question.name}`;
    case "connect": {
      const { host, port, security } = attempt.candidate;
      return `connect ${host} ${port} ${security}`;
    }
    case "disco":
      return `disco ${attempt.query} ${attempt.to}`;
    default:
      return "local";
  }
}

/** Whether the resolvers that answered one question said the same; `alone` when only one did. */
export function agreementOf(attempts: readonly Attempt[]): "same" | "different" | "alone" {
  const answers = attempts
    .filter((attempt) => attempt.kind === "dns")
    .filter(({ outcome }) => ["answer", "nodata", "nxdomain"].includes(outcome))
    .map(({ outcome, records }) =>
      [outcome, ...records.map(({ data }) => data.toLowerCase()).sort()].join("\n"),
    );
  if (answers.length < 2) return "alone";
  return new Set(answers).size === 1 ? "same" : "different";
}
