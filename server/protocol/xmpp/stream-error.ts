import { printableWords } from "../printable.ts";
import { childElements, element, textOf, type XmlElement } from "./element.ts";
import { ns } from "./namespaces.ts";

/** RFC 6120 §4.9.3. */
export const streamErrorConditions = [
  "bad-format",
  "bad-namespace-prefix",
  "conflict",
  "connection-timeout",
  "host-gone",
  "host-unknown",
  "improper-addressing",
  "internal-server-error",
  "invalid-from",
  "invalid-namespace",
  "invalid-xml",
  "not-authorized",
  "not-well-formed",
  "policy-violation",
  "remote-connection-failed",
  "reset",
  "resource-constraint",
  "restricted-xml",
  "see-other-host",
  "system-shutdown",
  "undefined-condition",
  "unsupported-encoding",
  "unsupported-feature",
  "unsupported-stanza-type",
  "unsupported-version",
] as const;
export type StreamErrorCondition = (typeof streamErrorConditions)[number];

export interface StreamError {
  readonly condition: StreamErrorCondition;
  /** Their words, at most 1 000 characters: to be shown beside the condition, never instead of it. */
  readonly text: string | null;
  /** Name of an application-specific condition, if there is one. */
  readonly application: string | null;
}

/** RFC 6120 §4.9.2: `<stream:error>` with one defined condition, and one of an application's own. */
export function buildStreamError(
  condition: StreamErrorCondition,
  text?: string,
  application?: XmlElement,
): XmlElement {
  const children = [element(condition, ns.streamErrors)];
  if (text !== undefined)
    children.push(element("text", ns.streamErrors, { "xml:lang": "en" }, [text]));
  if (application !== undefined) children.push(application);
  return element("error", ns.streams, {}, children);
}

export function isStreamError(candidate: XmlElement): boolean {
  return candidate.name === "error" && candidate.namespace === ns.streams;
}

/** RFC 6120 §4.9.2: an unknown or missing condition is `undefined-condition`. */
export function parseStreamError(error: XmlElement): StreamError {
  let condition: StreamErrorCondition = "undefined-condition";
  let text: string | null = null;
  let application: string | null = null;
  for (const child of childElements(error)) {
    if (child.namespace !== ns.streamErrors) application ??= child.name.slice(0, 100);
    else if (child.name === "text") text ??= printableWords(textOf(child));
    else condition = streamErrorConditions.find((known) => known === child.name) ?? condition;
  }
  return { condition, text, application };
}
