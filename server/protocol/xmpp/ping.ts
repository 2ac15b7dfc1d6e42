import { element, type XmlElement } from "./element.ts";
import { ns } from "./namespaces.ts";

/** XEP-0199 §4: the payload of a ping; an empty result answers it. */
export function buildPing(): XmlElement {
  return element("ping", ns.ping);
}

export function isPing(payload: XmlElement): boolean {
  return payload.name === "ping" && payload.namespace === ns.ping;
}
