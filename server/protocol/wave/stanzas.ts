import { childElements, element, findChild, type XmlElement } from "../xmpp/element.ts";
import { ns } from "../xmpp/namespaces.ts";
import { buildReceiptRequest } from "../xmpp/receipt.ts";
import type { Addressing } from "../xmpp/stanza.ts";

/** What a stanza is in the Wave federation protocol (WAVE §1.4), by its kind and payload. */
export type WaveStanza =
  | "ping"
  | "update"
  | "submit"
  | "history"
  | "post_signer"
  | "get_signer"
  /** In the publish-subscribe namespace, but none of the four requests. */
  | "unknown_request";

/** The Wave meaning of a stanza, or null if it has none. Errors and results have none. */
export function classifyWave(stanza: XmlElement): WaveStanza | null {
  const { type } = stanza.attributes;
  if (stanza.name === "message") {
    if (type === "error") return null;
    if (isUpdate(stanza)) return "update";
    return findChild(stanza, "ping", ns.wave) === undefined ? null : "ping";
  }
  if (stanza.name !== "iq" || (type !== "get" && type !== "set")) return null;
  const payload = childElements(stanza)[0];
  if (payload?.namespace !== ns.pubsub) return null;
  // Below the first child, servers in the field are loose with namespaces: names decide (WAVE §1.4).
  const action = findChild(payload, type === "set" ? "publish" : "items");
  const node = action?.attributes["node"];
  if (node === "wavelet") return type === "set" ? "submit" : "history";
  if (node === "signer") return type === "set" ? "post_signer" : "get_signer";
  return "unknown_request";
}

/** WAVE §1.4 takes every event for one; as a headline it may be another protocol's notification. */
function isUpdate(message: XmlElement): boolean {
  const event = findChild(message, "event", ns.pubsubEvent);
  if (event === undefined) return false;
  if (message.attributes["type"] !== "headline") return true;
  const items = findChild(event, "items");
  return childElements(items ?? event).some((item) => findChild(item, "wavelet-update"));
}

/** WAVE §1.8: a message that asks for a receipt; the receipt is the pong. */
export function buildWavePing(addressing: Addressing): XmlElement {
  return element("message", ns.stanza, { type: "normal", ...addressing }, [
    element("ping", ns.wave),
    buildReceiptRequest(),
  ]);
}

/** The identity and feature by which a Wave service is recognised (WAVE §1.5). */
export const waveIdentity = { category: "collaboration", type: "google-wave" } as const;

/** Which of the two marks of a Wave service a disco#info answer shows. */
export function matchWaveService(info: {
  readonly identities: readonly { readonly category: string; readonly type: string }[];
  readonly features: readonly string[];
}): "identity" | "feature" | "both" | null {
  const isIdentified = info.identities.some(
    ({ category, type }) =>
      category === waveIdentity.category && (type === waveIdentity.type || type === "apache-wave"),
  );
  const hasFeature = info.features.includes(ns.wave);
  if (isIdentified) return hasFeature ? "both" : "identity";
  return hasFeature ? "feature" : null;
}
