import type { XmlElement } from "./element.ts";
import { dialbackPrefix } from "./dialback.ts";
import { formatHeader } from "./header.ts";
import { ns } from "./namespaces.ts";
import type {
  ReceivingEffect,
  ReceivingFailure,
  ReceivingInput,
  ReceivingState,
  ReceivingStep,
} from "./receiving-state.ts";
import { serialize } from "./serialize.ts";
import { buildStreamError, parseStreamError, type StreamErrorCondition } from "./stream-error.ts";
import { buildAck } from "./stream-management.ts";

/** One cell of the table of `receiving-stream.ts`. */
export type Handler = (state: ReceivingState, input: ReceivingInput, now: number) => ReceivingStep;

export const stay: Handler = (state) => ({ state, effects: [] });

/** An element on this stream as text. */
export function write(element: XmlElement): string {
  return serialize(element, {
    contentNamespace: ns.server,
    prefixes: dialbackPrefix,
  });
}

/** RFC 6120 §4.7: our header, answering the peer's. */
export function formatResponseHeader(
  state: ReceivingState,
  answer: { readonly from: string; readonly streamId: string },
): string {
  const { header } = state;
  const version = agreedVersion(header?.version ?? null);
  return formatHeader({
    contentNamespace: ns.server,
    prefixes: { db: ns.dialback },
    from: answer.from,
    to: state.names.from === null ? null : (header?.from ?? state.names.from),
    id: answer.streamId,
    // A header that was never read says nothing of versions.
    version: header === null ? "1.0" : version.text,
  });
}

/** RFC 6120 §4.7.5: the lower of both, by number; a version that is absent is before 1.0 and stays so. */
export function agreedVersion(version: string | null): {
  readonly isModern: boolean;
  readonly isIllFormed: boolean;
  readonly text: string | null;
} {
  if (version === null) return { isModern: false, isIllFormed: false, text: null };
  const match = /^(\d{1,9})\.(\d{1,9})$/.exec(version);
  if (match === null) return { isModern: false, isIllFormed: true, text: "1.0" };
  const [major, minor] = [Number(match[1]), Number(match[2])];
  if (major >= 1) return { isModern: true, isIllFormed: false, text: "1.0" };
  return { isModern: false, isIllFormed: false, text: `${major}.${minor}` };
}

export function protocolError(
  state: ReceivingState,
  condition: StreamErrorCondition,
  now: number,
  reason: string = condition,
): ReceivingStep {
  return fail(state, { code: "stream.protocol", condition, reason }, now, { condition });
}

interface Words {
  readonly condition: StreamErrorCondition;
  readonly text?: string;
  readonly application?: XmlElement;
  /** Our name, for a header that is still to be sent. */
  readonly from?: string;
}

/** RFC 6120 §4.9.1.1: an error is fatal; ours is sent, if there is a stream to send it on. */
export function fail(
  state: ReceivingState,
  failure: ReceivingFailure,
  now: number,
  words?: Words,
): ReceivingStep {
  const effects: ReceivingEffect[] = [{ kind: "failed", failure }];
  // During the TLS handshake the bytes are not ours to write (RFC 6120 §5.4.3.2).
  if (state.phase === "idle" || state.phase === "tls")
    return { state: finished(state), effects: [...effects, { kind: "disconnect" }] };
  effects.push({ kind: "send", xml: farewell(state, words) });
  if (failure.code === "stream.not_xmpp" || failure.code === "stream.timeout")
    return { state: finished(state), effects: [...effects, { kind: "disconnect" }] };
  return { state: closing(state, now, false), effects };
}

