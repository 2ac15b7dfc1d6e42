import type { Socket } from "node:net";
import type { Finding } from "#contract/traces.ts";
import type { Primitives } from "#protocol/primitives.ts";
import type { Domain, Jid } from "#protocol/xmpp/address.ts";
import { handleAccepting } from "#protocol/xmpp/component-accepting.ts";
import {
  type AcceptingEffect,
  type AcceptingInput,
  type AcceptingState,
  acceptingStream,
} from "#protocol/xmpp/component-accepting-state.ts";
import type { XmlElement } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { buildPing } from "#protocol/xmpp/ping.ts";
import { createStreamReader, type ReaderEvent } from "#protocol/xmpp/reader.ts";
import { serialize } from "#protocol/xmpp/serialize.ts";
import { buildErrorReply, buildRequest } from "#protocol/xmpp/stanza.ts";
import type { StreamErrorCondition } from "#protocol/xmpp/stream-error.ts";
import { failureFinding, hostedFinding } from "./findings.ts";
import type { ComponentHostLimits } from "./limits.ts";
import { createStreamPace } from "#links/pace.ts";
import { createOutbox } from "./outbox.ts";

/** One connection of a component, from its first byte. */
export interface Instance {
  readonly id: string;
  /** Where it comes from, as `address:port`, IPv6 in brackets. */
  readonly address: string;
  readonly isEncrypted: boolean;
  readonly view: () => InstanceView;
  /** Takes a stanza for the component, in order. Never throws. */
  readonly send: (xml: string, stanza: XmlElement) => "taken" | "full";
  /** Keepalive, liveness and stall, as of `now` (performance.now). */
  readonly beat: (now: number) => void;
  /** Ends the stream politely, with an error if one is given, within `closeMs`. */
  readonly close: (condition: StreamErrorCondition | null) => void;
  /** Resolves when the connection is gone. */
  readonly ended: Promise<void>;
}

export interface InstanceView {
  readonly id: string;
  readonly address: string;
  readonly isEncrypted: boolean;
  readonly attachedAt: Date | null;
  readonly stanzasIn: number;
  readonly stanzasOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Waiting to be written. */
  readonly queuedStanzas: number;
}

export interface InstanceHandlers {
  /** Whether a component of that name may attach: its secret, or the error of its refusal. */
  readonly admit: (
    to: string | null,
  ) =>
    | { readonly name: Domain; readonly secret: string }
    | { readonly name: Domain | null; readonly condition: StreamErrorCondition };
  readonly onAttached: (name: Domain) => void;
  /** It takes no more stanzas. Called once, if it was attached. */
  readonly onDetached: () => void;
  readonly onFailed: (name: Domain | null, why: Finding) => void;
  readonly onStanza: (stanza: XmlElement, sizeBytes: number) => void;
  readonly onRefused: (head: XmlElement, sizeBytes: number) => void;
  /** Stanzas that `send` took and that the system did not. */
  readonly onLost: (stanzas: readonly XmlElement[]) => void;
  /** A bug in what handles a stanza: the stream lives on. */
  readonly onBug: (error: unknown) => void;
}

export interface InstanceDeps {
  readonly socket: Socket;
  readonly isEncrypted: boolean;
  readonly limits: ComponentHostLimits;
  readonly parse: (address: string) => Jid | null;
  readonly primitives: Pick<Primitives, "sha1Hex" | "isSameSecret">;
  /** Unpredictable and without spaces: for stream ids and pings. */
  readonly newId: () => string;
  readonly now: () => Date;
  readonly handlers: InstanceHandlers;
}

