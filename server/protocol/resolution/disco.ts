import { matchWaveService } from "../wave/stanzas.ts";
import type { DiscoReport } from "./evidence.ts";
import { keyOf, type DiscoFact, type DiscoWork, type Facts } from "./facts.ts";
import { seconds } from "./lookups.ts";
import { note, type Note } from "./notes.ts";

export interface DiscoOptions {
  /** Tries of disco#items; each silence costs the driver's time-out. */
  readonly maxTries: number;
}

/** Service discovery of the domain, as far as it has come (XEP-0030 §4). */
export interface ItemsView {
  readonly state: "pending" | "listed" | "empty" | "error" | "bounced" | "timeout" | "not_sent";
  readonly wants: readonly DiscoWork[];
  readonly facts: readonly DiscoFact[];
  readonly report: DiscoReport | null;
  readonly notes: readonly Note[];
}

/** What the asked entities said of themselves (XEP-0030 §3). */
export interface InfosView {
  readonly state: "pending" | "found" | "none";
  readonly wants: readonly DiscoWork[];
  readonly facts: readonly DiscoFact[];
  /** The domain of the first entity, in the order asked, that is a wave service. */
  readonly winner: string | null;
  readonly answered: number;
}

/** Items asked with disco#info (XEP-0030 §8: not each of a long list), and how many at once. */
export const maxInfos = 20;
const infosAtOnce = 4;
const maxLeftOutNames = 50;

/** Asks the domain for its items, again after a silence while `mayRetry`. */
export function viewItems(
  domain: string,
  facts: Facts,
  options: DiscoOptions,
  mayRetry: boolean,
): ItemsView {
  const tries = Array.from({ length: options.maxTries }, (_, index): DiscoWork => {
    return { kind: "disco", query: "items", to: domain, attempt: index + 1 };
  });
  const done = tries.flatMap((work) => facts.discos[keyOf(work)] ?? []);
  const last = done.at(-1);
  const base = { wants: tries.slice(0, Math.max(1, done.length)), facts: done };
  if (last === undefined || last.report === null)
    return { ...base, state: "pending", report: null, notes: [] };
  const { report } = last;
  if (report.kind === "timeout" && mayRetry && done.length < options.maxTries) {
    const wants = tries.slice(0, done.length + 1);
    return { ...base, wants, state: "pending", report: null, notes: [] };
  }
  return { ...base, report, ...judgeItems(domain, report, done) };
}

function judgeItems(
  domain: string,
  report: DiscoReport,
  done: readonly DiscoFact[],
): { state: ItemsView["state"]; notes: Note[] } {
  switch (report.kind) {
    case "result": {
      const { ask, leftOut } = chooseItems(report, domain);
      if (ask.length === 0)
        return { state: "empty", notes: [note("disco.no_items", { domain, condition: null })] };
      const names = leftOut.slice(0, maxLeftOutNames);
      const count = report.itemsTotal;
      const tooMany = note("disco.too_many", { domain, count, asked: ask.length, leftOut: names });
      return { state: "listed", notes: count > ask.length && names.length > 0 ? [tooMany] : [] };
    }
    case "error":
      return {
        state: "error",
        notes: [
          ...slowedDown(domain, report),
          note("disco.no_items", { domain, condition: report.condition }),
        ],
      };
    case "bounced": {
      const condition = report.condition ?? "undefined-condition";
      return {
        state: "bounced",
        notes: [note("link.bounced", { domain, condition, text: report.text ?? "" })],
      };
    }
    case "timeout": {
      const waited = done.reduce((sum, fact) => sum + (fact.endedAt ?? 0) - fact.startedAt, 0);
      const timedOut = note("disco.timeout", {
        domain,
        tries: done.length,
        seconds: seconds(waited),
      });
      return { state: "timeout", notes: [timedOut] };
    }
    case "not_sent":
      return { state: "not_sent", notes: [note("link.down", { domain })] };
  }
}

/** RFC 6120 §8.3.3.17: the server is too busy for us just now. */
function slowedDown(domain: string, { condition, text }: DiscoReport): Note[] {
  if (condition !== "resource-constraint") return [];
  return [note("limit.remote", { domain, condition, text: text ?? "" }, "warning")];
}

/**
 * Which of the listed items to ask, in that order: plain domains only, each once, those with "wave" in
 * their name first, at most `maxInfos`. The rest is named as left out.
 */
export function chooseItems(
  report: DiscoReport,
  domain: string,
): { ask: string[]; leftOut: string[] } {
  const names = [...new Set(report.items.flatMap((item) => item.domain ?? []))];
  const likely = names.filter((name) => isLikely(name, domain));
  const ordered = [...likely, ...names.filter((name) => !likely.includes(name))];
  const unusable = report.items.filter((item) => item.domain === null).map(({ jid }) => jid);
  return { ask: ordered.slice(0, maxInfos), leftOut: [...ordered.slice(maxInfos), ...unusable] };
}

/** "wave" in the part of a name that is not the asked domain's own (`conference.acmewave.com` has none). */
export function isLikely(name: string, domain: string): boolean {
  const own = name.endsWith(`.${domain}`) ? name.slice(0, -domain.length) : name;
  return name !== domain && own.includes("wave");
}

/** Asks the entities about themselves, a few at once, until the first wave service is certain. */
export function viewInfos(asked: readonly string[], facts: Facts): InfosView {
  const works = asked.map((to): DiscoWork => ({ kind: "disco", query: "info", to, attempt: 1 }));
  const pairs = works.map((work) => ({ work, fact: facts.discos[keyOf(work)] }));
  const done = pairs.flatMap(({ fact }) => fact ?? []);
  const winner = decideWinner(pairs);
  const running = done.filter((fact) => fact.report === null).length;
  const unasked = pairs.filter(({ fact }) => fact === undefined).map(({ work }) => work);
  const next = winner === "open" ? unasked.slice(0, Math.max(0, infosAtOnce - running)) : [];
  return {
    state: winner === "open" ? "pending" : winner === null ? "none" : "found",
    wants: [...done.map((fact) => fact.work), ...next],
    facts: done,
    winner: winner === "open" ? null : winner,
    answered: done.filter((fact) => fact.report?.kind === "result").length,
  };
}

/** The first in order that is a wave service, once all before it have answered or failed to. */
function decideWinner(
  pairs: readonly { readonly work: DiscoWork; readonly fact: DiscoFact | undefined }[],
): string | null | "open" {
  for (const { work, fact } of pairs) {
    const report = fact?.report ?? null;
    if (report === null) return "open";
    if (report.kind === "result" && matchWaveService(report) !== null) return work.to;
  }
  return null;
}
