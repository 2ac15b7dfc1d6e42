import { fail, ok, type Result } from "../result.ts";
import type { Primitives } from "../primitives.ts";
import { isIdentifier } from "./precis.ts";
import { listScripts, mixesScripts } from "./scripts.ts";

declare const brand: unique symbol;

/** A domain name in canonical form: A-labels, lower case, no trailing dot. Compare with `===`. */
export type Domain = string & { readonly [brand]: "Domain" };

export interface DomainName {
  readonly ascii: Domain;
  /** U-labels, for showing only: never compare or look up by it. */
  readonly unicode: string;
  /** Unicode scripts of its letters, in order of appearance; `Other` for those not in our table. */
  readonly scripts: readonly string[];
  /** One label mixes scripts that are not written together: a sign of a look-alike. */
  readonly isMixedScript: boolean;
}

/** What is wrong with a name; web/text words each. */
export type NameReason =
  | "empty"
  | "whitespace"
  | "character"
  | "underscore"
  | "hyphen"
  | "bidi_control"
  | "not_idna"
  | "punycode"
  | "numeric"
  | "label_too_long"
  | "name_too_long";

export type NameProblem = {
  readonly code: "name.invalid" | "name.ip_literal";
  /** What was entered, cut to 255 characters. */
  readonly input: string;
  /** The label at fault, or the whole input. */
  readonly label: string;
  readonly reason: NameReason | "ip_literal";
  /** A cleaned value that parses (`https://acmewave.com/` -> `acmewave.com`), or null. */
  readonly suggestion: string | null;
};

/**
 * Parses a domain name as RFC 7622 §3.2 wants domainparts compared: one trailing dot dropped, mapped
 * (case, width, NFC) and turned into A-labels, and judged only after the mapping, so that `①.com` is
 * `1.com`. What is no U-label by IDNA2008 (`☃.example`), underscores, bidi controls, ill-formed A-labels and IP literals are refused. A single
 * label (`localhost`) is a name.
 */
export function parseDomain(
  input: string,
  primitives: Primitives,
): Result<DomainName, NameProblem> {
  const outcome = judge(input, primitives);
  if (outcome.ok) return outcome;
  const suggestion = suggest(input, primitives);
  return fail({
    code: outcome.fault.reason === "ip_literal" ? "name.ip_literal" : "name.invalid",
    input: shorten(input),
    label: shorten(outcome.fault.label),
    reason: outcome.fault.reason,
    suggestion,
  });
}

/** Whether `domain` is `parent` or, at a dot boundary, below it. */
export function isSameOrSubdomain(domain: Domain, parent: Domain): boolean {
  return domain === parent || domain.endsWith(`.${parent}`);
}

/** The name with `label` put before it, if that is still a name (253 characters). */
export function prefixDomain(label: string, domain: Domain, primitives: Primitives): Domain | null {
  const outcome = judge(`${label}.${domain}`, primitives);
  return outcome.ok ? outcome.value.ascii : null;
}

interface Fault {
  readonly label: string;
  readonly reason: NameReason | "ip_literal";
}
type Judgement =
  | { readonly ok: true; readonly value: DomainName }
  | { readonly ok: false; readonly fault: Fault };

const plainName = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const dots = /[.\u3002\uff0e\uff61]/;
const bidiControls = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
const maxInput = 1023;

function judge(input: string, primitives: Primitives): Judgement {
  const name = input.endsWith(".") ? input.slice(0, -1) : input;
  if (name.length <= 253 && plainName.test(name) && !name.includes("--")) {
    const scripts = /[a-z]/.test(name) ? ["Latin"] : [];
    return ok({ ascii: name as Domain, unicode: name, scripts, isMixedScript: false });
  }
  if (name === "") return bad(input, "empty");
  if (name.length > maxInput) return bad(input, "name_too_long");
  if (looksLikeAddress(name)) return bad(input, "ip_literal");
  if (name.trim() !== name) return bad(input, "whitespace");
  const labels = name.split(dots);
  for (const label of labels) {
    const reason = judgeRawLabel(label);
    if (reason !== null) return bad(label, reason);
  }
  return judgeMapped(name, labels, primitives);
}

