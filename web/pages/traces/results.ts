import type { Attempt, AttemptOf, Because, Finding, Step, Trace } from "#contract/traces.ts";
import { traceWords, type TraceWord } from "../../text/traces.ts";
import { phrase, type Phrase } from "./phrase.ts";

/** What a step came to, in the order of what is most worth saying. */
export type StepResult =
  | { readonly kind: "finding"; readonly finding: Finding }
  | { readonly kind: "phrase"; readonly phrase: Phrase }
  | {
      readonly kind: "because";
      readonly because: Because;
      readonly status: "skipped" | "not_reached";
    };

const maxShown = 2;

export function stepTitle(number: number, domain: string): Phrase {
  const key = `step.${number}`;
  return isWord(key) ? phrase(key, { domain }) : phrase("decision.other", { decision: key });
}

/** The one line beneath a step's title: its finding, else what its attempts brought; null before it. */
export function stepResult(step: Step): StepResult | null {
  if (step.status === "skipped" || step.status === "not_reached") {
    const because = step.because ?? { code: "trace.cancelled", step: null };
    return { kind: "because", because, status: step.status };
  }
  if (step.status === "pending") return null;
  if (step.status === "running") return say(progressOf(step));
  const outcome = outcomeOf(step);
  const { message } = step;
  if (message === null) return say(outcome ?? phrase("result.none"));
  // A remark on a step that went well must not hide what the step found.
  if (
    step.status === "ok" &&
    message.severity === "info" &&
    outcome !== null &&
    outcome.key !== "result.dns.nodata"
  )
    return say(outcome);
  return { kind: "finding", finding: message };
}

function say(said: Phrase): StepResult {
  return { kind: "phrase", phrase: said };
}

/** What is under way now: the attempt that began last. */
export function progressOf(step: Step): Phrase {
  const running = step.attempts.filter(({ status }) => status === "running");
  const last = running.toSorted((a, b) => a.offsetMs - b.offsetMs).at(-1);
  switch (last?.kind) {
    case "agreement":
      return phrase("result.crossing", { link: last.link.name });
    case "dns":
      return phrase("result.asking", {
        resolver: last.resolver,
        type: last.question.type,
        question: last.question.name,
      });
    case "connect":
      return phrase("result.connecting", {
        address: last.address,
        port: last.candidate.port,
        phase: last.phases.at(-1)?.name ?? "tcp",
      });
    case "disco":
      return phrase(last.query === "items" ? "result.asking.items" : "result.asking.info", {
        to: last.to,
        source: last.source,
      });
    default:
      return phrase("result.waiting");
  }
}

/** What the attempts of a finished step brought, or null when there is nothing to say. */
export function outcomeOf(step: Step): Phrase | null {
  const { attempts } = step;
  const wave = attempts.find((one) => one.kind === "disco" && one.winner && one.matched !== null);
  if (wave?.kind === "disco")
    return phrase("result.wave", { jid: wave.to, matched: wave.matched ?? "none" });
  const link = attempts.find((one) => one.kind === "agreement" && one.winner);
  if (link?.kind === "agreement") return phrase("result.agreed", { link: link.link.name });
  const connected = attempts.find((one) => one.kind === "connect" && one.winner);
  if (connected?.kind === "connect") return connectedPhrase(connected, attempts);
  const reused = attempts.find((one) => one.kind === "reuse");
  if (reused?.kind === "reuse") return phrase("result.reused", { age: reused.ageMs });
  const order = attempts.find((one) => one.kind === "order");
  if (order?.kind === "order") return orderPhrase(order, attempts);
  const items = attempts.findLast((one) => one.kind === "disco" && one.query === "items");
  if (items?.kind === "disco" && items.status === "ok")
    return phrase("result.items", { count: items.items.length + items.itemsLeftOut });
  const decided = attempts.findLast((one) => one.kind === "decision");
  if (decided?.kind === "decision") return decisionPhrase(decided);
  return lookupPhrase(attempts);
}

