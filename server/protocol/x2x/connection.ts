import type { Primitives } from "../primitives.ts";
import {
  isStreamError,
  parseStreamError,
  buildStreamError,
  type StreamErrorCondition,
} from "../xmpp/stream-error.ts";
import type { XmlElement } from "../xmpp/element.ts";
import { ns } from "../xmpp/namespaces.ts";
import { serialize } from "../xmpp/serialize.ts";
import { buildErrorReply, stanzaKind } from "../xmpp/stanza.ts";
import type { StanzaErrorCondition } from "../xmpp/stanza-error.ts";
import { canonicalDomain, domainOf } from "../xmpp/stanza-admission.ts";
import type { DeflateFault } from "./compression.ts";
import type { RefusalReason } from "../xmpp/reader.ts";
import type { Foreign, X2xEvent } from "./reader.ts";

/*
 * One X2X connection (XEP-0361 §4), from its first byte, which may be a stanza's, to its end.
 *
 * How to drive it: keep the state of `newConnection`; give each event of the reader, and what else happens, to `handle`; keep
 * the state that comes back and perform the effects in order. While `deadline` is set, give `timeout` when it is due.
 *   send          goes out on this connection
 *   stanza        of the peer, within the agreement
 *   refused       one that was too large, too deep, or of names that others refuse; nothing was answered yet
 *   bounced       one outside the agreement: `answer` goes wherever our stanzas go
 *   failed        why the connection ends, if not in order
 *   noted         the peer is set up otherwise, and the connection goes on
 *   disconnect    `fin`: no more to say; `wait`: the accepting side ends TCP first; `reset`: at once
 */

export interface ConnectionOptions {
  /** Whether we opened it. */
  readonly role: "opener" | "accepter";
  /** Canonical names of either side. */
  readonly local: ReadonlySet<string>;
  readonly remote: ReadonlySet<string>;
  /** XEP-0361 §4.1 from version 0.1 on: a closing tag is exchanged. */
  readonly hasClosingTag: boolean;
  readonly onInvalid: "close" | "bounce";
  /** It was agreed that each side sends on its own connections only, and this one is ours. */
  readonly isOursAlone: boolean;
  /** Time for the other side's end, and how long it may be in all while bytes move. */
  readonly closeMs: number;
  readonly maxCloseMs: number;
  readonly primitives: Primitives;
}

export interface ConnectionState {
  readonly phase: "open" | "closing" | "closed";
  readonly options: ConnectionOptions;
  /** We have said that no more will come; the peer has. */
  readonly isEnded: boolean;
  readonly isPeerEnded: boolean;
  /** It has failed: nothing more is taken of it (RFC 6120 §4.9.1.1). */
  readonly hasFailed: boolean;
  readonly deadline: number | null;
  /** The deadline is never later; null: it is not closing. */
  readonly lastDeadline: number | null;
}

export type ConnectionInput =
  | { readonly kind: "received"; readonly event: X2xEvent }
  /** In order; with a condition with that error, and nothing more is taken of the peer. */
  | { readonly kind: "close"; readonly condition?: StreamErrorCondition }
  /** `until`: what is under way may still need so long, as `now` counts. */
  | { readonly kind: "timeout"; readonly until: number }
  /** TCP or TLS has ended, whoever ended it; `isInOrder`: the peer has said so, as TCP does. */
  | { readonly kind: "disconnected"; readonly isInOrder: boolean };

export type ConnectionEffect =
  | { readonly kind: "send"; readonly xml: string }
  | { readonly kind: "stanza"; readonly element: XmlElement; readonly sizeBytes: number }
  | {
      readonly kind: "refused";
      readonly head: XmlElement;
      readonly reason: RefusalReason;
      readonly sizeBytes: number;
    }
  | { readonly kind: "bounced"; readonly answer: XmlElement | null; readonly fault: StanzaFault }
  | { readonly kind: "failed"; readonly failure: ConnectionFailure }
  | { readonly kind: "noted"; readonly note: ConnectionNote }
  | { readonly kind: "disconnect"; readonly how: "fin" | "wait" | "reset" };

