import { childElements, element, type XmlElement } from "./element.ts";
import { ns } from "./namespaces.ts";
import { stanzaErrorTypes, type StanzaErrorCondition } from "./stanza-error.ts";

/** Counters of one managed stream, each modulo 2^32 (XEP-0198 §4). */
export interface StreamManagement {
  /** Stanzas of the peer that we have taken over: our `h`. */
  readonly handled: number;
  /** Stanzas that we have sent since management was enabled. */
  readonly sent: number;
  /** The peer's last `h`: how many of those it has taken over. */
  readonly acknowledged: number;
}

export const freshManagement: StreamManagement = { handled: 0, sent: 0, acknowledged: 0 };

/** Written behind a stanza by who wants to know how far the peer is. */
export const ackRequest = `<r xmlns='${ns.streamManagement}'/>`;

export function countHandled(counters: StreamManagement): StreamManagement {
  return { ...counters, handled: (counters.handled + 1) >>> 0 };
}

export function countSent(counters: StreamManagement, count: number): StreamManagement {
  return { ...counters, sent: (counters.sent + count) >>> 0 };
}

/**
 * Takes the `h` of an `<a/>`: how many stanzas it acknowledges beyond the last one. `too_high` when it
 * speaks of stanzas that were never sent, which an `h` that goes back does too (XEP-0198 §4).
 */
export function acknowledge(
  counters: StreamManagement,
  h: number,
):
  | { readonly kind: "acknowledged"; readonly counters: StreamManagement; readonly count: number }
  | { readonly kind: "too_high" } {
  const count = (h - counters.acknowledged) >>> 0;
  if (count > unacknowledged(counters)) return { kind: "too_high" };
  return { kind: "acknowledged", counters: { ...counters, acknowledged: h }, count };
}

/** How many stanzas were sent and are not acknowledged. */
export function unacknowledged(counters: StreamManagement): number {
  return (counters.sent - counters.acknowledged) >>> 0;
}

export function buildManagement(name: "sm" | "enable" | "enabled"): XmlElement {
  return element(name, ns.streamManagement);
}

export function buildAck(counters: StreamManagement): XmlElement {
  return element("a", ns.streamManagement, { h: String(counters.handled) });
}

/** The `h` of `<a/>`; null when it is missing or no number of 32 bits. */
export function parseAck(ack: XmlElement): number | null {
  const { h = "" } = ack.attributes;
  const value = /^\d{1,10}$/.test(h) ? Number(h) : Number.NaN;
  return value <= 0xffffffff ? value : null;
}

export function buildManagementFailed(condition: StanzaErrorCondition): XmlElement {
  return element("failed", ns.streamManagement, {}, [element(condition, ns.stanzaErrors)]);
}

export function parseManagementFailed(failed: XmlElement): StanzaErrorCondition {
  const known = childElements(failed).find(
    (child) => child.namespace === ns.stanzaErrors && Object.hasOwn(stanzaErrorTypes, child.name),
  );
  return (known?.name as StanzaErrorCondition | undefined) ?? "undefined-condition";
}

/** The application condition of the stream error for `too_high` (XEP-0198 §4). */
export function buildHandledCountTooHigh(counters: StreamManagement, h: number): XmlElement {
  return element("handled-count-too-high", ns.streamManagement, {
    h: String(h),
    "send-count": String(counters.sent),
  });
}