/** Drives one accepted socket by the table of `component-accepting`, to its end. */
export function createInstance(deps: InstanceDeps): Instance {
  const { socket, limits, handlers } = deps;
  const id = deps.newId();
  const ip = socket.remoteAddress ?? "?";
  const address = `${ip.includes(":") ? `[${ip}]` : ip}:${socket.remotePort ?? 0}`;
  const outbox = createOutbox(socket, () => limits.maxQueuedLength, handlers.onLost);
  const reader = createStreamReader({
    contentNamespaces: [ns.component],
    maxElementBytes: limits.maxStanzaBytes,
    maxDepth: limits.maxDepth,
    oversize: limits.ceilingBytes,
  });
  let largest = limits.maxStanzaBytes;
  const pace = createStreamPace(limits);
  /** While it is read no further because it is too fast. */
  let pausing: NodeJS.Timeout | null = null;
  let state: AcceptingState = acceptingStream({
    negotiationMs: limits.negotiationMs,
    closeMs: limits.closeMs,
    parse: deps.parse,
  });
  let timer: NodeJS.Timeout | null = null;
  let secret = "";
  let streamId = "";
  let attachedAt: Date | null = null;
  let isDetached = false;
  let bytesBefore = 0;
  let stanzasIn = 0;
  let stanzasOut = 0;
  /** `performance.now()` of the last bytes in, and of the first beat that found the same number of bytes out. */
  let lastInput = performance.now();
  let lastOutput = lastInput;
  let bytesOut = 0;
  /** Ids of our own liveness pings begin so; no answer to one is anybody else's business. */
  const alive = `alive-${deps.newId()}-`;
  let pings = 0;
  let isPinging = false;
  let answersPings = false;
  let resolveEnded: () => void = () => {};
  const ended = new Promise<void>((resolve) => (resolveEnded = resolve));

  function input(next: AcceptingInput, now = performance.now()): void {
    const before = state.deadline;
    const step = handleAccepting(state, next, now);
    state = step.state;
    for (const effect of step.effects) carryOut(effect);
    // Of what is closed the timer is that of `expireIn`.
    if (state.deadline !== before && state.phase !== "closed") armTimer();
    if (attachedAt !== null && !isDetached && state.phase !== "attached") {
      isDetached = true;
      handlers.onDetached();
    }
  }

  function carryOut(effect: AcceptingEffect): void {
    switch (effect.kind) {
      case "send":
        return answer(effect.xml);
      case "greet":
        return greet(effect.header.to);
      case "check":
        return input({ kind: "checked", isRight: isRightDigest(effect.digest) });
      case "attached":
        attachedAt = deps.now();
        return handlers.onAttached(effect.name);
      case "stanza":
        return receive(effect.element, effect.sizeBytes);
      case "refused_stanza":
        return refuse(effect.head, effect.sizeBytes);
      case "failed":
        return handlers.onFailed(state.name, describe(effect.failure));
      case "disconnect":
        outbox.end();
        expireIn(limits.closeMs);
    }
  }

  /** RFC 6120 §13.12: who asks and does not read the answers does not have them kept without end. */
  function answer(xml: string): void {
    outbox.push(xml, null);
    if (state.phase !== "attached" || outbox.queued().length <= limits.maxQueuedLength * 2) return;
    giveUp("hosted.stalled", performance.now() - (outbox.stalledSince() ?? performance.now()));
  }

  function greet(to: string | null): void {
    streamId = deps.newId();
    const admitted = handlers.admit(to);
    if ("condition" in admitted) return input({ kind: "refused", ...admitted, streamId });
    secret = admitted.secret;
    input({ kind: "greeted", name: admitted.name, streamId });
  }

  /** XEP-0114 §3: lower-case hexadecimal SHA-1 over id and secret; how long it takes says nothing of where it differs. */
  function isRightDigest(digest: string): boolean {
    const expected = deps.primitives.sha1Hex(streamId + secret);
    secret = "";
    return deps.primitives.isSameSecret(digest, expected);
  }

  function receive(stanza: XmlElement, sizeBytes: number): void {
    stanzasIn++;
    slowDown(sizeBytes);
    if (pings > 0 && stanza.attributes["id"]?.startsWith(alive) === true) {
      answersPings = true;
      return;
    }
    guarded(() => handlers.onStanza(stanza, sizeBytes));
  }

  /** RFC 6120 §13.12: who sends faster than it may is read slower; TCP tells it so, and nothing is lost. */
  function slowDown(sizeBytes: number): void {
    const waitMs = pace(sizeBytes, lastInput);
    if (waitMs === 0) return;
    if (pausing !== null) clearTimeout(pausing);
    socket.pause();
    pausing = setTimeout(() => {
      pausing = null;
      socket.resume();
    }, waitMs);
  }

  /** RFC 6120 §13.12: one stanza that is too large does not end the stream of all. */
  function refuse(head: XmlElement, sizeBytes: number): void {
    slowDown(sizeBytes);
    const reply = buildErrorReply(head, "policy-violation");
    if (reply !== null) answer(serialize(reply, { contentNamespace: ns.component }));
    guarded(() => handlers.onRefused(head, sizeBytes));
  }

  function guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      handlers.onBug(error);
    }
  }

  function describe(failure: Parameters<typeof failureFinding>[0]): Finding {
    return failureFinding(failure, {
      name: state.name ?? "",
      address,
      seconds: Math.ceil(limits.negotiationMs / 1000),
      limit: limits.maxInstancesPerName,
    });
  }

  function armTimer(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const { deadline } = state;
    if (deadline === null) return;
    const inMs = Math.max(0, deadline - performance.now());
    // A timer may come a little early; it is for this deadline all the same.
    timer = setTimeout(
      () => input({ kind: "timeout" }, Math.max(deadline, performance.now())),
      inMs,
    );
  }

  /** The last words were said: whoever does not take them has had its time. */
  function expireIn(ms: number): void {
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(() => outbox.destroy(), ms);
  }

  function read(bytes: Buffer): void {
    lastInput = performance.now();
    if (state.phase === "closed") return;
    if (attachedAt !== null) return feed(bytes);
    const first = bytes.subarray(0, limits.maxHandshakeBytes - bytesBefore);
    bytesBefore += first.length;
    feed(first);
    if (first.length === bytes.length) return;
    // By now it has shaken hands, or has said enough.
    if (attachedAt !== null) return feed(bytes.subarray(first.length));
    received({
      kind: "failed",
      condition: "policy-violation",
      reason: "size",
      beforeHeader: false,
    });
  }

  function feed(bytes: Buffer): void {
    if (largest !== limits.maxStanzaBytes) {
      largest = limits.maxStanzaBytes;
      reader.raiseLimit(largest, limits.ceilingBytes);
    }
    for (const event of reader.write(bytes)) received(event);
  }

  function received(event: ReaderEvent): void {
    input({ kind: "received", event }, lastInput);
  }

  function beat(now: number): void {
    if (state.phase !== "attached") return;
    const standing = outbox.stalledSince();
    if (standing !== null && now - standing >= limits.stallMs)
      return giveUp("hosted.stalled", now - standing);
    // Nobody is silent because we do not listen.
    if (pausing !== null) lastInput = now;
    const silentMs = now - lastInput;
    if (silentMs < limits.idleMs) isPinging = false;
    else if (!isPinging) askForLife();
    // Not all components answer pings: silence tells something only of those that have done so.
    else if (answersPings && silentMs >= limits.idleMs + limits.pingMs)
      return giveUp("hosted.silent", silentMs);
    if (socket.bytesWritten !== bytesOut) {
      bytesOut = socket.bytesWritten;
      lastOutput = now;
    }
    if (now - lastOutput >= limits.keepaliveMs && standing === null) outbox.push(" ", null);
  }

  /** To the component, in its own name: the only address that it must know. */
  function askForLife(): void {
    isPinging = true;
    const name = state.name ?? "";
    const request = buildRequest("get", { from: name, to: name, id: alive + pings++ }, buildPing());
    outbox.push(serialize(request, { contentNamespace: ns.component }), null);
  }

  function giveUp(code: "hosted.silent" | "hosted.stalled", ms: number): void {
    handlers.onFailed(state.name, hostedFinding(code, { address, seconds: Math.round(ms / 1000) }));
    input({ kind: "close", condition: "connection-timeout" });
    outbox.destroy();
  }

  socket.on("data", read);
  socket.on("error", () => {});
  socket.on("end", () => {
    input({ kind: "disconnected" });
    expireIn(limits.closeMs);
  });
  socket.on("close", () => {
    input({ kind: "disconnected" });
    outbox.destroy();
    if (timer !== null) clearTimeout(timer);
    if (pausing !== null) clearTimeout(pausing);
    resolveEnded();
  });
  input({ kind: "connected" });

  return {
    id,
    address,
    isEncrypted: deps.isEncrypted,
    ended,
    beat,
    send(xml, stanza) {
      const outcome = outbox.push(xml, stanza);
      if (outcome === "taken") stanzasOut++;
      return outcome;
    },
    close: (condition) => input({ kind: "close", condition }),
    view: () => ({
      id,
      address,
      isEncrypted: deps.isEncrypted,
      attachedAt,
      stanzasIn,
      stanzasOut,
      bytesIn: socket.bytesRead,
      bytesOut: socket.bytesWritten,
      queuedStanzas: outbox.queued().stanzas,
    }),
  };
}
