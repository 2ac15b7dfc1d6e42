import type { IntlShape } from "react-intl";
import type { Finding, Owner } from "#contract/traces.ts";
import { findingAsks } from "./findings/asks.ts";
import { findingText } from "./findings.ts";

/** A finding in words; `T` is text, or whatever marks names as code on a page. */
export interface FindingWords<T> {
  readonly headline: T;
  readonly meaning: T;
  readonly fixes: readonly T[];
  /** What to ask of the other side's admin; null where they cannot help. */
  readonly ask: T | null;
  readonly copy: string | null;
  readonly reference: Reference | null;
}

export interface Reference {
  readonly label: string;
  readonly href: string | null;
}

type Value = string | number | Date;
export type Values = Readonly<Record<string, Value>>;

/** What of a finding is needed to word it; `owner` decides whose the sentence says something is. */
export type Worded = Pick<Finding, "code" | "params"> & { readonly owner?: Owner };

/** The words of a finding as plain text, for the clipboard, titles and announcements. */
export function plainFinding(intl: IntlShape, finding: Worded): FindingWords<string> {
  return wordFinding(finding, (id, message, values) =>
    String(intl.formatMessage({ id, defaultMessage: message }, { ...values, c: joinChunks })),
  );
}

/** The words of a finding, each message formatted by `format`. */
export function wordFinding<T>(
  finding: Worded,
  format: (id: string, message: string, values: Values) => T,
): FindingWords<T> {
  const text = findingText(finding.code);
  const ask = Object.hasOwn(findingAsks, finding.code) ? findingAsks[finding.code] : undefined;
  const say = (part: string, message: string) =>
    format(`finding.${finding.code}.${part}`, message, valuesFor(message, finding));
  return {
    headline: say("headline", text.headline),
    meaning: say("meaning", text.meaning),
    fixes: text.fixes.map((fix, index) => say(`fix.${index + 1}`, fix)),
    ask: ask === undefined ? null : say("ask", ask),
    copy: text.copy === undefined ? null : fill(text.copy, valuesFor(text.copy, finding)),
    reference: text.reference === undefined ? null : readReference(text.reference),
  };
}

/** A link to the section that a reference names; null for documents that have no address. */
export function readReference(label: string): Reference {
  const rfc = /^RFC (\d+)(?: §([\d.]+))?/.exec(label);
  if (rfc !== null) {
    const section = rfc[2] === undefined ? "" : `#section-${rfc[2]}`;
    return { label, href: `https://www.rfc-editor.org/rfc/rfc${rfc[1]}.html${section}` };
  }
  const xep = /^XEP-(\d{4})/.exec(label);
  return { label, href: xep === null ? null : `https://xmpp.org/extensions/xep-${xep[1]}.html` };
}

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;

/**
 * The values of a message: null and "" as the word `none`, lists joined, ISO times as dates,
 * `NAMEKey` for values that choose a phrase, since ICU keys have no hyphens. What an older trace lacks
 * is `none` as well, so that a sentence is never left in pieces.
 */
export function valuesFor(message: string, finding: Worded): Values {
  const values: Record<string, Value> = { code: finding.code, owner: finding.owner ?? "nobody" };
  for (const [name, value] of Object.entries(finding.params)) {
    values[name] = toValue(value);
    if (typeof value === "string") values[`${name}Key`] = value.replaceAll(/[^A-Za-z0-9]/g, "_");
  }
  for (const [, name = ""] of message.matchAll(/\{\s*([A-Za-z]\w*)/g))
    if (!(name in values)) values[name] = "none";
  return values;
}

function toValue(value: Finding["params"][string]): Value {
  if (value === null || value === "") return "none";
  if (typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(bareName).join(", ");
  if (typeof value === "string" && isoTime.test(value)) return new Date(value);
  return value;
}

/** A certificate's DNS name without its kind; other kinds keep theirs. */
function bareName(name: string): string {
  return name.replace(/^dns:/i, "");
}

function fill(template: string, values: Values): string {
  return template.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

function joinChunks(chunks: unknown): string {
  return Array.isArray(chunks) ? chunks.join("") : String(chunks);
}

/** What a finding says, in one string: a database gives its parameters in an order of its own. */
export function keyOf({ code, params }: Pick<Finding, "code" | "params">): string {
  const sorted = Object.entries(params).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `${code} ${JSON.stringify(sorted)}`;
}
