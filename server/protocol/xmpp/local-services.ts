import { classifyWave, waveIdentity } from "../wave/stanzas.ts";
import { buildDiscoInfo, buildDiscoItems, type DiscoInfo } from "./disco.ts";
import { childElements, element, findChild, type XmlElement } from "./element.ts";
import { ns } from "./namespaces.ts";
import { isPing } from "./ping.ts";
import { buildReceipt, acknowledgedIds } from "./receipt.ts";
import { buildErrorReply, buildResult, iqFault, stanzaKind } from "./stanza.ts";

/** What an address of ours is for: `wave` speaks for waves, `plain` only answers for itself. */
export type LocalRole = "wave" | "plain";

export interface LocalService {
  readonly role: LocalRole;
  /** False: the stanza was sent to a person or a resource. */
  readonly isService: boolean;
  /** Names of ours below this one, for disco#items; asked for only then. */
  readonly items: () => readonly string[];
}

/**
 * The answer of a local address to a stanza that nobody was waiting for; null where silence is right.
 *
 * Every IQ get or set is answered. Until waves are hosted here, every Wave request gets
 * `feature-not-implemented` and every update a message error, so that no host takes silence for a
 * slow peer, or a receipt for an accepted delta. Errors, results, receipts, headlines and presence
 * that asks nothing are never answered. `isService` is false when the stanza was sent to a person or a
 * resource: we have none, and say so in the same way for every name (XEP-0030 §8).
 */
export function answerLocally(stanza: XmlElement, address: LocalService): XmlElement | null {
  switch (stanzaKind(stanza)) {
    case "iq":
      return answerIq(stanza, address);
    case "message":
      return answerMessage(stanza, address);
    case "presence":
      return answerPresence(stanza);
    case null:
      return null;
  }
}

export function describeService(role: LocalRole): DiscoInfo {
  const common = [ns.discoInfo, ns.discoItems, ns.ping];
  if (role === "plain")
    return {
      identities: [{ category: "component", type: "generic", name: "Wavegate" }],
      features: common,
    };
  return {
    identities: [{ ...waveIdentity, name: "Wavegate" }],
    features: [ns.wave, ns.receipts, ...common],
  };
}

function answerIq(iq: XmlElement, address: LocalService): XmlElement | null {
  const { type } = iq.attributes;
  if (type === "result" || type === "error") return null;
  if (iqFault(iq) !== null) return buildErrorReply(iq, "bad-request");
  const payload = childElements(iq)[0];
  if (classifyWave(iq) !== null) return refuseWave(iq);
  if (payload === undefined || !address.isService)
    return buildErrorReply(iq, "service-unavailable");
  if (type === "get" && payload.name === "query") {
    const { node } = payload.attributes;
    const isInfo = payload.namespace === ns.discoInfo;
    if (isInfo || payload.namespace === ns.discoItems) {
      if (node !== undefined && node !== "") return buildErrorReply(iq, "item-not-found");
      const answer = isInfo
        ? buildDiscoInfo(describeService(address.role), node)
        : buildDiscoItems(
            address.items().map((jid) => ({ jid, name: null, node: null })),
            node,
          );
      return buildResult(iq, answer);
    }
  }
  if (type === "get" && isPing(payload)) return buildResult(iq);
  return buildErrorReply(iq, "service-unavailable");
}

function answerMessage(message: XmlElement, address: LocalService): XmlElement | null {
  const { type, id } = message.attributes;
  if (type === "error") return null;
  const meaning = classifyWave(message);
  if (meaning === "update") return refuseWave(message);
  // RFC 6121 §5.2.2: a headline expects no reply; a receipt is itself one.
  if (type === "headline" || acknowledgedIds(message).length > 0) return null;
  if (!address.isService) return buildErrorReply(message, "service-unavailable");
  if (meaning === "ping" && address.role === "wave") {
    // Without an id a receipt could not be told from another.
    if (id === undefined || id === "") return buildErrorReply(message, "bad-request");
    return buildReceipt(message);
  }
  // Chat states, markers and the like carry no request: RFC 6120 §8.4 ignores them.
  const asksSomething =
    findChild(message, "body", ns.stanza) !== undefined || meaning !== null || type === "groupchat";
  return asksSomething ? buildErrorReply(message, "service-unavailable") : null;
}

function refuseWave(stanza: XmlElement): XmlElement | null {
  return buildErrorReply(stanza, "feature-not-implemented", "Waves are not hosted here.");
}

/** RFC 6121 §3.1.3, §4.3.2: requests and probes are declined; the rest is taken note of by nobody. */
function answerPresence(presence: XmlElement): XmlElement | null {
  const { type, from, to } = presence.attributes;
  if (type !== "subscribe" && type !== "probe") return null;
  return element("presence", ns.stanza, { type: "unsubscribed", from: to, to: from });
}
