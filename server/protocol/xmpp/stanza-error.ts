import { printableWords } from "../printable.ts";
import { childElements, element, findChild, textOf, type XmlElement } from "./element.ts";
import { ns } from "./namespaces.ts";

export type StanzaErrorType = "auth" | "cancel" | "continue" | "modify" | "wait";

/** RFC 6120 §8.3.3: each condition with the type that it usually has. */
export const stanzaErrorTypes = {
  "bad-request": "modify",
  conflict: "cancel",
  "feature-not-implemented": "cancel",
  forbidden: "auth",
  gone: "cancel",
  "internal-server-error": "cancel",
  "item-not-found": "cancel",
  "jid-malformed": "modify",
  "not-acceptable": "modify",
  "not-allowed": "cancel",
  "not-authorized": "auth",
  "policy-violation": "modify",
  "recipient-unavailable": "wait",
  redirect: "modify",
  "registration-required": "auth",
  "remote-server-not-found": "cancel",
  "remote-server-timeout": "wait",
  "resource-constraint": "wait",
  "service-unavailable": "cancel",
  "subscription-required": "auth",
  "undefined-condition": "cancel",
  "unexpected-request": "wait",
} as const satisfies Record<string, StanzaErrorType>;
export type StanzaErrorCondition = keyof typeof stanzaErrorTypes;

export interface StanzaError {
  readonly condition: StanzaErrorCondition;
  readonly type: StanzaErrorType;
  /** Their words, at most 1 000 characters. */
  readonly text: string | null;
  /** Who generated it, if it says so (RFC 6120 §8.3.2). */
  readonly by: string | null;
}

export function buildStanzaError(condition: StanzaErrorCondition, text?: string): XmlElement {
  const children = [element(condition, ns.stanzaErrors)];
  if (text !== undefined)
    children.push(element("text", ns.stanzaErrors, { "xml:lang": "en" }, [text]));
  return element("error", ns.stanza, { type: stanzaErrorTypes[condition] }, children);
}

/** The error inside a stanza of type `error`; without one, or an unknown one, `undefined-condition`. */
export function parseStanzaError(stanza: XmlElement): StanzaError {
  const error = findChild(stanza, "error", ns.stanza);
  let condition: StanzaErrorCondition = "undefined-condition";
  let text: string | null = null;
  for (const child of error === undefined ? [] : childElements(error)) {
    if (child.namespace !== ns.stanzaErrors) continue;
    if (child.name === "text") text ??= printableWords(textOf(child));
    else if (isCondition(child.name)) condition = child.name;
  }
  const type = error?.attributes["type"];
  return {
    condition,
    type: isType(type) ? type : stanzaErrorTypes[condition],
    text,
    by: error?.attributes["by"]?.slice(0, 3071) ?? null,
  };
}

function isCondition(name: string): name is StanzaErrorCondition {
  return Object.hasOwn(stanzaErrorTypes, name);
}

function isType(type: string | undefined): type is StanzaErrorType {
  return type !== undefined && ["auth", "cancel", "continue", "modify", "wait"].includes(type);
}
