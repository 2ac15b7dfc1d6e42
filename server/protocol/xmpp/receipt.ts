import { element, findChild, type XmlElement } from "./element.ts";
import { ns } from "./namespaces.ts";

/** XEP-0184 §5: asks for a receipt; belongs into a message that has an id. */
export function buildReceiptRequest(): XmlElement {
  return element("request", ns.receipts);
}

/**
 * The receipt for `message`. The acknowledged id stands in both places: as the stanza's own id, where
 * Wave servers look (WAVE §2.3), and on `<received/>`, where XEP-0184 has it since 1.1.
 */
export function buildReceipt(message: XmlElement): XmlElement {
  const id = message.attributes["id"];
  return element(
    "message",
    ns.stanza,
    { type: "normal", id, from: message.attributes["to"], to: message.attributes["from"] },
    [element("received", ns.receipts, { id })],
  );
}

/** Ids that a receipt may acknowledge, most likely first; empty when the message is no receipt. */
export function acknowledgedIds(message: XmlElement): string[] {
  const received = findChild(message, "received", ns.receipts);
  if (received === undefined || message.attributes["type"] === "error") return [];
  const ids = [received.attributes["id"], message.attributes["id"]];
  return [...new Set(ids.filter((id) => id !== undefined && id !== ""))] as string[];
}
