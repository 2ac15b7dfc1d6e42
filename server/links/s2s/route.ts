import type { Finding } from "#contract/traces.ts";
import type { Domain } from "#protocol/xmpp/address.ts";
import { headOf, type XmlElement } from "#protocol/xmpp/element.ts";
import type { S2sLimits } from "./limits.ts";
import type { OutgoingStream, StreamEnd } from "./outgoing-stream.ts";

export type BounceCondition =
  | "remote-server-not-found"
  | "remote-server-timeout"
  | "resource-constraint"
  | "not-allowed"
  | "policy-violation"
  | "internal-server-error";

/** For what an open stream does not take. */
const bounceOf = {
  full: "resource-constraint",
  down: "remote-server-timeout",
  too_large: "policy-violation",
} as const satisfies Record<string, BounceCondition>;

/** Why no stream to a domain came about. */
export interface RouteFailure {
  readonly condition: BounceCondition;
  readonly finding: Finding;
}

export interface RouteStatus {
  readonly state: "idle" | "connecting" | "open" | "failing";
  readonly since: Date;
  readonly lastError: Finding | null;
  readonly attempts: number;
  readonly nextAttemptAt: Date | null;
  readonly queuedStanzas: number;
  readonly queuedBytes: number;
}

export interface RouteDeps {
  readonly limits: S2sLimits;
  /** What waits on all routes together; each adds and takes away its own. */
  readonly inAll: { queuedBytes: number };
  /** Opens a stream and logs in. Never rejects. */
  readonly connect: (signal: AbortSignal) => Promise<OutgoingStream | RouteFailure>;
  /** What can not be delivered, in the order in which it was sent; each stanza once. */
  readonly onBounce: (
    stanza: XmlElement,
    condition: BounceCondition,
    finding: Finding | null,
  ) => void;
  readonly onStatus: (status: RouteStatus) => void;
  readonly onUnproven: (count: number) => void;
  readonly now: () => Date;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/**
 * All stanzas from one name of ours to one remote domain, in order (RFC 6120 §10.1). Without a stream they wait,
 * within bounds, while one is made; if it fails, they bounce, and so does all that comes until the next attempt is
 * due: that is the negative cache. Nothing is tried without a stanza to send.
 */
export interface Route {
  readonly local: Domain;
  readonly remote: Domain;
  readonly send: (stanza: XmlElement, xml: string) => "sent" | "full";
  readonly status: () => RouteStatus;
  readonly stream: () => OutgoingStream | null;
  /** A stream is open, or something waits for one: what is sent now has to go behind it. */
  readonly isBusy: () => boolean;
  /** Takes a stream that somebody else opened and logged in on; false when it has, or makes, one of its own. */
  readonly adopt: (stream: OutgoingStream) => boolean;
  /** Ends the wait before the next attempt, and tries now if anything waits. */
  readonly hurry: () => void;
  /** Opens a stream now, whether or not anything waits; what is open is closed first. */
  readonly reconnect: () => void;
  /** Sends what waits, then ends the stream in order; null when there is neither. Resolves when both are gone. */
  readonly leave: () => Promise<void> | null;
  /** The stream has ended (told by whoever drives it). */
  readonly ended: (stream: OutgoingStream, end: StreamEnd) => void;
  /** Bounces what waits, closes what is open. */
  readonly stop: () => void;
  /** Whether nothing is open, waiting or remembered: it may be forgotten. */
  readonly isForgettable: (now: number) => boolean;
}

interface Queued {
  /** Its name and attributes: its children are in the text, and a tree takes many times the room of its text. */
  readonly stanza: XmlElement;
  readonly xml: string;
}

export function createRoute(
  pair: { readonly local: Domain; readonly remote: Domain },
  deps: RouteDeps,
): Route {
  const { limits, inAll } = deps;
  let queue: Queued[] = [];
  let queuedBytes = 0;
  let stream: OutgoingStream | null = null;
  let connecting: AbortController | null = null;
  let failure: RouteFailure | null = null;
  let attempts = 0;
  /** performance.now() of the next attempt, while the last failure counts. */
  let nextAttempt = 0;
  /** performance.now() of the present stream's begin. */
  let openedAt = 0;
  let since = deps.now();
  let isStopped = false;
  /** Somebody asked for a new stream once the present one has ended. */
  let isWanted = false;
  /** Who waits for the end of stream and queue. */
  let leavers: (() => void)[] = [];

  function tell(): void {
    deps.onStatus(status());
    if (stream !== null || connecting !== null || queue.length > 0) return;
    const waiting = leavers;
    leavers = [];
    for (const resolve of waiting) resolve();
  }

  function status(): RouteStatus {
    const isFailing = failure !== null && stream === null && connecting === null;
    return {
      state:
        stream !== null
          ? "open"
          : connecting !== null
            ? "connecting"
            : isFailing
              ? "failing"
              : "idle",
      since,
      lastError: failure?.finding ?? null,
      attempts: stream === null ? attempts : 0,
      nextAttemptAt: isFailing
        ? new Date(deps.now().getTime() + Math.max(0, nextAttempt - performance.now()))
        : null,
      queuedStanzas: queue.length,
      queuedBytes,
    };
  }

  function send(stanza: XmlElement, xml: string): "sent" | "full" {
    if (stream !== null && queue.length === 0) {
      const outcome = stream.send(stanza, xml);
      if (outcome === "too_large") {
        deps.onBounce(stanza, bounceOf[outcome], null);
        return "sent";
      }
      if (outcome !== "down") return outcome;
    }
    if (
      connecting === null &&
      stream === null &&
      failure !== null &&
      performance.now() < nextAttempt
    ) {
      const { condition, finding } = failure;
      deps.onBounce(stanza, condition, finding);
      return "sent";
    }
    if (queue.length >= limits.maxQueuedStanzas || queuedBytes + xml.length > limits.maxQueuedBytes)
      return "full";
    if (inAll.queuedBytes + xml.length > limits.maxQueuedBytesInAll) return "full";
    queue.push({ stanza: headOf(stanza), xml });
    queuedBytes += xml.length;
    inAll.queuedBytes += xml.length;
    if (connecting === null && stream === null) void connect();
    return "sent";
  }

  async function connect(): Promise<void> {
    const controller = new AbortController();
    connecting = controller;
    isWanted = false;
    since = deps.now();
    tell();
    const outcome = await deps.connect(controller.signal);
    connecting = null;
    since = deps.now();
    if (isStopped) {
      if ("send" in outcome) outcome.close();
      return bounceAll("remote-server-timeout", null);
    }
    if ("send" in outcome) return take(outcome);
    backOff(outcome);
    tell();
  }

  function backOff(why: RouteFailure): void {
    attempts++;
    failure = why;
    const delay = Math.min(
      limits.maxDelayMs,
      limits.firstDelayMs * 2 ** Math.min(attempts - 1, 20),
    );
    nextAttempt = performance.now() + delay * (0.5 + deps.random() / 2);
    bounceAll(why.condition, why.finding);
  }

  function take(opened: OutgoingStream): void {
    stream = opened;
    openedAt = performance.now();
    since = deps.now();
    failure = null;
    nextAttempt = 0;
    tell();
    drain();
    if (leavers.length > 0) opened.close();
  }

  function takeQueue(): Queued[] {
    const waiting = queue;
    inAll.queuedBytes -= queuedBytes;
    queue = [];
    queuedBytes = 0;
    return waiting;
  }

  /** What waited goes first; what the socket cannot take yet is bounced as any overflow is. */
  function drain(): void {
    for (const { stanza, xml } of takeQueue()) {
      const outcome = stream?.send(stanza, xml) ?? "down";
      if (outcome !== "sent") deps.onBounce(stanza, bounceOf[outcome], null);
    }
  }

  function bounceAll(condition: BounceCondition, finding: Finding | null): void {
    for (const { stanza } of takeQueue()) deps.onBounce(stanza, condition, finding);
  }

  return {
    ...pair,
    send,
    status,
    stream: () => stream,
    isBusy: () => stream !== null || queue.length > 0,
    adopt(opened) {
      if (stream !== null || connecting !== null || isStopped) return false;
      take(opened);
      return true;
    },
    hurry() {
      nextAttempt = 0;
    },
    reconnect() {
      nextAttempt = 0;
      // Whoever asks for it knows something: the waits begin anew, should it fail once more.
      attempts = 0;
      if (stream !== null) {
        isWanted = true;
        stream.close();
      } else if (connecting === null && !isStopped) void connect();
    },
    leave() {
      if (stream === null && connecting === null && queue.length === 0) return null;
      const left = new Promise<void>((resolve) => leavers.push(resolve));
      stream?.close();
      return left;
    },
    ended(gone, end) {
      for (const stanza of end.undelivered)
        deps.onBounce(stanza, "remote-server-timeout", end.reason);
      if (end.unproven > 0 && end.reason !== null) deps.onUnproven(end.unproven);
      if (stream !== gone) return;
      stream = null;
      since = deps.now();
      // A login alone shows nothing: the peer may take each and end each stream with an error.
      const wasGood = end.hasProved || performance.now() - openedAt >= limits.steadyMs;
      if (wasGood) attempts = 0;
      if (end.reason !== null) {
        failure = { condition: "remote-server-timeout", finding: end.reason };
        if (!wasGood && !isWanted) backOff(failure);
      }
      tell();
      if ((queue.length > 0 || isWanted) && !isStopped) void connect();
    },
    stop() {
      isStopped = true;
      connecting?.abort();
      stream?.close();
      if (connecting === null) bounceAll("remote-server-timeout", null);
    },
    isForgettable: (now) =>
      stream === null &&
      connecting === null &&
      queue.length === 0 &&
      now > nextAttempt + limits.idleMs,
  };
}