/** The last that we say: what is missing of a header, acknowledgement, error, closing tag. */
function farewell(state: ReceivingState, words?: Words): string {
  const isOpen = state.phase !== "header" && state.phase !== "greeting";
  // RFC 6120 §4.9.1.2: an error about the header comes on a stream of ours.
  const header = isOpen
    ? ""
    : formatResponseHeader(state, {
        from: words?.from ?? state.terms?.from ?? "",
        streamId: state.options.errorStreamId,
      });
  // XEP-0198 §4: before the end, what was taken is acknowledged, or the peer would bounce it.
  const ack = isOpen && state.management !== null ? write(buildAck(state.management)) : "";
  const error =
    words === undefined
      ? ""
      : write(buildStreamError(words.condition, words.text, words.application));
  return `${header}${ack}${error}</stream:stream>`;
}

/** The host's refusal of what the header asks for (RFC 6120 §4.9.3.6). */
export function refuse(state: ReceivingState, input: ReceivingInput, now: number): ReceivingStep {
  if (input.kind !== "refused") return { state, effects: [] };
  const { condition, text, from } = input;
  return {
    state: closing(state, now, false),
    effects: [
      {
        kind: "send",
        xml: farewell(state, {
          condition,
          from: from ?? "",
          ...(text === null ? {} : { text }),
        }),
      },
    ],
  };
}

/** Before the stream is open there is nobody to say good-bye to. */
export function hangUp(state: ReceivingState): ReceivingStep {
  return { state: finished(state), effects: [{ kind: "disconnect" }] };
}

export function beginClosing(
  state: ReceivingState,
  input: ReceivingInput,
  now: number,
): ReceivingStep {
  if (input.kind !== "close") return { state, effects: [] };
  const { condition, text } = input;
  const words =
    condition === undefined ? undefined : { condition, ...(text === undefined ? {} : { text }) };
  // A managed peer bounces what it has no acknowledgement for, and we can give none any more.
  const isDraining =
    state.phase === "ready" && condition === undefined && state.management === null;
  return {
    state: closing(state, now, isDraining),
    effects: [{ kind: "send", xml: farewell(state, words) }],
  };
}

export function receiveClose(state: ReceivingState): ReceivingStep {
  return {
    state: finished(state),
    effects: [{ kind: "send", xml: farewell(state) }, { kind: "disconnect" }],
  };
}

export function receiveStreamError(
  state: ReceivingState,
  input: ReceivingInput,
  now: number,
): ReceivingStep {
  if (input.kind !== "received" || input.event.kind !== "element") return { state, effects: [] };
  const { condition, text } = parseStreamError(input.event.element);
  return fail(state, { code: "stream.policy", condition, text }, now);
}

export function receiveUnreadable(
  state: ReceivingState,
  input: ReceivingInput,
  now: number,
): ReceivingStep {
  if (input.kind !== "received" || input.event.kind !== "failed") return { state, effects: [] };
  const { condition, reason, beforeHeader } = input.event;
  if (beforeHeader && !state.isSaslDone)
    return fail(state, { code: "stream.not_xmpp", reason }, now, { condition });
  return protocolError(state, condition, now, reason);
}

export function giveUp(state: ReceivingState, _input: ReceivingInput, now: number): ReceivingStep {
  if (state.deadline === null || now < state.deadline) return { state, effects: [] };
  const failure = { code: "stream.timeout", phase: state.phase } as const;
  return fail(state, failure, now, { condition: "connection-timeout" });
}

export function loseConnection(state: ReceivingState): ReceivingStep {
  const effects: ReceivingEffect[] =
    state.phase === "ready"
      ? []
      : [{ kind: "failed", failure: { code: "stream.closed", phase: state.phase } }];
  return { state: finished(state), effects };
}

/** The closing phase is over, whatever the reason. */
export function end(state: ReceivingState): ReceivingStep {
  return { state: finished(state), effects: [{ kind: "disconnect" }] };
}

function closing(state: ReceivingState, now: number, isDraining: boolean): ReceivingState {
  const deadline = now + state.options.closeMs;
  return { ...state, phase: "closing", deadline, held: [], pending: [], checks: [], isDraining };
}

function finished(state: ReceivingState): ReceivingState {
  return { ...state, phase: "closed", deadline: null, held: [], pending: [], checks: [] };
}
