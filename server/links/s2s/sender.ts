import type { XmlElement } from "#protocol/xmpp/element.ts";
import { ackRequest } from "#protocol/xmpp/stream-management.ts";
import type { S2sLimits } from "./limits.ts";
import { createOutbox, type Outbox } from "./outbox.ts";
import type { Probe } from "./proofs.ts";
import type { Wire } from "./wire.ts";

/** The sending half of a stream, ours or the peer's: bounds, what is undelivered, proofs of life, keepalive. */
export interface Sender {
  readonly send: (stanza: XmlElement, xml: string) => "sent" | "full";
  readonly count: () => number;
  /** To be called before the table hears of anything else, which may be their acknowledgement: not once for each stanza. */
  readonly tellSent: () => void;
  /** Stream management is `asked` for, `on`, or was refused: `off`. */
  readonly manage: (management: "asked" | "on" | "off") => void;
  readonly acknowledged: (count: number) => void;
  /** Asks now for what is not acknowledged yet and was not asked for: the stream is about to end. */
  readonly settle: () => void;
  /** Our closing tag is written: nothing may follow it (RFC 6120 §4.4), hence nothing is asked any more. */
  readonly hush: () => void;
  readonly outbox: Outbox;
  readonly life: () => SignsOfLife;
  /** Returns false when the peer is dead: it owes an acknowledgement, or takes no byte, for too long. */
  readonly tick: (now: number) => boolean;
  /** The stream is over: nothing is waited for any more. */
  readonly stop: () => void;
}

/** What shows that the peer reads what we send; times as performance.now(). */
export interface SignsOfLife {
  /** When the last answer came to something that was sent behind stanzas; null: none did yet. */
  readonly provenAt: number | null;
  /** Since when an answer is waited for; null: nothing is asked. */
  readonly askedAt: number | null;
}

/** One request stands for so many stanzas, or for all of so many milliseconds. */
const askAfterStanzas = 64;
const askAfterMs = 25;
/** What the system took and the peer has not acknowledged may be so many times what may wait to be taken. */
const unacknowledgedShare = 4;
/** Pings whose late answers still count. */
const maxProbes = 4;

interface Asked extends Pick<Probe, "forget"> {
  /** performance.now(). */
  readonly at: number;
  /** How many stanzas it proves. */
  readonly place: number;
}

