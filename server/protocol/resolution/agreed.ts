import type { AgreedLink, CrossReport } from "./evidence.ts";
import { keyOf, type CrossFact, type CrossWork } from "./facts.ts";
import { note, type Note } from "./notes.ts";
import type { AttemptDraft, Begin, Walk } from "./walk.ts";

// Names that are reached by agreement (XEP-0361 §4.1): nothing of them is looked up, so the way there is tried itself.

/** The links that reach a name, and what came of a ping across them. */
export interface Agreed {
  /** The preferred first. */
  readonly links: readonly AgreedLink[];
  readonly fact: CrossFact | null;
  readonly state: "pending" | CrossReport["kind"];
  readonly fallsBack: boolean;
  /** No link works, and a normal stream carries what is sent: DNS decides, as for anybody. */
  readonly isByStream: boolean;
}

export function isAgreed(begin: Pick<Begin, "agreed">, name: string): boolean {
  return linksTo(begin, name).length > 0;
}

/** How a name is reached by agreement; null: it is not. Asking for it has it tried. */
export function agreedTo(walk: Walk, name: string): Agreed | null {
  const links = linksTo(walk.begin, name);
  if (links.length === 0) return null;
  const work = crossingFor(walk, name, links);
  walk.wants.push(work);
  const fact = walk.facts.crossings[keyOf(work)] ?? null;
  const report = fact?.report ?? null;
  const fallsBack = links.some((link) => link.fallsBack);
  return {
    links: report === null ? links : linksTo({ agreed: { ...walk.begin.agreed, ...report } }, name),
    fact,
    state: report?.kind ?? "pending",
    fallsBack,
    isByStream: report !== null && report.kind !== "answered" && report.carriedBy === "stream",
  };
}

/** The same, where the links carry what is sent or nothing does: null also where a stream has taken over. */
export function overLinks(walk: Walk, name: string): Agreed | null {
  const agreed = agreedTo(walk, name);
  return agreed === null || agreed.isByStream ? null : agreed;
}

export function agreedDrafts(step: number, { links, fact }: Agreed): AttemptDraft[] {
  return links.map((link) => ({ kind: "agreement", key: `${step} agreed ${link.id}`, link, fact }));
}

/** What is to be said of a way by agreement, the cause first; nothing while it is tried. */
export function agreedNotes(domain: string, agreed: Agreed): Note[] {
  const { links, fact } = agreed;
  const report = fact?.report ?? null;
  const [first] = links;
  if (report === null || first === undefined) return [];
  const link = (links.find(({ id }) => id === report.linkId) ?? first).name;
  switch (report.kind) {
    case "answered":
      return first.id === report.linkId || report.linkId === null
        ? [note("agreed.used", { domain, link })]
        : [note("agreed.second", { domain, link, better: first.name })];
    case "waits":
      return [note("agreed.waits", { domain, link })];
    case "elsewhere":
      return [note("agreed.elsewhere", { domain, link })];
    case "failed": {
      const { seconds } = report;
      const cause: Note = report.finding ?? note("agreed.silent", { domain, link, seconds });
      if (!agreed.isByStream) return [cause, note("agreed.down", { domain, link })];
      return [note("agreed.fallen_back", { domain, link }), { ...cause, severity: "warning" }];
    }
  }
}

function linksTo({ agreed }: Pick<Begin, "agreed">, name: string): readonly AgreedLink[] {
  return agreed.links
    .filter(({ domains }) => domains.includes(name))
    .toSorted((a, b) => a.priority - b.priority || (a.id < b.id ? -1 : 1));
}

/** One ping says it of all names that the same links reach. */
function crossingFor(walk: Walk, name: string, links: readonly AgreedLink[]): CrossWork {
  const { domain } = walk.begin;
  const ids = (of: readonly AgreedLink[]) => of.map(({ id }) => id).join(" ");
  const isSame = ids(linksTo(walk.begin, domain)) === ids(links);
  return { kind: "cross", to: isSame ? domain : name };
}
