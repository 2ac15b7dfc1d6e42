import type { XmlElement } from "#protocol/xmpp/element.ts";
import { ackRequest } from "#protocol/xmpp/stream-management.ts";
import type { S2sLimits } from "./limits.ts";
import { createOutbox, type Outbox } from "./outbox.ts";
import type { Wire } from "./wire.ts";

/** The sending half of a stream, ours or the peer's: bounds, what is undelivered, acknowledgements, keepalive. */
export interface Sender {
  readonly send: (stanza: XmlElement, xml: string) => "sent" | "full";
  readonly count: () => number;
  /** Stream management is `asked` for, `on`, or was refused: `off`. */
  readonly manage: (management: "asked" | "on" | "off") => void;
  readonly acknowledged: (count: number) => void;
  readonly outbox: Outbox;
  /** Returns false when the peer owes an acknowledgement for too long. */
  readonly tick: (now: number) => boolean;
}

export function createSender(deps: {
  readonly limits: S2sLimits;
  readonly wire: () => Wire;
  /** Tells the table, which counts them. */
  readonly onSent: (count: number) => void;
}): Sender {
  const { limits } = deps;
  const outbox = createOutbox();
  let count = 0;
  let management: "asked" | "on" | "off" = "off";
  /** performance.now() of the request that waits for its answer. */
  let askedAt: number | null = null;
  let isAsking = false;

  /** One request at a time, behind the stanzas of a turn. */
  function ask(): void {
    isAsking = false;
    if (askedAt !== null || outbox.waiting() === 0) return;
    askedAt = performance.now();
    deps.wire().send(ackRequest);
  }

  return {
    outbox,
    count: () => count,
    manage(next) {
      // The peer counts from the request on, and says only later that it does (XEP-0198 §3).
      if (management === "off" || next === "off") outbox.manage(next !== "off");
      management = next;
      if (next === "on") ask();
    },
    acknowledged(acknowledged) {
      askedAt = null;
      outbox.acknowledged(acknowledged);
      if (outbox.waiting() > 0) ask();
    },
    send(stanza, xml) {
      const wire = deps.wire();
      if (wire.waiting() + xml.length > limits.maxQueuedBytes) return "full";
      if (outbox.waiting() >= limits.maxQueuedStanzas) return "full";
      count++;
      outbox.add(stanza);
      wire.send(xml);
      if (management === "off") return "sent";
      deps.onSent(1);
      if (management === "on" && !isAsking && askedAt === null) {
        isAsking = true;
        queueMicrotask(ask);
      }
      return "sent";
    },
    tick(now) {
      if (askedAt !== null && now - askedAt > limits.acknowledgeMs) return false;
      if (management === "on") ask();
      const wire = deps.wire();
      if (now - wire.lastOut() > limits.keepaliveMs) wire.send(" ");
      return true;
    },
  };
}
