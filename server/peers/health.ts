import type { SampleKind } from "#store/checks.ts";
import type { HealthState } from "#store/peers.ts";
import type { FindingCode } from "#contract/findings.ts";
import type { HealthFindingCode } from "#contract/health-findings.ts";
import type { Finding } from "#contract/traces.ts";
import type { Observation } from "./observation.ts";

/** What one check says by itself, before it is weighed against those before it. */
export type Judgement =
  | { readonly kind: "good" }
  /** It works, but something about it wants repair. */
  | { readonly kind: "impaired"; readonly cause: Finding }
  | { readonly kind: "failed"; readonly cause: Finding }
  /** Nothing was learned about the peer: we could not look. */
  | { readonly kind: "unknown"; readonly cause: Finding };

/** How a judgement is counted in the history. */
export const sampleOf = {
  good: "up",
  impaired: "degraded",
  failed: "down",
  unknown: "unknown",
} as const satisfies Record<Judgement["kind"], SampleKind>;

/**
 * Judges a check by what the peer is expected to be: an XMPP server, or one with a wave service. Where
 * its own server answers but our XMPP server cannot deliver, stanzas do not flow: that has failed.
 */
export function judge(domain: string, expects: "xmpp" | "wave", seen: Observation): Judgement {
  if (seen.isCut) return unknown(seen.headline ?? finding("trace.deadline", "us", { domain }));
  const reached = expects === "xmpp" ? judgeXmpp(domain, seen) : judgeWave(domain, seen);
  if (reached.kind !== "good" && reached.kind !== "impaired") return reached;
  const carried = judgePing(domain, seen);
  return carried.kind === "failed" || reached.kind === "good" ? carried : reached;
}

function judgeXmpp(domain: string, seen: Observation): Judgement {
  switch (seen.xmpp) {
    case "reachable":
      return { kind: "good" };
    case "warning": {
      const cause = worst(seen, (step) => step <= 5);
      return cause === null ? { kind: "good" } : { kind: "impaired", cause };
    }
    case "unreachable":
      return failed(seen.headline ?? worst(seen, () => true) ?? unexplained(domain));
    case "unknown":
    case null:
      return unknown(seen.headline ?? unexplained(domain));
  }
}

function judgeWave(domain: string, seen: Observation): Judgement {
  switch (seen.wave) {
    case "found":
    case "guessed": {
      const cause = worst(seen, () => true);
      return cause === null ? { kind: "good" } : { kind: "impaired", cause };
    }
    case "none": {
      // Silence explains what was guessed for want of an answer, and it may be our own way in that is closed.
      const silence = seen.findings.find(({ code }) => code === "disco.timeout");
      const cause = silence ?? worst(seen, (step) => step > 5) ?? seen.headline;
      return failed(cause ?? finding("health.no_wave", "peer", { domain }));
    }
    case "unknown":
    case null:
      if (seen.xmpp === "unreachable") return judgeXmpp(domain, seen);
      if (seen.notCarried !== null)
        return unknown({
          code: seen.notCarried,
          params: { domain },
          owner: "us",
          severity: "error",
        });
      return unknown(seen.headline ?? unexplained(domain));
  }
}

function judgePing(domain: string, seen: Observation): Judgement {
  const { ping } = seen;
  switch (ping.kind) {
    case "bounced": {
      const { condition, text } = ping;
      return failed(finding("link.bounced", "us", { domain, condition, text }));
    }
    case "timeout": {
      const cause = finding("ping.timeout", "network", { domain, seconds: ping.seconds });
      return { kind: "impaired", cause: { ...cause, severity: "warning" } };
    }
    case "answered":
    case "not_sent":
      return { kind: "good" };
  }
}

// A certificate's coming end is an incident of its own kind; a guess works.
const harmless = new Set(["cert.expiring", "name.mixed_script", "guess.used"]);

/** The finding that marrs most among those of some steps; causes stand before symptoms already. */
function worst(seen: Observation, isAbout: (step: number) => boolean): Finding | null {
  const found = seen.findings.find(
    ({ step, code, severity }) => severity !== "info" && isAbout(step) && !harmless.has(code),
  );
  return found === undefined ? null : plain(found);
}

function failed(cause: Finding): Judgement {
  return { kind: "failed", cause: { ...plain(cause), severity: "error" } };
}

function unknown(cause: Finding): Judgement {
  return { kind: "unknown", cause: plain(cause) };
}

function unexplained(domain: string): Finding {
  return finding("health.unexplained", "us", { domain });
}

