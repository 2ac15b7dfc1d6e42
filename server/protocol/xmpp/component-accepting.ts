import { formatJid } from "./address.ts";
import type {
  AcceptingEffect,
  AcceptingEvent,
  AcceptingFailure,
  AcceptingInput,
  AcceptingPhase,
  AcceptingState,
  AcceptingStep,
} from "./component-accepting-state.ts";
import { acceptingEvent } from "./component-accepting-state.ts";
import { textOf, type XmlElement } from "./element.ts";
import { formatHeader } from "./header.ts";
import { ns } from "./namespaces.ts";
import { serialize } from "./serialize.ts";
import { isAt } from "./stanza-admission.ts";
import { buildErrorReply } from "./stanza.ts";
import { buildStreamError, parseStreamError, type StreamErrorCondition } from "./stream-error.ts";

/*
 * The accepting side of a component's stream (XEP-0114 §3), from an open socket to its end.
 *
 * How to drive it: as `initiating-stream.ts`. Beside its effects:
 *   greet           whose header came: answer with `greeted` or `refused`
 *   check           the handshake's digest: answer with `checked`, after a comparison in constant time
 *   attached        stanzas for the name may be sent from now on
 *   stanza          of the component, with both addresses, its `from` in canonical form
 *   refused_stanza  was too large; nothing was answered yet
 * Both answers are due before the next `received`. One reader serves the whole stream.
 */

export function handleAccepting(
  state: AcceptingState,
  input: AcceptingInput,
  now: number,
): AcceptingStep {
  const cell = acceptingTable[state.phase][acceptingEvent(input)];
  if (cell === undefined) return breach(state, "unsupported-stanza-type");
  return cell(state, input, now);
}

type Handler = (state: AcceptingState, input: AcceptingInput, now: number) => AcceptingStep;

const stay: Handler = (state) => ({ state, effects: [] });

/** RFC 6120 §4.3.5: nothing is processed before the handshake. */
const tooEarly: Handler = (state) => breach(state, "not-authorized");

/** What every phase of an open connection does alike. */
const always = {
  stream_error: receiveStreamError,
  stream_closed: receiveClose,
  unreadable: receiveUnreadable,
  close: beginClosing,
  timeout: giveUp,
  disconnected: loseConnection,
} satisfies Partial<Record<AcceptingEvent, Handler>>;
const beforeHandshake = { stanza: tooEarly, oversize: tooEarly, other_element: tooEarly };

/** A missing cell is a protocol error of the component: the stream is closed. */
export const acceptingTable = {
  idle: {
    connected: (state, _input, now) => ({
      state: { ...state, phase: "header", deadline: now + state.options.negotiationMs },
      effects: [],
    }),
    close: (state) => end(state),
    disconnected: loseConnection,
  },
  header: { ...always, opened: receiveHeader },
  greeting: { ...always, greeted: openStream, refused: refuseHeader },
  handshake: { ...always, ...beforeHandshake, handshake: receiveHandshake },
  checking: { ...always, checked: attach },
  attached: {
    ...always,
    stanza: receiveStanza,
    oversize: (state, input) => ({
      state,
      effects:
        input.kind === "received" && input.event.kind === "refused"
          ? [
              {
                kind: "refused_stanza",
                head: input.event.head,
                sizeBytes: input.event.sizeBytes,
              },
            ]
          : [],
    }),
    // RFC 6120 §4.8.4: what is no stanza is not routed.
    other_element: stay,
    handshake: stay,
  },
  closing: {
    // RFC 6120 §4.4: we no longer send, but what is under way is not an error.
    opened: stay,
    handshake: stay,
    stanza: drainStanza,
    oversize: stay,
    other_element: stay,
    stream_error: stay,
    unreadable: (state) => end(state),
    stream_closed: (state) => end(state),
    close: stay,
    timeout: (state, _input, now) => (isDue(state, now) ? end(state) : stay(state, _input, now)),
    disconnected: (state) => end(state),
  },
  closed: {
    connected: stay,
    opened: stay,
    handshake: stay,
    stanza: stay,
    oversize: stay,
    other_element: stay,
    stream_error: stay,
    unreadable: stay,
    stream_closed: stay,
    greeted: stay,
    refused: stay,
    checked: stay,
    close: stay,
    timeout: stay,
    disconnected: stay,
  },
} satisfies Record<AcceptingPhase, Partial<Record<AcceptingEvent, Handler>>> as Record<
  AcceptingPhase,
  Partial<Record<AcceptingEvent, Handler>>