export function createSender(deps: {
  readonly limits: S2sLimits;
  readonly wire: () => Pick<Wire, "send" | "waiting" | "bytesOut" | "lastOut" | "isPaused">;
  /** Tells the table, which counts them, of those that were sent since it was told last. */
  readonly onSent: (count: number) => void;
  /** A ping to the peer; null when it is not known yet who that is. */
  readonly probe: (onAnswer: () => void) => Probe | null;
  /** What is kept of a stanza until it has left; by default what an error needs. */
  readonly keep?: (stanza: XmlElement) => XmlElement;
}): Sender {
  const { limits } = deps;
  const outbox = createOutbox(deps.keep);
  let count = 0;
  let untold = 0;
  let management: "asked" | "on" | "off" = "off";
  /** performance.now() of the acknowledgement request that waits for its answer. */
  let askedAt: number | null = null;
  /** Behind how many stanzas the last such request went. */
  let askedPlace = 0;
  let isAsking = false;
  let isHushed = false;
  let timer: NodeJS.Timeout | null = null;
  /** Pings without an answer, oldest first. */
  let probes: Asked[] = [];
  /** performance.now() of the first stanza behind the last ping. */
  let firstUnasked: number | null = null;
  let provenAt: number | null = null;
  /** What the system had taken of the stream at the last look, and when that was another figure than before. */
  let takenBytes = 0;
  let takenAt = 0;

  /** One request at a time. */
  function ask(): void {
    isAsking = false;
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (askedAt === null) request();
  }

  function request(): void {
    if (management !== "on" || isHushed || outbox.waiting() === 0) return;
    askedAt ??= performance.now();
    askedPlace = outbox.place();
    deps.wire().send(ackRequest);
  }

  function askSoon(): void {
    if (management !== "on" || askedAt !== null || isAsking || isHushed) return;
    if (outbox.waiting() < askAfterStanzas) {
      timer ??= setTimeout(ask, askAfterMs).unref();
      return;
    }
    isAsking = true;
    queueMicrotask(ask);
  }

  /** Without acknowledgements: a ping behind many stanzas, or, in `tick`, behind few that have waited. */
  function probeSoon(): void {
    if (management !== "off") return;
    if (probes.length > 0 || isAsking || outbox.unproven() < limits.probeAfterStanzas) return;
    isAsking = true;
    queueMicrotask(() => {
      isAsking = false;
      if (management === "off") probe(performance.now());
    });
  }

  function probe(now: number): void {
    if (isHushed) return;
    const place = outbox.place();
    const asked = deps.probe(() => answered(place));
    if (asked === null) return;
    if (probes.length >= maxProbes) probes.shift()?.forget();
    probes.push({ forget: asked.forget, at: now, place });
    firstUnasked = null;
    deps.wire().send(asked.xml);
  }

  function answered(place: number): void {
    provenAt = performance.now();
    outbox.proved(place);
    for (const older of probes) if (older.place <= place) older.forget();
    probes = probes.filter((other) => other.place > place);
    probeSoon();
  }

  /** Whether it is time to ask: what was sent has waited, and who was asked before has had its time. */
  function isProbeDue(now: number): boolean {
    if (management !== "off" || firstUnasked === null) return false;
    const last = probes.at(-1);
    if (last !== undefined && now - last.at < limits.acknowledgeMs) return false;
    return now - firstUnasked >= limits.probeAfterMs;
  }

  /** It answers nothing, and TCP cannot hand it a byte either: not just a peer that answers no pings. */
  function isStuck(now: number): boolean {
    const wire = deps.wire();
    const taken = wire.bytesOut();
    if (taken !== takenBytes || wire.waiting() === 0) takenAt = now;
    takenBytes = taken;
    const [oldest] = probes;
    if (oldest === undefined) return false;
    return now - Math.max(oldest.at, takenAt) > limits.acknowledgeMs;
  }

  /** What was asked may have been answered: it has not been read. */
  function postpone(now: number): void {
    if (askedAt !== null) askedAt = now;
    probes = probes.map((asked) => ({ ...asked, at: now }));
  }

  return {
    outbox,
    count: () => count,
    tellSent() {
      if (untold === 0) return;
      const told = untold;
      untold = 0;
      deps.onSent(told);
    },
    life: () => ({ provenAt, askedAt: askedAt ?? probes[0]?.at ?? null }),
    manage(next) {
      // The peer counts from the request on, and says only later that it does (XEP-0198 §3).
      if (management === "off" || next === "off") outbox.manage(next !== "off");
      management = next;
      // It has as long to answer that it acknowledges as it has for each acknowledgement.
      askedAt = next === "asked" ? performance.now() : null;
      if (next === "on") ask();
      if (outbox.unproven() > 0) firstUnasked ??= performance.now();
      probeSoon();
    },
    acknowledged(acknowledged) {
      outbox.acknowledged(acknowledged, askedAt !== null);
      askedAt = null;
      provenAt = performance.now();
      if (outbox.waiting() > 0) askSoon();
    },
    send(stanza, xml) {
      const wire = deps.wire();
      if (wire.waiting() + xml.length > limits.maxQueuedBytes) return "full";
      if (outbox.waiting() >= limits.maxQueuedStanzas) return "full";
      if (outbox.waitingUnits() + xml.length > limits.maxQueuedBytes * unacknowledgedShare)
        return "full";
      count++;
      outbox.add(stanza, xml.length);
      // An answer alone is not asked after: two servers that ask so would ask after each other's answers for ever.
      if (!isAnswer(stanza)) firstUnasked ??= performance.now();
      // Before the wire's own microtask: a request leaves in one packet with the stanzas of this turn, behind them.
      if (management === "on") askSoon();
      else probeSoon();
      wire.send(xml);
      if (management !== "off") untold++;
      return "sent";
    },
    settle() {
      if (askedAt === null || askedPlace < outbox.place()) request();
    },
    hush() {
      isHushed = true;
    },
    tick(now) {
      if (isHushed) return true;
      if (deps.wire().isPaused()) postpone(now);
      if (askedAt !== null && now - askedAt > limits.acknowledgeMs) return false;
      if (isStuck(now)) return false;
      ask();
      if (isProbeDue(now)) probe(now);
      const wire = deps.wire();
      if (now - wire.lastOut() > limits.keepaliveMs) wire.send(" ");
      return true;
    },
    stop() {
      isHushed = true;
      if (timer !== null) clearTimeout(timer);
      for (const { forget } of probes) forget();
      probes = [];
    },
  };
}

function isAnswer({ attributes: { type } }: XmlElement): boolean {
  return type === "result" || type === "error";
}
