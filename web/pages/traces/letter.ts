import type { IntlShape } from "react-intl";
import type { Attempt, AttemptOf, Finding, Trace } from "#contract/traces.ts";
import { plainFinding } from "../../text/finding-words.ts";
import { letterWords } from "../../text/letter.ts";
import { commandsFor } from "./records.ts";
import { keyOf } from "./verdict.ts";

const maxFindings = 3;
const maxLines = 12;
/** Of each kind. */
const maxCommands = 4;

/** Findings that the other side can repair, the gravest first. */
export function theirFindings(trace: Pick<Trace, "headline" | "findings">): Finding[] {
  const all = trace.headline === null ? trace.findings : [trace.headline, ...trace.findings];
  const hasError = all.some(({ owner, severity }) => owner === "peer" && severity === "error");
  const seen = new Set<string>();
  return all.filter((finding) => {
    const key = keyOf(finding);
    if (finding.owner !== "peer" || finding.severity === "info" || seen.has(key)) return false;
    // Beside an error, warnings are mostly what follows from it.
    if (hasError && finding.severity !== "error") return false;
    seen.add(key);
    return true;
  });
}

/**
 * A message to the admin of the traced domain: what we saw, what would help, what we tried, and how to
 * see it themselves. Null when nothing is theirs to repair. Times are in UTC, since they sit elsewhere.
 */
export function letterFor(trace: Trace, intl: IntlShape): string | null {
  const found = theirFindings(trace).slice(0, maxFindings);
  if (found.length === 0) return null;
  const words = found.map((finding) => plainFinding(intl, toReader(finding)));
  const steps = new Set(
    trace.findings
      .filter(({ code }) => found.some((one) => one.code === code))
      .map(({ step }) => step),
  );
  const attempts = trace.steps.flatMap((step) =>
    step.number <= Math.max(2, ...steps) ? step.attempts : [],
  );
  const all = commandsFor(attempts.filter(isOurs), trace.domain, { hasResolver: false });
  const commands = (["dig", "openssl"] as const).flatMap((kind) =>
    all.filter((command) => command.kind === kind).slice(0, maxCommands),
  );
  const references = [...new Set(words.flatMap(({ reference }) => reference?.label ?? []))];
  const say = sayer(intl);
  return [
    say("subject", letterWords.subject, { domain: trace.domain }),
    "",
    letterWords.greeting,
    "",
    say("opening", letterWords.opening[trace.xmpp ?? "unknown"], { domain: trace.domain }),
    "",
    say("seen", letterWords.seen, { time: utc(trace.startedAt) }),
    ...words.map(({ headline }) => `  - ${headline}`),
    "",
    letterWords.asked,
    ...words.flatMap(({ ask }, index) => (ask === null ? [] : [`  ${index + 1}. ${ask}`])),
    "",
    letterWords.tried,
    ...triedLines(attempts, intl, say).map((line) => `  - ${line}`),
    "",
    ...(commands.length === 0
      ? []
      : [letterWords.check, ...commands.map(({ text }) => `  ${text}`), ""]),
    ...(references.length === 0
      ? []
      : [say("reference", letterWords.reference, { list: references.join(", ") }), ""]),
    letterWords.closing,
  ].join("\n");
}

// Who reads it is the owner: what is "the other server's" on our page is "your" in the letter.
function toReader(finding: Finding): Finding {
  return finding.owner === "peer" ? { ...finding, owner: "us" } : finding;
}

type Say = (id: string, message: string, values: Record<string, string | number>) => string;

function sayer(intl: IntlShape): Say {
  return (id, message, values) =>
    intl.formatMessage({ id: `letter.${id}`, defaultMessage: message }, values);
}

// What a resolver of ours compared, and what our own server did, helps nobody else.
function isOurs(attempt: Attempt): boolean {
  return attempt.kind === "dns" ? attempt.deciding : attempt.kind === "connect";
}

function triedLines(attempts: readonly Attempt[], intl: IntlShape, say: Say): string[] {
  const lines = attempts.flatMap((attempt) => {
    if (attempt.kind === "dns" && attempt.deciding) return [lookupLine(attempt, say)];
    if (attempt.kind === "connect" && attempt.status !== "pending")
      return [dialLine(attempt, intl, say)];
    return [];
  });
  const distinct = [...new Set(lines)];
  return distinct.length <= maxLines ? distinct : [...distinct.slice(0, maxLines), "…"];
}

function lookupLine(attempt: AttemptOf<"dns">, say: Say): string {
  const { question, outcome, records, resolver } = attempt;
  const data = records.map((record) => record.data).join("; ");
  const answer = outcome === "answer" ? data : letterWords.answer[outcome];
  return say("lookup", letterWords.lookup, { ...question, answer, resolver });
}

function dialLine(attempt: AttemptOf<"connect">, intl: IntlShape, say: Say): string {
  const { candidate, address, tls, message } = attempt;
  const { host, port, security } = candidate;
  const outcome =
    message !== null
      ? plainFinding(intl, toReader(message)).headline
      : tls === null
        ? say("dialStopped", letterWords.dialStopped, { address })
        : say("dialOk", letterWords.dialOk, { address, port, tls: tls.version });
  return say("dial", letterWords.dial, { host, security, outcome });
}

function utc(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}
