import { overLinks } from "./agreed.ts";
import type { DialPlan, DialRow } from "./dial-plan.ts";
import { matchWaveService } from "../wave/stanzas.ts";
import { viewInfos } from "./disco.ts";
import { keyOf, type DiscoWork, type JudgeWork } from "./facts.ts";
import { askedEntities } from "./look-ahead.ts";
import { asWarning, note, type Note } from "./notes.ts";
import { resolutionDrafts, resolutionNotes } from "./resolution-drafts.ts";
import { type Reached, reachedByLink } from "./steps-agreed.ts";
import { harmless, ownFaults, sorted, statusFor } from "./steps-domain.ts";
import {
  certificateNotes,
  decision,
  dialDrafts,
  discoDrafts,
  goto,
  leaveOut,
  pathTo,
  put,
  wait,
  type AttemptDraft,
  type Outcome,
  type Walk,
} from "./walk.ts";

// Steps 6 to 13 of the Wave documents: from the list of services to the wave service, found or guessed.

/** Step 6: which of the services is a wave service. */
export function findService(walk: Walk): Outcome {
  const { begin } = walk;
  const asked = askedEntities(walk);
  const infos = viewInfos(asked, walk.facts);
  walk.wants.push(...infos.wants);
  const attempts = discoDrafts(6, infos.facts);
  if (infos.state === "pending") {
    put(walk, 6, "running", attempts);
    return wait;
  }
  if (infos.winner === null) {
    const { domain } = begin;
    const none = note("disco.no_wave", { domain, answered: infos.answered, asked: asked.length });
    put(walk, 6, "warning", attempts, [none]);
    leaveOut(walk, "skipped", 7, 8, "wave.not_listed", 6);
    return goto(9);
  }
  walk.jid = infos.winner;
  put(walk, 6, "ok", attempts);
  if (infos.winner !== begin.domain) return goto(7);
  leaveOut(walk, "skipped", 7, 8, "wave.same_host", 6);
  return found(walk, 6);
}

/** Step 7: the item's address is another domain than the stream's `to`; look it up, and dial it. */
export function resolveItem(walk: Walk): Outcome {
  const jid = walk.jid ?? walk.begin.domain;
  const isByLink = overLinks(walk, jid) !== null;
  const resolution = isByLink ? null : pathTo(walk, jid).resolution;
  const reached = reach(walk, 7, jid);
  const looked = resolution === null ? [] : resolutionDrafts(walk, 7, resolution);
  const heard = resolution === null ? [] : resolutionNotes(resolution);
  const attempts = [...looked, ...reached.attempts];
  const notes = [...heard, ...reached.notes];
  if (reached.state === "pending") {
    put(walk, 7, "running", attempts, notes);
    return wait;
  }
  if (reached.state === "failed") put(walk, 7, "failed", attempts, notes, reached.failure);
  else put(walk, 7, statusFor(notes), attempts, notes);
  return goto(8);
}

/** Step 8: reached -> 12, else the guess. */
export function judgeItem(walk: Walk): Outcome {
  if (walk.steps.get(7)?.status !== "failed") {
    put(walk, 8, "ok", [decision(8, "item.reached")]);
    return found(walk, 8);
  }
  walk.jid = null;
  put(walk, 8, "warning", [decision(8, "item.unreachable", "warning")]);
  return goto(9);
}

/** Step 9: guess the service's name. */
export function guessService(walk: Walk): Outcome {
  const { domain, guess } = walk.begin;
  if (guess !== null) {
    put(walk, 9, "ok", [decision(9, "guess", "ok", { jid: guess })]);
    return goto(10);
  }
  const jid = `wave.${domain}`;
  const tooLong = note("guess.failed", { domain, jid, condition: "name_too_long" });
  put(walk, 9, "failed", [decision(9, "guess", "failed", { jid })], [tooLong]);
  leaveOut(walk, "not_reached", 10, 12, "guess.failed", 9);
  return goto(13);
}

