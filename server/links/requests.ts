import { randomBytes } from "node:crypto";
import { printableXml } from "#protocol/printable.ts";
import type { Jid } from "#protocol/xmpp/address.ts";
import { formatJid } from "#protocol/xmpp/address.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import type { XmlElement } from "#protocol/xmpp/element.ts";
import { acknowledgedIds } from "#protocol/xmpp/receipt.ts";
import { serialize } from "#protocol/xmpp/serialize.ts";
import { parseStanzaError } from "#protocol/xmpp/stanza-error.ts";
import { payloadOf } from "#protocol/xmpp/stanza.ts";

/** One request and its only answer, with what was on the wire. */
export interface Exchange {
  readonly kind: "result" | "error" | "timeout" | "not_sent" | "cancelled";
  readonly linkId: string | null;
  /** First child of the result, or null. */
  readonly payload: XmlElement | null;
  /** Stanza error condition and text; for `not_sent`, why. */
  readonly condition: string | null;
  readonly text: string | null;
  /** Who answered with the error: `by` if it says so, else its `from`. */
  readonly answeredBy: string | null;
  readonly roundTripMs: number | null;
  /** The answer came back over the stream that took the question (XEP-0288): it says nothing of the other direction. */
  readonly usedOneStream: boolean;
  readonly transcript: readonly TranscriptLine[];
}

export interface TranscriptLine {
  readonly direction: "out" | "in";
  /** Milliseconds since the epoch, of the monotonic clock. */
  readonly at: number;
  readonly xml: string;
}

/** Requests under way, each waiting for one answer from where it was sent, over the same link. */
export interface Requests {
  /** A new id: unguessable (128 bits), and naming the appliance. */
  readonly newId: () => string;
  readonly wait: (sent: Sent) => Promise<Exchange>;
  /**
   * Takes the stanza if it answers a request: same id, same two addresses, from the same neighbour, IQ
   * for IQ and message for message. Anything else is not an answer, whoever it claims to be from.
   */
  readonly take: (
    stanza: XmlElement,
    from: Jid,
    to: Jid,
    via: { readonly neighbour: string; readonly usedOneStream: boolean },
  ) => boolean;
  /** The link's stream is gone: no answer can come over it any more. */
  readonly abandon: (linkId: string) => void;
  readonly count: () => number;
}

export interface Sent {
  readonly id: string;
  readonly kind: "iq" | "message";
  readonly from: Jid;
  readonly to: Jid;
  readonly linkId: string;
  readonly neighbour: string;
  readonly xml: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

interface Pending extends Sent {
  readonly sentAt: number;
  readonly settle: (exchange: Exchange) => void;
}

const maxTranscriptLength = 65_536;

export function createRequests(nodeId: string): Requests {
  const pending = new Map<string, Pending>();

  return {
    newId: () => `${nodeId}-${randomBytes(16).toString("base64url")}`,
    count: () => pending.size,
    wait(sent) {
      return new Promise((resolve) => {
        const finish = (kind: "timeout" | "cancelled") =>
          settle({ ...empty(entry), kind, linkId: sent.linkId });
        const onAbort = () => finish("cancelled");
        const timer = setTimeout(() => finish("timeout"), sent.timeoutMs);
        const settle = (exchange: Exchange) => {
          clearTimeout(timer);
          sent.signal?.removeEventListener("abort", onAbort);
          pending.delete(sent.id);
          resolve(exchange);
        };
        const entry: Pending = { ...sent, sentAt: clock(), settle };
        pending.set(sent.id, entry);
        sent.signal?.addEventListener("abort", onAbort);
        if (sent.signal?.aborted === true) onAbort();
      });
    },
    take(stanza, from, to, { neighbour, usedOneStream }) {
      const entry = findEntry(pending, stanza);
      if (entry === undefined || entry.neighbour !== neighbour) return false;
      if (entry.kind !== stanza.name) return false;
      if (formatJid(entry.to) !== formatJid(from) || formatJid(entry.from) !== formatJid(to))
        return false;
      entry.settle({ ...readAnswer(entry, stanza), usedOneStream });
      return true;
    },
    abandon(linkId) {
      for (const entry of [...pending.values()])
        if (entry.linkId === linkId) entry.settle({ ...empty(entry), kind: "timeout" });
    },
  };
}

/** An exchange that did not take place. */
export function notSent(linkId: string | null, condition: string): Exchange {
  return {
    kind: "not_sent",
    linkId,
    payload: null,
    condition,
    text: null,
    answeredBy: null,
    roundTripMs: null,
    usedOneStream: false,
    transcript: [],
  };
}

function findEntry(pending: Map<string, Pending>, stanza: XmlElement): Pending | undefined {
  const { type, id } = stanza.attributes;
  if (stanza.name === "iq" && type !== "result" && type !== "error") return undefined;
  if (stanza.name === "presence") return undefined;
  const ids = stanza.name === "message" && type !== "error" ? acknowledgedIds(stanza) : [id];
  for (const candidate of ids) {
    const entry = candidate === undefined ? undefined : pending.get(candidate);
    if (entry !== undefined) return entry;
  }
  return undefined;
}

function readAnswer(entry: Pending, stanza: XmlElement): Exchange {
  const at = clock();
  const answer: Exchange = {
    ...empty(entry),
    kind: "result",
    payload: stanza.name === "iq" ? payloadOf(stanza) : null,
    roundTripMs: at - entry.sentAt,
    transcript: [...outgoing(entry), { direction: "in", at, xml: cut(onWire(stanza)) }],
  };
  if (stanza.attributes["type"] !== "error") return answer;
  const { condition, text, by } = parseStanzaError(stanza);
  const answeredBy = by ?? stanza.attributes["from"] ?? null;
  return { ...answer, kind: "error", payload: null, condition, text, answeredBy };
}

function empty(entry: Pending): Exchange {
  return { ...notSent(entry.linkId, ""), condition: null, transcript: outgoing(entry) };
}

function outgoing(entry: Pending): TranscriptLine[] {
  return [{ direction: "out", at: entry.sentAt, xml: cut(entry.xml) }];
}

function onWire(stanza: XmlElement): string {
  return serialize(stanza, { contentNamespace: ns.component });
}

function cut(xml: string): string {
  return printableXml(
    xml.length > maxTranscriptLength ? `${xml.slice(0, maxTranscriptLength)}…` : xml,
  );
}

function clock(): number {
  return performance.timeOrigin + performance.now();
}