export interface StanzaFault {
  readonly condition: "invalid-from" | "host-unknown" | "improper-addressing";
  /** The domain that is not in the agreement; null when there is no valid one. */
  readonly domain: string | null;
}

export type ConnectionFailure =
  /** It does not begin as agreed: one of both sides is set up otherwise. */
  | { readonly code: "x2x.foreign"; readonly what: Foreign }
  /** A stanza outside the agreement (XEP-0361 §4.5). */
  | { readonly code: "x2x.not_agreed"; readonly fault: StanzaFault }
  /** STARTTLS, SASL, dialback, features: the peer negotiates where nothing is to be negotiated. */
  | { readonly code: "x2x.negotiates"; readonly name: string }
  | {
      readonly code: "x2x.unreadable";
      readonly condition: StreamErrorCondition;
      readonly reason: string;
    }
  | {
      readonly code: "x2x.peer_error";
      readonly condition: StreamErrorCondition;
      readonly text: string | null;
    }
  | { readonly code: "x2x.undeflatable"; readonly fault: DeflateFault }
  /** It did not end in time: what the system had not sent yet is gone with it. */
  | { readonly code: "x2x.silent" }
  /** The connection ended in the middle, without a closing tag. */
  | { readonly code: "x2x.lost" };

export type ConnectionNote =
  /** A closing tag, which the agreed version does not know. */
  | { readonly code: "x2x.version" }
  /** A stanza on a connection that is ours alone; it is taken all the same. */
  | { readonly code: "x2x.shared_there" }
  /** A stanza beyond the agreed size, that of a `refused`. */
  | { readonly code: "x2x.too_large"; readonly sizeBytes: number };

export interface ConnectionStep {
  readonly state: ConnectionState;
  readonly effects: readonly ConnectionEffect[];
}

export function newConnection(options: ConnectionOptions): ConnectionState {
  return {
    phase: "open",
    options,
    isEnded: false,
    isPeerEnded: false,
    hasFailed: false,
    deadline: null,
    lastDeadline: null,
  };
}

export function handle(
  state: ConnectionState,
  input: ConnectionInput,
  now: number,
): ConnectionStep {
  if (state.phase === "closed") return { state, effects: [] };
  switch (input.kind) {
    case "received":
      return state.hasFailed ? { state, effects: [] } : receive(state, input.event, now);
    case "close":
      if (input.condition === undefined)
        return state.isEnded ? { state, effects: [] } : close(state, now);
      return state.isEnded ? cutShort(state) : endWith(state, input.condition, now);
    case "timeout":
      return expire(state, input.until, now);
    case "disconnected":
      return lose(state, input.isInOrder);
  }
}

function receive(state: ConnectionState, event: X2xEvent, now: number): ConnectionStep {
  switch (event.kind) {
    case "element":
      return receiveElement(state, event.element, event.sizeBytes, now);
    case "refused": {
      const { head, reason, sizeBytes } = event;
      const fault = stanzaKind(head) === null ? null : faultOf(head, state.options);
      if (fault !== null) return refuseStanza(state, head, fault, now);
      const effects: ConnectionEffect[] = [{ kind: "refused", head, reason, sizeBytes }];
      if (reason === "size")
        effects.push({ kind: "noted", note: { code: "x2x.too_large", sizeBytes } });
      return { state, effects };
    }
    case "closed":
      return endOfPeer(state, now);
    case "foreign":
      return meetStranger(state, event.what, now);
    case "undeflatable":
      return failToInflate(state, event.fault, now);
    case "failed": {
      const { condition, reason } = event;
      return fail(state, { code: "x2x.unreadable", condition, reason }, condition, now);
    }
  }
}

