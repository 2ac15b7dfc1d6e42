import { childElements, element, type XmlElement } from "./element.ts";
import { ns } from "./namespaces.ts";
import { buildStanzaError, type StanzaErrorCondition } from "./stanza-error.ts";

export type StanzaKind = "iq" | "message" | "presence";

export function stanzaKind(candidate: XmlElement): StanzaKind | null {
  if (candidate.namespace !== ns.stanza) return null;
  const { name } = candidate;
  return name === "iq" || name === "message" || name === "presence" ? name : null;
}

export interface Addressing {
  readonly from: string;
  readonly to: string;
  readonly id: string;
}

/** An IQ request: exactly one payload (RFC 6120 §8.2.3). */
export function buildRequest(
  type: "get" | "set",
  addressing: Addressing,
  payload: XmlElement,
): XmlElement {
  return element("iq", ns.stanza, { type, ...addressing }, [payload]);
}

/** The result of an IQ request: same id, from and to exchanged, byte for byte as they came. */
export function buildResult(request: XmlElement, payload?: XmlElement): XmlElement {
  return element(
    "iq",
    ns.stanza,
    {
      type: "result",
      id: request.attributes["id"],
      from: request.attributes["to"],
      to: request.attributes["from"],
    },
    payload === undefined ? [] : [payload],
  );
}

/**
 * An error in answer to `stanza` (RFC 6120 §8.3.1): from and to exchanged, id echoed, the original
 * left out. Null when the stanza is itself an error or a result: those are never answered.
 */
export function buildErrorReply(
  stanza: XmlElement,
  condition: StanzaErrorCondition,
  text?: string,
): XmlElement | null {
  const type = stanza.attributes["type"];
  if (type === "error" || (stanza.name === "iq" && type === "result")) return null;
  return element(
    stanza.name,
    ns.stanza,
    {
      type: "error",
      id: stanza.attributes["id"],
      from: stanza.attributes["to"],
      to: stanza.attributes["from"],
    },
    [buildStanzaError(condition, text)],
  );
}

/** What is wrong with an IQ as such (RFC 6120 §8.2.3), or null. */
export function iqFault(iq: XmlElement): "type" | "id" | "children" | null {
  const { type, id } = iq.attributes;
  if (type !== "get" && type !== "set" && type !== "result" && type !== "error") return "type";
  if (id === undefined || id === "") return "id";
  const count = childElements(iq).length;
  if (type === "get" || type === "set") return count === 1 ? null : "children";
  return type === "result" && count > 1 ? "children" : null;
}

/** The payload of an IQ: its first child that is not `<error/>`. */
export function payloadOf(iq: XmlElement): XmlElement | null {
  return (
    childElements(iq).find((child) => child.name !== "error" || child.namespace !== ns.stanza) ??
    null
  );
}
