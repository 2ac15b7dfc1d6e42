import type { IntlShape } from "react-intl";
import type { Attempt, AttemptOf, Finding, Trace } from "#contract/traces.ts";
import { keyOf, plainFinding } from "../../text/finding-words.ts";
import { letterWords } from "../../text/letter.ts";
import { attemptsOf, commandsFor } from "./records.ts";
import { gather, isSymptom, questionsOf } from "./verdict.ts";

const maxFindings = 3;
const maxLines = 12;
/** Of each kind. */
const maxCommands = 4;
const maxDomains = 3;

/** Findings that the other side can repair, the gravest first, without what only follows from another. */
export function theirFindings(trace: Pick<Trace, "headline" | "findings">): Finding[] {
  const all = trace.headline === null ? trace.findings : [trace.headline, ...trace.findings];
  const hasError = all.some(({ owner, severity }) => owner === "peer" && severity === "error");
  const seen = new Set<string>();
  return all.filter((finding) => {
    const key = keyOf(finding);
    if (finding.owner !== "peer" || finding.severity === "info" || seen.has(key)) return false;
    // Beside an error, warnings are mostly what follows from it.
    if (hasError && finding.severity !== "error") return false;
    if (isSymptom(finding, all)) return false;
    seen.add(key);
    return true;
  });
}

/**
 * A message to the admin of the traced domain: who we are, what we saw, what would help, what we tried, and
 * how to see it themselves. Null when nothing is theirs to repair. Times are in UTC, since they sit elsewhere.
 */
export function letterFor(
  trace: Trace,
  intl: IntlShape,
  served: readonly OurDomain[],
): string | null {
  const groups = gather(theirFindings(trace)).slice(0, maxFindings);
  if (groups.length === 0) return null;
  const found = groups.map(({ finding }) => finding);
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
  const opening = letterWords.opening[trace.xmpp ?? "unknown"];
  const call = callOf(trace);
  return [
    say("subject", letterWords.subject, { domain: trace.domain }),
    "",
    letterWords.greeting,
    "",
    say(`opening.${trace.xmpp ?? "unknown"}`, opening, {
      domain: trace.domain,
      ours: oursOf(trace, served),
    }),
    "",
    say("seen", letterWords.seen, { time: utc(trace.startedAt) }),
    ...words.map(({ headline }, index) => {
      const more = groups[index]?.more ?? [];
      if (more.length === 0) return `  - ${headline}`;
      return `  - ${headline} ${say("same", letterWords.same, { list: questionsOf(more) })}`;
    }),
    ...(call === null ? [] : ["", say("log", letterWords.log, call)]),
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

/** A domain that we serve, with its links to our XMPP server. */
export interface OurDomain {
  readonly domain: string;
  readonly links: readonly { readonly id: string }[];
}

/** The domain whose link carried the stanzas, else all that we serve; `none` when we serve none yet. */
function oursOf(trace: Trace, served: readonly OurDomain[]): string {
  const used = new Set(
    attemptsOf(trace).flatMap((attempt) => (attempt.kind === "disco" ? [attempt.linkId] : [])),
  );
  const carrying = served.filter(({ links }) => links.some(({ id }) => used.has(id)));
  const names = (carrying.length > 0 ? carrying : served).map(({ domain }) => domain);
  if (names.length === 0) return "none";
  return names.length <= maxDomains
    ? names.join(", ")
    : [...names.slice(0, maxDomains), "…"].join(", ");
}

/** How we look from the other side: when we called first, from where, and as whom. */
function callOf(trace: Trace): { time: string; address: string; name: string } | null {
  const all = attemptsOf(trace);
  const dials = all.filter((attempt) => attempt.kind === "connect").filter(wasAnswered);
  const calls = [...dials, ...all.filter((attempt) => attempt.kind === "disco")];
  const [first] = calls;
  if (first === undefined) return null;
  const name = calls.flatMap(({ transcript }) => senderOf(transcript) ?? [])[0] ?? "none";
  const address = dials.flatMap((dial) => addressSeen(dial) ?? [])[0] ?? "none";
  if (name === "none" && address === "none") return null;
  const time = utc(new Date(Date.parse(trace.startedAt) + first.offsetMs).toISOString());
  return { time, address, name };
}

// Without a connection there is nothing in their log.
function wasAnswered({ phases, localAddress }: AttemptOf<"connect">): boolean {
  return localAddress !== null && phases.length > 1;
}

/** An address behind a router is not the one that the world sees. */
function addressSeen({ localAddress, address }: AttemptOf<"connect">): string | null {
  if (localAddress === null || (isInside(localAddress) && !isInside(address))) return null;
  return localAddress;
}

function isInside(address: string): boolean {
  return /^(10\.|127\.|169\.254\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|::1$|f[cd]|fe[89ab])/i.test(
    address,
  );
}

/** The `from` of the first thing that we sent. */
function senderOf(transcript: AttemptOf<"disco">["transcript"]): string | null {
  const sent = transcript.find(({ direction }) => direction === "out")?.xml ?? "";
  return /<[^?][^>]*?\sfrom=(["'])([^"']+)\1/.exec(sent)?.[2] ?? null;
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
