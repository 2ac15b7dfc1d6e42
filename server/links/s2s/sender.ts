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
  /** Asks now for what is not acknowledged yet: the stream is about to end. */
  readonly settle: () => void;
  readonly outbox: Outbox;
  /** Returns false when the peer owes an acknowledgement for too long. */
  readonly tick: (now: number) => boolean;
}

/** One request stands for so many stanzas, or for all of so many milliseconds. */
const askAfterStanzas = 64;
const askAfterMs = 25;

export function createSender(deps: {
  readonly limits: S2sLimits;
  readonly wire: () => Pick<Wire, "send" | "waiting" | "lastOut">;
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
  let timer: NodeJS.Timeout | null = null;

  /** One request at a time. */
  function ask(): void {
    isAsking = false;
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (management !== "on" || askedAt !== null || outbox.waiting() === 0) return;
    askedAt = performance.now();
    deps.wire().send(ackRequest);
  }

  function askSoon(): void {
    if (management !== "on" || askedAt !== null || isAsking) return;
    if (outbox.waiting() < askAfterStanzas) {
      timer ??= setTimeout(ask, askAfterMs).unref();
      return;
    }
    isAsking = true;
    queueMicrotask(ask);
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
      if (outbox.waiting() > 0) askSoon();
    },
    send(stanza, xml) {
      const wire = deps.wire();
      if (wire.waiting() + xml.length > limits.maxQueuedBytes) return "full";
      if (outbox.waiting() >= limits.maxQueuedStanzas) return "full";
      count++;
      outbox.add(stanza);
      // Before the wire's own microtask: a request leaves in one packet with the stanzas of this turn, behind them.
      askSoon();
      wire.send(xml);
      if (management !== "off") deps.onSent(1);
      return "sent";
    },
    settle: ask,
    tick(now) {
      if (askedAt !== null && now - askedAt > limits.acknowledgeMs) return false;
      ask();
      const wire = deps.wire();
      if (now - wire.lastOut() > limits.keepaliveMs) wire.send(" ");
      return true;
    },
  };
}