/** A finding of this area or of a trace, an error unless said otherwise. */
export function finding(
  code: HealthFindingCode | FindingCode,
  owner: Finding["owner"],
  params: Finding["params"],
  severity: Finding["severity"] = "error",
): Finding {
  return { code, params, owner, severity };
}

/** Without the step that a trace's finding carries. */
function plain({ code, params, owner, severity }: Finding): Finding {
  return { code, params, owner, severity };
}

// ---- over several checks ----

/** What is remembered of a peer from check to check. */
export interface HealthMemory {
  readonly state: HealthState;
  /** The last state that was not `unknown`; null before the first. */
  readonly knownState: Exclude<HealthState, "unknown"> | null;
  readonly since: Date;
  readonly failuresInRow: number;
  readonly badInRow: number;
  /** When the first of the bad checks in a row ran. */
  readonly badSince: Date | null;
  readonly cause: Finding | null;
}

/** What a check changed beside the memory: facts for incidents, traces and listeners. */
export interface Change {
  readonly from: HealthState;
  readonly to: Exclude<HealthState, "unknown">;
  /** It differs from what was known before a spell of not knowing: worth a stored trace. */
  readonly isNew: boolean;
  /** For incidents: when the trouble began, not when it was confirmed. */
  readonly began: Date;
  readonly cause: Finding | null;
}

export interface Weighed {
  readonly memory: HealthMemory;
  readonly change: Change | null;
}

/**
 * Weighs one judgement against those before it. Good is up at once. Bad is believed after
 * `failuresUntilDown` checks in a row, but a peer that was down and answers badly is degraded at once.
 * Not knowing changes the state at once and no count: what is not seen is neither good nor bad.
 */
export function weigh(
  memory: HealthMemory,
  judgement: Judgement,
  terms: {
    readonly failuresUntilDown: number;
    readonly now: Date;
    /** We may be cut off ourselves: a failure is counted, but not believed yet. */
    readonly isSuspect: boolean;
  },
): Weighed {
  const { now } = terms;
  if (judgement.kind === "unknown") {
    const since = memory.state === "unknown" ? memory.since : now;
    return {
      memory: { ...memory, state: "unknown", since, cause: judgement.cause },
      change: null,
    };
  }
  if (judgement.kind === "good") {
    const calm = { failuresInRow: 0, badInRow: 0, badSince: null, cause: null };
    return enter({ ...memory, ...calm }, "up", now, now);
  }
  const isFailure = judgement.kind === "failed";
  const counted = count(memory, judgement, terms);
  const began = counted.badSince ?? now;
  const wasDown = memory.knownState === "down";
  if (isFailure && (wasDown || counted.failuresInRow >= terms.failuresUntilDown))
    return enter(counted, "down", now, began);
  const isConfirmed = counted.badInRow >= terms.failuresUntilDown;
  if (!isFailure && (wasDown || memory.knownState === null))
    return enter(counted, "degraded", now, wasDown ? now : began);
  if (isConfirmed) return enter(counted, "degraded", now, began);
  // Trouble that is not believed yet leaves a known state as it was; an unknown one stays unknown.
  return { memory: counted, change: null };
}

function count(
  memory: HealthMemory,
  judgement: Extract<Judgement, { kind: "impaired" | "failed" }>,
  terms: { readonly failuresUntilDown: number; readonly now: Date; readonly isSuspect: boolean },
): HealthMemory {
  const isFailure = judgement.kind === "failed";
  const isHeld = isFailure && terms.isSuspect;
  const next = (sum: number) =>
    isHeld ? Math.max(sum, Math.min(sum + 1, terms.failuresUntilDown - 1)) : sum + 1;
  // A degraded peer's outage begins with its first failure, not with what had marred it before.
  const isNewTrouble = isFailure && memory.failuresInRow === 0 && memory.knownState === "degraded";
  return {
    ...memory,
    failuresInRow: isFailure ? next(memory.failuresInRow) : 0,
    badInRow: next(memory.badInRow),
    badSince: isNewTrouble ? terms.now : (memory.badSince ?? terms.now),
    cause: judgement.cause,
  };
}

function enter(
  memory: HealthMemory,
  to: Exclude<HealthState, "unknown">,
  now: Date,
  began: Date,
): Weighed {
  if (memory.state === to) return { memory, change: null };
  return {
    memory: { ...memory, state: to, knownState: to, since: now },
    change: {
      from: memory.state,
      to,
      isNew: memory.knownState !== to,
      began,
      cause: memory.cause,
    },
  };
}