/** Step 10: look the guess up as any domain. */
export function resolveGuess(walk: Walk): Outcome {
  const { guess, domain } = walk.begin;
  if (guess === null) return goto(13);
  if (overLinks(walk, guess) !== null) {
    put(walk, 10, "ok", [decision(10, "agreed.known", "ok", { jid: guess })]);
    return goto(11);
  }
  const { resolution } = pathTo(walk, guess);
  const attempts = resolutionDrafts(walk, 10, resolution);
  const notes = resolutionNotes(resolution);
  if (resolution.state === "pending") {
    put(walk, 10, "running", attempts, notes);
    return wait;
  }
  if (resolution.state === "found") {
    put(walk, 10, statusFor(notes), attempts, notes);
    return goto(11);
  }
  const why = resolution.failure;
  if (why !== null && ownFaults.has(why.code)) walk.wave = "unknown";
  const failed = note("guess.failed", { domain, jid: guess, condition: why?.code ?? "addr.none" });
  put(walk, 10, "failed", attempts, [failed, ...doubt(walk, notes)]);
  leaveOut(walk, "not_reached", 11, 12, "guess.failed", 10);
  return goto(13);
}

/** Step 11: connect to the guess if it is elsewhere, and let it say that it is a wave service. */
export function connectToGuess(walk: Walk): Outcome {
  const { guess, domain } = walk.begin;
  if (guess === null) return goto(13);
  const reached = reach(walk, 11, guess);
  const confirmed = confirm(walk, guess);
  const attempts = [...reached.attempts, ...confirmed.attempts];
  const doubted = doubt(walk, reached.notes);
  if (reached.state === "pending" || (reached.state === "ok" && confirmed.state === "pending")) {
    put(walk, 11, "running", attempts, doubted);
    return wait;
  }
  const condition = reached.state === "failed" ? reached.failure?.code : confirmed.condition;
  if (condition !== null && condition !== undefined) {
    const failed = note("guess.failed", { domain, jid: guess, condition });
    put(walk, 11, "failed", attempts, [failed, ...doubted]);
    doubtLookup(walk);
    leaveOut(walk, "not_reached", 12, 12, "guess.failed", 11);
    if (walk.isShut && confirmed.state === "bounced") walk.wave = "unknown";
    return goto(13);
  }
  walk.jid = guess;
  walk.wave = "guessed";
  const used = note("guess.used", { domain, jid: guess });
  put(walk, 11, statusFor(reached.notes), attempts, [...reached.notes, used]);
  return goto(12);
}

/**
 * What was seen on the way to a guess that has not confirmed itself. It may never have been meant to
 * exist, so it is nobody's fault: a remark where the domain itself was reached, else a warning.
 */
function doubt(walk: Walk, notes: readonly Note[]): Note[] {
  return notes.map((said) => {
    if (walk.xmpp === "reached") return { ...said, severity: "info" };
    return harmless.has(said.code) ? said : asWarning(said);
  });
}

/** The lookups of step 10 were for the same guess. */
function doubtLookup(walk: Walk): void {
  const step = walk.steps.get(10);
  if (step === undefined) return;
  const notes = doubt(walk, step.notes);
  put(walk, 10, statusFor(notes), step.attempts, notes);
}

/** Step 12: ready. TLS came before disco (RFC 6120), though the Wave documents put it here. */
export function ready(walk: Walk): Outcome {
  const params = { jid: walk.jid, order: "tls_before_disco" };
  put(walk, 12, "ok", [decision(12, "ready", "ok", params)]);
  leaveOut(walk, "skipped", 13, 13, "trace.ready", 12);
  return { kind: "end" };
}

/** Step 13: no wave service could be reached. */
export function giveUp(walk: Walk): Outcome {
  walk.wave ??= walk.xmpp === null ? "unknown" : "none";
  walk.jid = null;
  // A server that ours cannot deliver to is not there for our people, though the probe reached it.
  const isChatOnly = walk.xmpp === "reached" && !walk.isShut;
  put(walk, 13, isChatOnly ? "warning" : "failed", [
    decision(13, isChatOnly ? "no_wave" : "unreachable", isChatOnly ? "warning" : "failed"),
  ]);
  return { kind: "end" };
}

function found(walk: Walk, step: number): Outcome {
  walk.wave = "found";
  leaveOut(walk, "skipped", 9, 11, "wave.found", step);
  return goto(12);
}

