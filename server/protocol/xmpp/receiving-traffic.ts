import { protocolError, fail, write } from "./receiving-close.ts";
import { ignore } from "./receiving-login.ts";
import type { ReceivingInput, ReceivingState, ReceivingStep } from "./receiving-state.ts";
import { admissionFault } from "./stanza-admission.ts";
import { stanzaKind } from "./stanza.ts";
import {
  acknowledge,
  buildAck,
  buildHandledCountTooHigh,
  buildManagement,
  buildManagementFailed,
  countHandled,
  countSent,
  freshManagement,
  parseAck,
} from "./stream-management.ts";

/** RFC 6120 §8.1.1.2, §8.1.2.2: only for domains that were proven on this stream. */
export function receiveStanza(
  state: ReceivingState,
  input: ReceivingInput,
  now: number,
): ReceivingStep {
  if (input.kind !== "received" || input.event.kind !== "element") return { state, effects: [] };
  const { element, sizeBytes } = input.event;
  const fault = admissionFault(element, state.authorized, state.options.primitives);
  if (fault !== null) return protocolError(state, fault, now);
  return { state: counted(state), effects: [{ kind: "stanza", element, sizeBytes }] };
}

export function receiveOversize(
  state: ReceivingState,
  input: ReceivingInput,
  now: number,
): ReceivingStep {
  if (input.kind !== "received" || input.event.kind !== "refused") return { state, effects: [] };
  const { head, reason, sizeBytes } = input.event;
  if (stanzaKind(head) === null) return ignore(state, head.name, "oversize");
  const fault = admissionFault(head, state.authorized, state.options.primitives);
  if (fault !== null) return protocolError(state, fault, now);
  return {
    state: counted(state),
    effects: [{ kind: "refused_stanza", head, reason, sizeBytes }],
  };
}

/** After our closing tag: what the peer had under way is taken, but nothing of it is answered. */
export function drainStanza(state: ReceivingState, input: ReceivingInput): ReceivingStep {
  if (!state.isDraining || input.kind !== "received" || input.event.kind !== "element")
    return { state, effects: [] };
  const { element, sizeBytes } = input.event;
  const fault = admissionFault(element, state.authorized, state.options.primitives);
  return { state, effects: fault === null ? [{ kind: "stanza", element, sizeBytes }] : [] };
}

function counted(state: ReceivingState): ReceivingState {
  const { management } = state;
  return management === null ? state : { ...state, management: countHandled(management) };
}

/** XEP-0288 §2.2: after TLS, if there is TLS; and without effect before the peer is authenticated. */
export function enableBidi(state: ReceivingState): ReceivingStep {
  const { terms, isSecured, isBidi } = state;
  if (terms?.bidi !== true || isBidi || (!isSecured && terms.startTls !== "none"))
    return ignore(state, "bidi", "not_offered");
  return { state: { ...state, isBidi: true }, effects: [{ kind: "bidi_enabled" }] };
}

/** XEP-0198 §3: once, and after authentication; streams are not resumed. */
export function enableManagement(state: ReceivingState): ReceivingStep {
  const isFit =
    state.phase === "ready" && state.management === null && state.terms?.streamManagement === true;
  if (!isFit)
    return {
      state,
      effects: [{ kind: "send", xml: write(buildManagementFailed("unexpected-request")) }],
    };
  return {
    state: { ...state, management: freshManagement },
    effects: [{ kind: "send", xml: write(buildManagement("enabled")) }, { kind: "sm_enabled" }],
  };
}

export function refuseResumption(state: ReceivingState): ReceivingStep {
  const condition = state.phase === "ready" ? "item-not-found" : "unexpected-request";
  return { state, effects: [{ kind: "send", xml: write(buildManagementFailed(condition)) }] };
}

export function answerAckRequest(state: ReceivingState): ReceivingStep {
  if (state.management === null) return ignore(state, "r", "not_managed");
  return { state, effects: [{ kind: "send", xml: write(buildAck(state.management)) }] };
}

export function receiveAck(
  state: ReceivingState,
  input: ReceivingInput,
  now: number,
): ReceivingStep {
  if (input.kind !== "received" || input.event.kind !== "element") return { state, effects: [] };
  const { management } = state;
  if (management === null) return ignore(state, "a", "not_managed");
  const h = parseAck(input.event.element);
  if (h === null) return protocolError(state, "bad-format", now, "ack");
  const outcome = acknowledge(management, h);
  if (outcome.kind === "too_high")
    return fail(
      state,
      { code: "stream.protocol", condition: "undefined-condition", reason: "handled_count" },
      now,
      { condition: "undefined-condition", application: buildHandledCountTooHigh(management, h) },
    );
  const { counters, count } = outcome;
  return {
    state: { ...state, management: counters },
    effects: [{ kind: "acknowledged", count }],
  };
}

export function countSentStanzas(state: ReceivingState, input: ReceivingInput): ReceivingStep {
  if (input.kind !== "sent" || state.management === null) return { state, effects: [] };
  return { state: { ...state, management: countSent(state.management, input.count) }, effects: [] };
}