function connectedPhrase(attempt: AttemptOf<"connect">, attempts: readonly Attempt[]): Phrase {
  const values = {
    address: attempt.address,
    port: attempt.candidate.port,
    tls: attempt.tls?.version ?? "no TLS",
  };
  const items = attempts.findLast((one) => one.kind === "disco" && one.query === "items");
  if (items?.kind !== "disco" || items.status !== "ok") return phrase("result.connected", values);
  return phrase("result.connected.items", {
    ...values,
    count: items.items.length + items.itemsLeftOut,
  });
}

function orderPhrase(order: AttemptOf<"order">, attempts: readonly Attempt[]): Phrase | null {
  const [first] = order.candidates;
  if (first === undefined) return null;
  const { host, port } = first;
  const found = addressesOf(attempts, host);
  if (found.length === 0)
    return phrase("result.order", {
      host,
      port,
      count: order.candidates.length === 1 ? 1 : order.candidates.length - 1,
    });
  const more = order.candidates.length - 1;
  return phrase("result.order.addresses", { host, port, addresses: list(found), more });
}

function lookupPhrase(attempts: readonly Attempt[]): Phrase | null {
  const lookups = attempts.filter((one) => one.kind === "dns").filter(({ deciding }) => deciding);
  const services = lookups
    .flatMap(({ records }) => records)
    .filter(({ type }) => type === "SRV")
    .flatMap(({ data }) => readService(data));
  const [first] = services.toSorted((a, b) => a.priority - b.priority);
  if (first !== undefined)
    return phrase("result.srv", { host: first.host, port: first.port, more: services.length - 1 });
  const addresses = addressesOf(attempts, null);
  if (addresses.length > 0)
    return phrase("result.addresses", {
      addresses: list(addresses),
      more: Math.max(0, addresses.length - maxShown),
    });
  const last = lookups.at(-1);
  if (last === undefined) return null;
  const { question, outcome } = last;
  if (outcome === "nxdomain") return phrase("result.dns.nxdomain", { question: question.name });
  if (outcome === "nodata" || outcome === "answer")
    return phrase("result.dns.nodata", { question: question.name, type: question.type });
  return phrase("result.dns.failed", { question: question.name, outcome });
}

/** The addresses that deciding answers gave, for one host or for any. */
function addressesOf(attempts: readonly Attempt[], host: string | null): string[] {
  const found = attempts
    .filter((one) => one.kind === "dns")
    .filter(
      ({ deciding, question }) => deciding && (host === null || isSameName(question.name, host)),
    )
    .flatMap(({ records }) => records)
    .filter(({ type }) => type === "A" || type === "AAAA")
    .map(({ data }) => data);
  return [...new Set(found)];
}

export function decisionPhrase(attempt: AttemptOf<"decision">): Phrase {
  const key = `decision.${attempt.decision}`;
  if (!isWord(key)) return phrase("decision.other", { decision: attempt.decision });
  const values = Object.entries(attempt.params).map(([name, value]) => [name, String(value ?? "")]);
  return phrase(key, Object.fromEntries(values) as Record<string, string>);
}

/** The phrase for a because-code, or null for one that is a finding's code. */
export function becauseKey(code: string): TraceWord | null {
  const key = `because.${code}`;
  return isWord(key) ? key : null;
}

/**
 * The finding that a skipped step points to: said in the step that it names or in the last one before it,
 * since a decision has no finding of its own. Null when the trace has no such finding.
 */
export function becauseFinding(trace: Pick<Trace, "findings">, because: Because): Finding | null {
  const { code, step, params } = because;
  const said = trace.findings
    .filter((one) => one.code === code && (step === null || one.step <= step))
    .toSorted((a, b) => b.step - a.step)[0];
  if (said !== undefined) return said;
  return params === undefined ? null : { code, params, owner: "nobody", severity: "info" };
}

function readService(data: string): { priority: number; host: string; port: number }[] {
  const [priority, , port, host] = data.split(" ");
  if (priority === undefined || port === undefined || host === undefined || host === ".") return [];
  return [{ priority: Number(priority), port: Number(port), host: host.replace(/\.$/, "") }];
}

function list(addresses: readonly string[]): string {
  return addresses.slice(0, maxShown).join(", ");
}

function isSameName(a: string, b: string): boolean {
  return a.replace(/\.$/, "").toLowerCase() === b.replace(/\.$/, "").toLowerCase();
}

function isWord(key: string): key is TraceWord {
  return Object.hasOwn(traceWords, key);
}