/** XEP-0138 §3.3 calls what cannot be read `undefined-condition`. What follows a closing tag is nobody's. */
function failToInflate(state: ConnectionState, fault: DeflateFault, now: number): ConnectionStep {
  if (state.isPeerEnded) return { state, effects: [] };
  const isAbuse = fault === "ratio" || fault === "empty";
  const condition = isAbuse ? "policy-violation" : "undefined-condition";
  return fail(state, { code: "x2x.undeflatable", fault }, condition, now);
}

function receiveElement(
  state: ConnectionState,
  element: XmlElement,
  sizeBytes: number,
  now: number,
): ConnectionStep {
  if (isStreamError(element)) {
    const { condition, text } = parseStreamError(element);
    return fail(state, { code: "x2x.peer_error", condition, text }, null, now);
  }
  if (stanzaKind(element) === null) {
    const failure = { code: "x2x.negotiates", name: element.name.slice(0, 100) } as const;
    return fail(state, failure, "unsupported-stanza-type", now);
  }
  const fault = faultOf(element, state.options);
  if (fault !== null) return refuseStanza(state, element, fault, now);
  const effects: ConnectionEffect[] = [{ kind: "stanza", element, sizeBytes }];
  if (state.options.isOursAlone)
    effects.unshift({ kind: "noted", note: { code: "x2x.shared_there" } });
  return { state, effects };
}

/** Not a word to most: what they speak has other words. But in clear, TLS's own client tells that we are not encrypted. */
function meetStranger(state: ConnectionState, what: Foreign, now: number): ConnectionStep {
  const failure = { code: "x2x.foreign", what } as const;
  if (what === "tls" && state.options.role === "accepter")
    return fail(state, failure, "not-well-formed", now);
  return abort(state, failure);
}

/** XEP-0361 §4.5: the domains of both addresses are tried against those of the agreement. */
function faultOf(stanza: XmlElement, options: ConnectionOptions): StanzaFault | null {
  const { local, remote, primitives } = options;
  const { from: sender = "", to: recipient = "" } = stanza.attributes;
  if (remote.has(domainOf(sender)) && local.has(domainOf(recipient))) return null;
  const from = canonicalDomain(domainOf(sender), primitives);
  const to = canonicalDomain(domainOf(recipient), primitives);
  if (from === null || to === null) return { condition: "improper-addressing", domain: null };
  if (!remote.has(from)) return { condition: "invalid-from", domain: from };
  return local.has(to) ? null : { condition: "host-unknown", domain: to };
}

const answers = {
  "invalid-from": "not-allowed",
  "host-unknown": "item-not-found",
  "improper-addressing": "jid-malformed",
} as const satisfies Record<StanzaFault["condition"], StanzaErrorCondition>;

function refuseStanza(
  state: ConnectionState,
  stanza: XmlElement,
  fault: StanzaFault,
  now: number,
): ConnectionStep {
  if (state.options.onInvalid === "close")
    return fail(state, { code: "x2x.not_agreed", fault }, fault.condition, now);
  const answer = buildErrorReply(stanza, answers[fault.condition]);
  return { state, effects: [{ kind: "bounced", answer, fault }] };
}

function close(state: ConnectionState, now: number): ConnectionStep {
  const { hasClosingTag } = state.options;
  const effects: ConnectionEffect[] = [];
  if (hasClosingTag) effects.push({ kind: "send", xml: "</stream:stream>" });
  const next: ConnectionState = {
    ...state,
    isEnded: true,
    phase: "closing",
    ...deadlines(state, now),
  };
  // Without a closing tag the end of TCP's own stream says it.
  if (!hasClosingTag) effects.push({ kind: "disconnect", how: "fin" });
  return { state: next, effects };
}

