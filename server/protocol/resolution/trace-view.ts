import { attemptsOf } from "./attempt-view.ts";
import { diagnose, headlineOf, toFinding, type Catalogue, type StepFinding } from "./diagnosis.ts";
import type { DiscoverState } from "./discover-state.ts";
import { walkSteps } from "./discover.ts";
import type { Attempt, Finding, StepStatus } from "./evidence.ts";
import { note, type Because, type Note } from "./notes.ts";
import { leaveOut, type StepDraft, type Walk } from "./walk.ts";

export interface StepView {
  number: number;
  status: StepStatus;
  because?: Because;
  attempts: Attempt[];
  message: Finding | null;
  /** On the machine's clock. */
  startedAt: number | null;
  durationMs: number | null;
}

/** A discovery as a trace shows it. */
export interface DiscoveryView {
  state: "running" | "done" | "cancelled";
  xmpp: "reachable" | "warning" | "unreachable" | "unknown" | null;
  wave: "found" | "guessed" | "none" | "unknown" | null;
  jid: string | null;
  headline: Finding | null;
  findings: StepFinding[];
  steps: StepView[];
  durationMs: number | null;
  cancelledBy: string | null;
}

/** Shows how far a discovery has come at `now`; verdicts are null until it has ended. */
export function viewDiscovery(
  state: DiscoverState,
  catalogue: Catalogue,
  now: number,
): DiscoveryView | null {
  if (state.begin === null) return null;
  const { walk } = walkSteps(state.begin, state.facts, state.endedAt ?? now);
  const isEnded = state.lifecycle === "ended";
  const cut = state.cutShort?.kind ?? null;
  if (isEnded) closeSteps(walk, cut === "deadline" ? "trace.deadline" : "trace.cancelled");
  const said = [...walk.steps].flatMap(([step, draft]) =>
    [...draft.notes, ...(draft.message === null ? [] : [draft.message])].map((each) => ({
      step,
      note: each,
    })),
  );
  if (cut === "deadline") said.push({ step: lastStep(state), note: deadlineNote(state) });
  const findings = diagnose(said, catalogue);
  return {
    state: !isEnded ? "running" : cut === "cancelled" ? "cancelled" : "done",
    xmpp: isEnded ? xmppVerdict(walk, findings) : null,
    wave: isEnded ? (walk.wave ?? "unknown") : null,
    jid: walk.wave === "found" || walk.wave === "guessed" ? walk.jid : null,
    headline: isEnded ? headlineOf(findings) : null,
    findings,
    steps: Array.from({ length: 13 }, (_, index) => stepView(index + 1, state, walk, catalogue)),
    durationMs: state.endedAt === null ? null : state.endedAt - state.startedAt,
    cancelledBy: state.cutShort?.kind === "cancelled" ? state.cutShort.by : null,
  };
}

/** What was under way when the trace was cut short was not reached, and what never began neither. */
function closeSteps(walk: Walk, code: "trace.cancelled" | "trace.deadline"): void {
  for (const [number, draft] of walk.steps) {
    if (draft.status !== "running" && draft.status !== "pending") continue;
    const because = { code, step: null };
    walk.steps.set(number, { ...draft, status: "not_reached", because });
  }
  leaveOut(walk, "not_reached", 1, 13, code, null);
}

function stepView(
  number: number,
  state: DiscoverState,
  walk: Walk,
  catalogue: Catalogue,
): StepView {
  const draft: StepDraft | undefined = walk.steps.get(number);
  const reached = state.reachedAt[number];
  const left = state.leftAt[number];
  const isRun = draft !== undefined && draft.because === null;
  const startedAt = isRun ? (reached ?? null) : null;
  const end = left ?? state.endedAt;
  const frame = { state, walk, catalogue, reachedAt: reached ?? state.startedAt };
  return {
    number,
    status: draft?.status ?? "pending",
    ...(draft?.because ? { because: draft.because } : {}),
    attempts: (draft?.attempts ?? []).flatMap((attempt) => attemptsOf(attempt, frame)),
    message: draft?.message ? toFinding(draft.message, catalogue) : null,
    startedAt,
    durationMs: startedAt === null || end === undefined || end === null ? null : end - startedAt,
  };
}

function xmppVerdict(walk: Walk, findings: readonly StepFinding[]): DiscoveryView["xmpp"] {
  if (walk.xmpp === null) return "unknown";
  if (walk.xmpp === "failed" || walk.isShut) return "unreachable";
  const isMarred = findings.some(
    ({ step, severity, code }) => step <= 5 && severity !== "info" && !besideReach.has(code),
  );
  return isMarred ? "warning" : "reachable";
}

/** Findings of the first steps that say nothing about reaching the domain. */
const besideReach = new Set([
  "name.mixed_script",
  "policy.not_trusted",
  "policy.self",
  "link.none",
  "link.down",
  "agreed.no_fallback",
]);

function deadlineNote(state: DiscoverState): Note {
  return note("trace.deadline", { seconds: (state.begin?.limits.deadlineMs ?? 0) / 1_000 });
}

function lastStep(state: DiscoverState): number {
  const reached = Object.keys(state.reachedAt).map(Number);
  return reached.length === 0 ? 1 : Math.max(...reached);
}
