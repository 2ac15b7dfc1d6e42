import { findings as catalogue } from "#contract/findings.ts";
import type { Finding, Step, Trace } from "#contract/traces.ts";
import { keyOf } from "../../text/finding-words.ts";
import { traceWords } from "../../text/traces.ts";
import { phrase, type Phrase } from "./phrase.ts";

export type Tone = "ok" | "warning" | "failed" | "unknown" | "running";

export interface Verdict {
  readonly tone: Tone;
  readonly sentence: Phrase;
  /** The step to read first: where it failed, else where it warns, else where it is. */
  readonly step: number | null;
}

type Judged = Pick<
  Trace,
  "state" | "domain" | "xmpp" | "wave" | "jid" | "steps" | "cancelledBy" | "findings" | "headline"
>;

/** The verdict in one sentence. XMPP and Wave are judged apart: chat may work where waves do not. */
export function verdictOf(trace: Judged): Verdict {
  if (trace.state === "running") return running(trace);
  if (trace.state === "cancelled") {
    const { cancelledBy: name } = trace;
    const sentence =
      name === null ? phrase("verdict.cancelledByNobody") : phrase("verdict.cancelled", { name });
    return { tone: "unknown", sentence, step: decisiveStep(trace) };
  }
  const xmpp = trace.xmpp ?? "unknown";
  const wave = trace.wave ?? "unknown";
  const key = `verdict.${xmpp}.${wave}` as const;
  const tones = {
    reachable: "ok",
    warning: "warning",
    unreachable: "failed",
    unknown: "unknown",
  } as const;
  const known = Object.hasOwn(traceWords, key) ? key : "verdict.unknown.unknown";
  return {
    tone: tones[xmpp],
    sentence: phrase(known, { domain: trace.domain, jid: trace.jid ?? `wave.${trace.domain}` }),
    step: decisiveStep(trace),
  };
}

function running(trace: Judged): Verdict {
  const step = currentStep(trace.steps);
  const sentence =
    step === null
      ? phrase("verdict.starting")
      : phrase("verdict.running", { step: step.number, title: `step.${step.number}` });
  return { tone: "running", sentence, step: step?.number ?? null };
}

/** The step that a running trace is at: the last one that has begun. */
export function currentStep(steps: readonly Step[]): Step | null {
  return (
    steps.findLast(({ status }) => status === "running") ??
    steps.findLast(({ status }) => !["pending", "skipped", "not_reached"].includes(status)) ??
    null
  );
}

/** Where the headline was said, else the first failed step, else the first with a warning. */
export function decisiveStep(trace: Pick<Trace, "headline" | "findings" | "steps">): number | null {
  const { headline, findings, steps } = trace;
  const said = findings.find((one) => headline !== null && one.code === headline.code);
  if (said !== undefined) return said.step;
  const first = (wanted: Step["status"]) => steps.find(({ status }) => status === wanted)?.number;
  return first("failed") ?? first("warning") ?? null;
}

/** The finding for the fix card; null when nothing is wrong. Remarks are no reason for a card. */
export function fixFor(trace: Pick<Trace, "headline" | "findings">): Finding | null {
  if (trace.headline !== null && trace.headline.severity !== "info") return trace.headline;
  return null;
}

/** What else is wrong, beside the headline, each said once. A shown cause hides its symptoms. */
export function otherFindings(trace: Pick<Trace, "headline" | "findings">): Trace["findings"] {
  const seen = new Set<string>();
  return trace.findings.filter((finding) => {
    const key = keyOf(finding);
    if (finding.severity === "info" || seen.has(key)) return false;
    if (isSymptom(finding, trace.findings)) return false;
    seen.add(key);
    const { headline } = trace;
    return headline === null || key !== keyOf(headline);
  });
}

/** A finding, and the others that say the same of further questions. */
export interface Gathered<F extends Finding> {
  readonly finding: F;
  readonly more: readonly F[];
}

/** Findings in their order, those of one code and cause together: a broken zone fails every question alike. */
export function gather<F extends Finding>(findings: readonly F[]): Gathered<F>[] {
  const groups = new Map<string, F[]>();
  for (const finding of findings) {
    const key = causeOf(finding);
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return [...groups.values()].flatMap(([finding, ...more]) =>
    finding === undefined ? [] : [{ finding, more }],
  );
}

/** The questions of gathered findings: `SRV _xmpp-server._tcp.acmewave.com`. */
export function questionsOf(findings: readonly Finding[]): string {
  const names = findings.map(
    ({ params }) => `${String(params["type"])} ${String(params["question"])}`,
  );
  return [...names.slice(0, maxQuestions), ...(names.length > maxQuestions ? ["…"] : [])].join(
    ", ",
  );
}

/** What else was found, gathered; `isOfHeadline` where it is only the headline's own cause again. */
export function otherLines(
  trace: Pick<Trace, "headline" | "findings">,
): (Gathered<Trace["findings"][number]> & { readonly isOfHeadline: boolean })[] {
  const { headline } = trace;
  const cause = headline === null ? null : causeOf(headline);
  return gather(otherFindings(trace)).map((group) => ({
    ...group,
    isOfHeadline: causeOf(group.finding) === cause,
  }));
}

const maxQuestions = 8;

/** What a finding says, whatever question of DNS it says it of. */
function causeOf({ code, params }: Finding): string {
  const { question, type, seconds, ...rest } = params;
  const isOfQuestion = typeof question === "string" && typeof type === "string";
  return keyOf({ code, params: isOfQuestion ? rest : params });
}

/** What else a step said that follows from its message: the bounce of our own server beside its cause. */
export function consequencesOf(step: Step, { findings }: Pick<Trace, "findings">): Finding[] {
  const { message } = step;
  if (message === null) return [];
  return findings.filter(
    (one) => one.step === step.number && !isSame(one, message) && isSymptom(one, [message]),
  );
}

/** Tries at somebody outside so far, for "attempt 7" while a trace runs. */
export function attemptCount(steps: readonly Step[]): number {
  return steps
    .flatMap(({ attempts }) => attempts)
    .filter(
      ({ kind, status }) => ["dns", "connect", "disco"].includes(kind) && status !== "pending",
    ).length;
}

/** Whether two findings say the same of the same thing. */
export function isSame(a: Finding, b: Finding | null): boolean {
  return b !== null && keyOf(a) === keyOf(b);
}

/** Whether another finding, worse than a remark, is its cause. */
export function isSymptom(finding: Finding, findings: readonly Finding[]): boolean {
  const rows: Readonly<Record<string, { readonly dependsOn: readonly string[] }>> = catalogue;
  const causes = rows[finding.code]?.dependsOn ?? [];
  return findings.some(({ code, severity }) => severity !== "info" && causes.includes(code));
}