/** The peer's closing tag: ours follows if it is not said yet, then the accepting side ends TCP. */
function endOfPeer(state: ConnectionState, now: number): ConnectionStep {
  const { role, hasClosingTag } = state.options;
  const effects: ConnectionEffect[] = [];
  if (!hasClosingTag) effects.push({ kind: "noted", note: { code: "x2x.version" } });
  if (!state.isEnded) effects.push({ kind: "send", xml: "</stream:stream>" });
  // Who ends TCP first keeps the pair of addresses and ports busy for minutes: the opener may need its fixed port again.
  effects.push({ kind: "disconnect", how: role === "accepter" ? "fin" : "wait" });
  return {
    state: {
      ...state,
      phase: "closing",
      isEnded: true,
      isPeerEnded: true,
      ...deadlines(state, now),
    },
    effects,
  };
}

/** Whoever fails gets no more time; a slow line does, while there is something on it. */
function expire(state: ConnectionState, until: number, now: number): ConnectionStep {
  const { deadline, lastDeadline, hasFailed } = state;
  if (deadline === null || now < deadline) return { state, effects: [] };
  const later = Math.min(until, lastDeadline ?? deadline);
  if (later > now && !hasFailed) return { state: { ...state, deadline: later }, effects: [] };
  if (!hasFailed) return abort(state, { code: "x2x.silent" });
  return { state: closed(state), effects: [{ kind: "disconnect", how: "reset" }] };
}

function deadlines(
  { options: { closeMs, maxCloseMs }, lastDeadline }: ConnectionState,
  now: number,
): Pick<ConnectionState, "deadline" | "lastDeadline"> {
  return { deadline: now + closeMs, lastDeadline: lastDeadline ?? now + maxCloseMs };
}

/** Without a closing tag the end of TCP's own stream stands for it; a connection that breaks has none. */
function lose(state: ConnectionState, isInOrder: boolean): ConnectionStep {
  if (state.isPeerEnded || (isInOrder && !state.options.hasClosingTag))
    return { state: closed(state), effects: [] };
  return { state: closed(state), effects: [{ kind: "failed", failure: { code: "x2x.lost" } }] };
}

function fail(
  state: ConnectionState,
  failure: ConnectionFailure,
  condition: StreamErrorCondition | null,
  now: number,
): ConnectionStep {
  const step = endWith(state, condition, now);
  return { ...step, effects: [{ kind: "failed", failure }, ...step.effects] };
}

/** RFC 6120 §4.9.1.1: behind an error there is nothing more, either way. */
function endWith(
  state: ConnectionState,
  condition: StreamErrorCondition | null,
  now: number,
): ConnectionStep {
  const error = condition === null ? "" : errorText(condition);
  const effects: ConnectionEffect[] = [];
  const { role, closeMs } = state.options;
  if (!state.isEnded) effects.push({ kind: "send", xml: `${error}</stream:stream>` });
  // The same end as in order: the accepting side is first, so that the opener's fixed port is free again.
  effects.push({ kind: "disconnect", how: role === "accepter" ? "fin" : "wait" });
  const next = { phase: "closing", isEnded: true, isPeerEnded: true, hasFailed: true } as const;
  return { state: { ...state, ...next, deadline: now + closeMs }, effects };
}

/** No error can follow our closing tag: of whoever is not to be heard any more nothing is waited for. */
function cutShort(state: ConnectionState): ConnectionStep {
  if (state.hasFailed) return { state, effects: [] };
  return { state: closed(state), effects: [{ kind: "disconnect", how: "reset" }] };
}

function abort(state: ConnectionState, failure: ConnectionFailure): ConnectionStep {
  return {
    state: closed(state),
    effects: [
      { kind: "failed", failure },
      { kind: "disconnect", how: "reset" },
    ],
  };
}

function errorText(condition: StreamErrorCondition): string {
  return serialize(buildStreamError(condition), {
    contentNamespace: ns.server,
  });
}

function closed(state: ConnectionState): ConnectionState {
  return { ...state, phase: "closed", isEnded: true, deadline: null };
}