function judgeMapped(name: string, labels: readonly string[], primitives: Primitives): Judgement {
  const ascii = primitives.domainToAscii(name).toLowerCase();
  if (ascii === "") return nameCulprit(name, labels, primitives);
  if (isDottedQuad(ascii)) return bad(name, "ip_literal");
  const mapped = ascii.split(".");
  // A character that maps to a dot or cuts the name short must not change what the name is.
  if (mapped.length !== labels.length) return bad(name, "character");
  for (const [index, label] of mapped.entries()) {
    const reason = judgeMappedLabel(label, primitives);
    if (reason !== null) return bad(labels[index] ?? label, reason);
  }
  if (/^\d+$/.test(mapped.at(-1) ?? "")) return bad(mapped.at(-1) ?? name, "numeric");
  if (ascii.length > 253) return bad(name, "name_too_long");
  const unicode = primitives.domainToUnicode(ascii) || ascii;
  return ok({
    ascii: ascii as Domain,
    unicode,
    scripts: listScripts(unicode),
    isMixedScript: unicode.split(".").some(mixesScripts),
  });
}

function judgeRawLabel(label: string): NameReason | null {
  if (label === "") return "empty";
  if (bidiControls.test(label)) return "bidi_control";
  if (/\s/.test(label)) return "whitespace";
  const ascii = (label.match(/\p{ASCII}/gu) ?? []).filter(
    (character) => !/[A-Za-z0-9-]/.test(character),
  );
  if (ascii.length === 0) return null;
  return ascii.every((character) => character === "_") ? "underscore" : "character";
}

/** LDH rules of RFC 5890 §2.3.1, and that an A-label is the one form of its U-label (§2.3.2.1). */
function judgeMappedLabel(label: string, primitives: Primitives): NameReason | null {
  if (label === "") return "empty";
  if (label.includes("_")) return "underscore";
  if (!/^[a-z0-9-]+$/.test(label)) return "character";
  if (label.length > 63) return "label_too_long";
  if (label.startsWith("-") || label.endsWith("-")) return "hyphen";
  if (label.slice(2, 4) !== "--") return null;
  if (!label.startsWith("xn--")) return "hyphen";
  const unicode = primitives.domainToUnicode(label);
  if (unicode === "" || unicode === label) return "punycode";
  if (primitives.domainToAscii(unicode).toLowerCase() !== label) return "punycode";
  // What IDNA2008 leaves out, symbols above all, though mapping and lookup would have it (RFC 5892).
  return isIdentifier(unicode, primitives) ? null : "not_idna";
}

function nameCulprit(name: string, labels: readonly string[], primitives: Primitives): Judgement {
  const last = labels.at(-1) ?? "";
  if (/^\d+$/.test(last)) return bad(last, "numeric");
  const culprit = labels.find((label) => primitives.domainToAscii(`${label}.example`) === "");
  if (culprit === undefined) return bad(name, "not_idna");
  return bad(culprit, culprit.toLowerCase().startsWith("xn--") ? "punycode" : "not_idna");
}

function looksLikeAddress(name: string): boolean {
  if (isDottedQuad(name)) return true;
  const bare = name.startsWith("[") && name.endsWith("]") ? name.slice(1, -1) : name;
  return bare.includes(":") && /^[0-9a-f:.]+(?:%[0-9a-z]+)?$/i.test(bare) && /:.*:/.test(bare);
}

function isDottedQuad(name: string): boolean {
  return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(name);
}

function bad(label: string, reason: Fault["reason"]): Judgement {
  return { ok: false, fault: { label, reason } };
}

/** What the person probably meant: the host of a URL, the domain of an address, without decoration. */
function suggest(input: string, primitives: Primitives): string | null {
  if (input.length > maxInput * 3) return null;
  let text = input.trim().replace(/^[<"'`(]+|[>"'`)]+$/g, "");
  text = text.replace(/^[a-z][a-z0-9+.-]*:\/\//i, "").replace(/^(?:xmpp|sips?|mailto|wave):/i, "");
  text = text.split(/[/?#\\]/)[0] ?? "";
  text = text.slice(text.lastIndexOf("@") + 1).trim();
  text = text.replace(/:\d{0,5}$/, "").replace(/^\*\./, "");
  text = text.replace(/^(?:_[a-z0-9-]+\.)+/i, "").replace(/[.,;:]+$/, "");
  if (text === input || text === "") return null;
  const outcome = judge(text, primitives);
  return outcome.ok ? outcome.value.unicode : null;
}

function shorten(text: string): string {
  return text.length > 255 ? `${text.slice(0, 254)}…` : text;
}