/** Reaches a service: by the connection of step 5 if address and port are the same, else by a dial. */
function reach(walk: Walk, step: 7 | 11, jid: string): Reached {
  const agreed = overLinks(walk, jid);
  if (agreed !== null) return reachedByLink(step, jid, agreed);
  const { resolution, dial } = pathTo(walk, jid);
  if (resolution.state === "none")
    return { state: "failed", attempts: [], notes: [], failure: resolution.failure };
  const [first] = resolution.hosts.filter((host) => host.endpoints.length > 0);
  if (first === undefined) return { state: "pending", attempts: [], notes: [], failure: null };
  const base = baseConnection(walk);
  const isSame =
    base !== null &&
    first.endpoints.some(
      ({ address, candidate }) =>
        address === base.endpoint.address && candidate.port === base.endpoint.candidate.port,
    );
  return isSame ? reuse(walk, step, jid, base) : dialled(step, dial());
}

/** The same connection serves; its certificate is judged for the service's name too. */
function reuse(walk: Walk, step: number, jid: string, base: DialRow): Reached {
  const work: JudgeWork = { kind: "judge", dialKey: keyOf(base.work), reference: jid };
  const hasChain = base.fact?.report?.certificate !== null;
  if (hasChain) walk.wants.push(work);
  const fact = walk.facts.judgements[keyOf(work)];
  const isPending = hasChain && (fact === undefined || fact.endedAt === null);
  const certificate = fact?.certificate ?? null;
  const at = fact?.startedAt ?? walk.now;
  const key = `${step} reuse ${jid}`;
  const attempts: AttemptDraft[] = [{ kind: "reuse", key, row: base, at, certificate, isPending }];
  const already = new Set(certificateNotes(base.fact?.report?.certificate).map(({ code }) => code));
  // What is wrong with the certificate itself was said in step 5; here only the name is new.
  const notes = certificateNotes(certificate).filter(({ code }) => !already.has(code));
  return { state: isPending ? "pending" : "ok", attempts, notes: sorted(notes), failure: null };
}

function dialled(step: number, plan: DialPlan): Reached {
  const attempts = dialDrafts(step, plan);
  const seen = certificateNotes(plan.winner?.fact?.report?.certificate);
  const notes = [...sorted(seen), ...plan.notes];
  if (plan.state === "connected") return { state: "ok", attempts, notes, failure: null };
  if (plan.state === "failed") {
    const rest = notes.filter((said) => said !== plan.failure);
    const first = plan.failure === null ? [] : [plan.failure];
    return { state: "failed", attempts, notes: [...first, ...rest], failure: plan.failure };
  }
  return { state: "pending", attempts, notes, failure: null };
}

/** The guess must say itself what it is; without a link that cannot be asked, and is not held against it. */
function confirm(
  walk: Walk,
  guess: string,
): {
  state: "pending" | "done" | "bounced";
  attempts: AttemptDraft[];
  condition: string | null;
} {
  if (!walk.begin.link.ok) return { state: "done", attempts: [], condition: null };
  const work: DiscoWork = { kind: "disco", query: "info", to: guess, attempt: 1 };
  walk.wants.push(work);
  const fact = walk.facts.discos[keyOf(work)];
  const attempts = fact === undefined ? [] : discoDrafts(11, [fact]);
  const report = fact?.report ?? null;
  if (report === null) return { state: "pending", attempts, condition: null };
  switch (report.kind) {
    case "result": {
      const condition = matchWaveService(report) === null ? "not_wave" : null;
      return { state: "done", attempts, condition };
    }
    case "not_sent":
      return { state: "done", attempts, condition: null };
    case "timeout":
      return { state: "done", attempts, condition: "timeout" };
    case "bounced":
      return { state: "bounced", attempts, condition: report.condition ?? "bounced" };
    case "error":
      return { state: "done", attempts, condition: report.condition ?? "undefined-condition" };
  }
}

function baseConnection(walk: Walk): DialRow | null {
  if (overLinks(walk, walk.begin.domain) !== null) return null;
  return walk.paths.get(walk.begin.domain)?.dial().winner ?? null;
}