>;

function receiveHeader(state: AcceptingState, input: AcceptingInput): AcceptingStep {
  if (input.kind !== "received" || input.event.kind !== "opened") return { state, effects: [] };
  return {
    state: { ...state, phase: "greeting" },
    effects: [{ kind: "greet", header: input.event.header }],
  };
}

function openStream(state: AcceptingState, input: AcceptingInput): AcceptingStep {
  if (input.kind !== "greeted") return { state, effects: [] };
  const { name, streamId } = input;
  return {
    state: { ...state, phase: "handshake", name, isOpen: true },
    effects: [{ kind: "send", xml: header(name, streamId) }],
  };
}

/** XEP-0114 §3, RFC 6120 §4.9.1.2: our header, the error and the end, in one. */
function refuseHeader(state: AcceptingState, input: AcceptingInput): AcceptingStep {
  if (input.kind !== "refused") return { state, effects: [] };
  const { condition, name, streamId } = input;
  const effects: AcceptingEffect[] = [{ kind: "send", xml: header(name ?? "", streamId) }];
  const step = fail({ ...state, isOpen: true }, { code: "refused", condition }, condition);
  return { state: step.state, effects: [...effects, ...step.effects] };
}

function receiveHandshake(state: AcceptingState, input: AcceptingInput): AcceptingStep {
  if (input.kind !== "received" || input.event.kind !== "element") return { state, effects: [] };
  return {
    state: { ...state, phase: "checking" },
    effects: [{ kind: "check", digest: textOf(input.event.element) }],
  };
}

function attach(state: AcceptingState, input: AcceptingInput): AcceptingStep {
  if (input.kind !== "checked" || state.name === null) return { state, effects: [] };
  if (!input.isRight) return fail(state, { code: "wrong_secret" }, "not-authorized");
  return {
    state: { ...state, phase: "attached", deadline: null },
    effects: [
      { kind: "send", xml: "<handshake/>" },
      { kind: "attached", name: state.name },
    ],
  };
}

function receiveStanza(state: AcceptingState, input: AcceptingInput): AcceptingStep {
  if (input.kind !== "received" || input.event.kind !== "element") return { state, effects: [] };
  const { element: stanza, sizeBytes } = input.event;
  const { from, to } = stanza.attributes;
  if (from === undefined || to === undefined) return { state, effects: refuseUnaddressed(stanza) };
  const sender = state.options.parse(from);
  if (sender === null || sender.domain !== state.name)
    return fail(state, { code: "invalid_from", from: from.slice(0, 255) }, "invalid-from");
  const isCanonical = isAt(state.name, from);
  const element = isCanonical
    ? stanza
    : { ...stanza, attributes: { ...stanza.attributes, from: formatJid(sender) } };
  return { state, effects: [{ kind: "stanza", element, sizeBytes }] };
}

/** After our closing tag: what the component had under way is taken, but nothing of it is answered. */
function drainStanza(state: AcceptingState, input: AcceptingInput): AcceptingStep {
  const effects = state.isDraining ? receiveStanza(state, input).effects : [];
  return { state, effects: effects.filter(({ kind }) => kind === "stanza") };
}

/**
 * XEP-0114 §3 wants both addresses and does not say what follows without them. One slip of a component must not end
 * the stream of all its users, and there is nothing to guess: the sender is told, as Prosody tells it of `to`.
 */
