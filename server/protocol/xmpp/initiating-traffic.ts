import { fail, protocolError } from "./initiating-handlers.ts";
import { ignore, write } from "./initiating-login.ts";
import type { InitiatingSession, InitiatingState, Input, Step } from "./initiating-state.ts";
import { admissionFault } from "./stanza-admission.ts";
import { stanzaKind } from "./stanza.ts";
import {
  acknowledge,
  buildAck,
  buildHandledCountTooHigh,
  buildManagement,
  countHandled,
  countSent,
  freshManagement,
  parseAck,
  parseManagementFailed,
} from "./stream-management.ts";

/** XEP-0288 §2.2: the peer may send on our stream when both agreed, for domains that are proven. */
export function receiveStanza(state: InitiatingState, input: Input, now: number): Step {
  if (input.kind !== "received" || input.event.kind !== "element") return { state, effects: [] };
  const { element, sizeBytes } = input.event;
  const { session } = state;
  if (session?.isBidi !== true) return ignore(state, element.name, "not_bidi");
  const fault = admissionFault(element, session.inbound, session.primitives);
  if (fault !== null) return protocolError(state, fault, now);
  return { state: counted(state, session), effects: [{ kind: "stanza", element, sizeBytes }] };
}

export function receiveOversize(state: InitiatingState, input: Input, now: number): Step {
  if (input.kind !== "received" || input.event.kind !== "refused") return { state, effects: [] };
  const { head, reason, sizeBytes } = input.event;
  const { session } = state;
  if (session?.isBidi !== true || stanzaKind(head) === null)
    return ignore(state, head.name, "oversize");
  const fault = admissionFault(head, session.inbound, session.primitives);
  if (fault !== null) return protocolError(state, fault, now);
  return {
    state: counted(state, session),
    effects: [{ kind: "refused_stanza", head, reason, sizeBytes }],
  };
}

/** After our closing tag: what the peer had under way is taken, but nothing of it is answered. */
export function drainStanza(state: InitiatingState, input: Input): Step {
  const { session } = state;
  if (input.kind !== "received" || input.event.kind !== "element") return { state, effects: [] };
  if (session?.isDraining !== true || !session.isBidi) return { state, effects: [] };
  const { element, sizeBytes } = input.event;
  const fault = admissionFault(element, session.inbound, session.primitives);
  return { state, effects: fault === null ? [{ kind: "stanza", element, sizeBytes }] : [] };
}

function counted(state: InitiatingState, session: InitiatingSession): InitiatingState {
  if (!session.isManaged || session.management === null) return state;
  return { ...state, session: { ...session, management: countHandled(session.management) } };
}

/** XEP-0198 §3: what is sent from here on counts, even before the peer has agreed. */
export function enableManagement(state: InitiatingState): Step {
  const { session } = state;
  if (session === null || session.management !== null || !state.features.streamManagement)
    return refuseManagement(state);
  return {
    state: { ...state, session: { ...session, management: freshManagement } },
    effects: [{ kind: "send", xml: write(buildManagement("enable")) }],
  };
}

/** XEP-0198 §3: not before authentication, not twice, not when it is not offered. */
export function refuseManagement(state: InitiatingState): Step {
  return { state, effects: [{ kind: "sm_failed", condition: "unexpected-request" }] };
}

export function becomeManaged(state: InitiatingState): Step {
  const { session } = state;
  if (session === null || session.management === null || session.isManaged)
    return ignore(state, "enabled", "not_asked_for");
  return {
    state: { ...state, session: { ...session, isManaged: true } },
    effects: [{ kind: "sm_enabled" }],
  };
}

export function stayUnmanaged(state: InitiatingState, input: Input): Step {
  const { session } = state;
  if (input.kind !== "received" || input.event.kind !== "element") return { state, effects: [] };
  if (session === null || session.management === null || session.isManaged)
    return ignore(state, "failed", "not_asked_for");
  const condition = parseManagementFailed(input.event.element);
  return {
    state: { ...state, session: { ...session, management: null } },
    effects: [{ kind: "sm_failed", condition }],
  };
}

export function answerAckRequest(state: InitiatingState): Step {
  const { session } = state;
  if (session?.isManaged !== true || session.management === null)
    return ignore(state, "r", "not_managed");
  return { state, effects: [{ kind: "send", xml: write(buildAck(session.management)) }] };
}

export function receiveAck(state: InitiatingState, input: Input, now: number): Step {
  if (input.kind !== "received" || input.event.kind !== "element") return { state, effects: [] };
  const { session } = state;
  if (session?.isManaged !== true || session.management === null)
    return ignore(state, "a", "not_managed");
  const h = parseAck(input.event.element);
  if (h === null) return protocolError(state, "bad-format", now, "ack");
  const outcome = acknowledge(session.management, h);
  if (outcome.kind === "too_high") {
    const condition = "undefined-condition";
    const failure = { code: "stream.protocol", condition, reason: "handled_count" } as const;
    const application = buildHandledCountTooHigh(session.management, h);
    return fail(state, failure, now, condition, application);
  }
  const { counters, count } = outcome;
  return {
    state: { ...state, session: { ...session, management: counters } },
    effects: [{ kind: "acknowledged", count }],
  };
}

/** A last acknowledgement counts, too; a wrong one no longer matters. */
export function receiveAckWhileClosing(state: InitiatingState, input: Input, now: number): Step {
  const step = receiveAck(state, input, now);
  return step.effects.some(({ kind }) => kind === "failed") ? { state, effects: [] } : step;
}

export function countSentStanzas(state: InitiatingState, input: Input): Step {
  const { session } = state;
  if (input.kind !== "sent" || session === null || session.management === null)
    return { state, effects: [] };
  const management = countSent(session.management, input.count);
  return { state: { ...state, session: { ...session, management } }, effects: [] };
}