function refuseUnaddressed(stanza: XmlElement): AcceptingEffect[] {
  const answer = buildErrorReply(stanza, "bad-request", "A stanza needs both 'from' and 'to'.");
  if (answer === null) return [];
  return [{ kind: "send", xml: serialize(answer, { contentNamespace: ns.component }) }];
}

function receiveStreamError(state: AcceptingState, input: AcceptingInput): AcceptingStep {
  if (input.kind !== "received" || input.event.kind !== "element") return { state, effects: [] };
  const { condition, text } = parseStreamError(input.event.element);
  return fail(state, { code: "stream_error", condition, text }, null);
}

function receiveClose(state: AcceptingState): AcceptingStep {
  const effects: AcceptingEffect[] = [];
  if (state.phase !== "attached")
    effects.push({ kind: "failed", failure: { code: "lost", phase: state.phase } });
  effects.push({ kind: "send", xml: footer }, { kind: "disconnect" });
  return { state: finished(state), effects };
}

function receiveUnreadable(state: AcceptingState, input: AcceptingInput): AcceptingStep {
  if (input.kind !== "received" || input.event.kind !== "failed") return { state, effects: [] };
  const { condition, reason } = input.event;
  return fail(state, { code: "unreadable", condition, reason }, condition);
}

function giveUp(state: AcceptingState, _input: AcceptingInput, now: number): AcceptingStep {
  if (!isDue(state, now)) return { state, effects: [] };
  return fail(state, { code: "timeout", phase: state.phase }, "connection-timeout");
}

function loseConnection(state: AcceptingState): AcceptingStep {
  const failure: AcceptingFailure = { code: "lost", phase: state.phase };
  return { state: finished(state), effects: [{ kind: "failed", failure }] };
}

function breach(state: AcceptingState, condition: StreamErrorCondition): AcceptingStep {
  return fail(state, { code: "unreadable", condition, reason: state.phase }, condition);
}

/** RFC 6120 §4.9.1.1: an error ends stream and connection; `condition` null: the error was theirs. */
function fail(
  state: AcceptingState,
  failure: AcceptingFailure,
  condition: StreamErrorCondition | null,
): AcceptingStep {
  return {
    state: finished(state),
    effects: [
      { kind: "failed", failure },
      { kind: "send", xml: farewell(state, condition) },
      { kind: "disconnect" },
    ],
  };
}

function beginClosing(state: AcceptingState, input: AcceptingInput, now: number): AcceptingStep {
  const condition = input.kind === "close" ? input.condition : null;
  const send: AcceptingEffect = { kind: "send", xml: farewell(state, condition) };
  if (condition !== null)
    return { state: finished(state), effects: [send, { kind: "disconnect" }] };
  const deadline = now + state.options.closeMs;
  const isDraining = state.phase === "attached";
  return {
    state: { ...state, phase: "closing", isOpen: true, isDraining, deadline },
    effects: [send],
  };
}

/** RFC 6120 §4.9.1.2: an error in place of our header comes after one nevertheless. */
function farewell(state: AcceptingState, condition: StreamErrorCondition | null): string {
  const opening = state.isOpen ? "" : header("", null);
  const error = condition === null ? "" : serialize(buildStreamError(condition));
  return opening + error + footer;
}

function end(state: AcceptingState): AcceptingStep {
  return { state: finished(state), effects: [{ kind: "disconnect" }] };
}

function finished(state: AcceptingState): AcceptingState {
  return { ...state, phase: "closed", deadline: null };
}

function isDue(state: AcceptingState, now: number): boolean {
  return state.deadline !== null && now >= state.deadline;
}

/** `from` empty: we are no authority for the name that was asked for (RFC 6120 §4.9.1.3). */
function header(from: string, id: string | null): string {
  return formatHeader({ contentNamespace: ns.component, to: null, from, id, version: null });
}

const footer = "</stream:stream>";
