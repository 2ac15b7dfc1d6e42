import {
  beginClosing,
  end,
  giveUp,
  type Handler,
  hangUp,
  loseConnection,
  protocolError,
  receiveClose,
  receiveStreamError,
  receiveUnreadable,
  refuse,
  stay,
} from "./receiving-close.ts";
import {
  awaitHeader,
  becomeSecured,
  hold,
  receiveHeader,
  receiveStartTls,
  refuseTls,
  sendFeatures,
} from "./receiving-handlers.ts";
import {
  ignore,
  ignoreDialbackAnswer,
  receiveAbort,
  receiveAuth,
  receiveResponse,
  receiveResultRequest,
  receiveVerifyRequest,
  reportKeyChecked,
  reportVerified,
} from "./receiving-login.ts";
import {
  receivingEventName,
  type ReceivingEffect,
  type ReceivingEventName,
  type ReceivingInput,
  type ReceivingPhase,
  type ReceivingState,
  type ReceivingStep,
} from "./receiving-state.ts";
import {
  answerAckRequest,
  countSentStanzas,
  drainStanza,
  enableBidi,
  enableManagement,
  receiveAck,
  receiveOversize,
  receiveStanza,
  refuseResumption,
} from "./receiving-traffic.ts";

/*
 * The receiving side of a server-to-server stream (RFC 6120 §4-6, XEP-0178, XEP-0220, XEP-0288,
 * XEP-0198), from an accepted socket to its end.
 *
 * How to drive it. Keep `state`; for every input call `handle(state, input, now)` and carry out the
 * effects in order:
 *   send            write `xml` (UTF-8)
 *   new_reader      forget the reader; give later bytes to a fresh one, with the larger limits when
 *                   `isAuthenticated`. Bytes left unread are dropped.
 *   raise_limits    the same larger limits for the reader that there is (dialback: no restart)
 *   start_tls       stop reading, begin the TLS handshake as its server; then input `secured`
 *   greet           decide what this header is granted: input `greeted` or `refused`, now or later
 *   verify          ask the authoritative server of `from`, never on this connection (XEP-0288 §2.2)
 *                   and not before it is policy to believe the answer: input `verified`
 *   check_key       is that key one of ours, `to` our domain, `from` and `id` those of the stream it
 *                   was sent on? Input `key_checked`
 *   authorized      stanzas of this pair may come; on a bidi stream its inverse may be sent, too
 *   stanza, refused_stanza   of an authorized pair
 *   acknowledged    so many more of the stanzas that were told by `sent` have arrived; 0 proves life
 *   failed          why the stream ends before its time; words of ours follow if any are due
 *   disconnect      end TLS and TCP
 * `connected` comes once (TCP is up; with direct TLS, TLS is), `received` for every reader event,
 * `sent` after stanzas were written, `disconnected` when the socket has ended, `timeout` when
 * `state.deadline` has passed (milliseconds, the clock of `now`; null: no timer).
 */

export function handleReceiving(
  state: ReceivingState,
  input: ReceivingInput,
  now: number,
): ReceivingStep {
  const step = take(state, input, now);
  return input.kind === "greeted" && state.held.length > 0 ? replay(step, state.held, now) : step;
}

function take(state: ReceivingState, input: ReceivingInput, now: number): ReceivingStep {
  if (state.phase === "closed") return { state, effects: [] };
  const cell = receivingTable[state.phase][receivingEventName(input)];
  if (cell !== undefined) return cell(state, input, now);
  return protocolError(state, "unsupported-stanza-type", now);
}

/** What was held while the host was asked, as if it had come just now. */
function replay(greeted: ReceivingStep, held: ReceivingState["held"], now: number): ReceivingStep {
  let state: ReceivingState = { ...greeted.state, held: [] };
  const effects: ReceivingEffect[] = [...greeted.effects];
  for (const event of held) {
    const step = take(state, { kind: "received", event }, now);
    state = step.state;
    effects.push(...step.effects);
  }
  return { state, effects };
}

/** Answers of the host to what has become of no interest. */
const untimely = {
  greeted: stay,
  refused: stay,
  verified: stay,
  key_checked: stay,
  sent: stay,
} satisfies Partial<Record<ReceivingEventName, Handler>>;

/** What every phase of an open stream does alike. */
const always = {
  ...untimely,
  stream_error: receiveStreamError,
  stream_closed: receiveClose,
  unreadable: receiveUnreadable,
  close: beginClosing,
  timeout: giveUp,
  disconnected: loseConnection,
} satisfies Partial<Record<ReceivingEventName, Handler>>;

const tooEarly: Handler = (state, _input, now) => protocolError(state, "not-authorized", now);
const tooBig: Handler = (state, _input, now) => protocolError(state, "policy-violation", now);
const passOver: Handler = (state, input) =>
  input.kind === "received" && input.event.kind === "element"
    ? ignore(state, input.event.element.name, "unknown")
    : { state, effects: [] };

/** A missing cell is a protocol error of the peer: the stream is closed. Closed stays closed. */
export const receivingTable = {
  idle: {
    ...untimely,
    connected: awaitHeader,
    close: hangUp,
    disconnected: loseConnection,
    timeout: giveUp,
  },
  header: { ...always, opened: receiveHeader },
  greeting: {
    ...always,
    greeted: sendFeatures,
    refused: refuse,
    starttls: hold,
    auth: hold,
    response: hold,
    abort: hold,
    result_request: hold,
    verify_request: hold,
    dialback_answer: hold,
    bidi: hold,
    enable: hold,
    resume: hold,
    ack_request: hold,
    ack: hold,
    stanza: hold,
    oversize: hold,
    other_element: hold,
  },
  negotiating: {
    ...always,
    starttls: receiveStartTls,
    auth: receiveAuth,
    // Crossed with our failure.
    abort: stay,
    result_request: receiveResultRequest,
    verify_request: receiveVerifyRequest,
    dialback_answer: ignoreDialbackAnswer,
    verified: reportVerified,
    key_checked: reportKeyChecked,
    bidi: enableBidi,
    enable: enableManagement,
    resume: refuseResumption,
    stanza: tooEarly,
    oversize: tooBig,
  },
  challenged: {
    ...always,
    auth: receiveAuth,
    response: receiveResponse,
    abort: receiveAbort,
    key_checked: reportKeyChecked,
    stanza: tooEarly,
    oversize: tooBig,
  },
  tls: {
    ...untimely,
    secured: becomeSecured,
    close: hangUp,
    timeout: giveUp,
    disconnected: loseConnection,
  },
  ready: {
    ...always,
    starttls: (state, _input, now) => refuseTls(state, now),
    result_request: receiveResultRequest,
    verify_request: receiveVerifyRequest,
    dialback_answer: ignoreDialbackAnswer,
    verified: reportVerified,
    key_checked: reportKeyChecked,
    bidi: enableBidi,
    enable: enableManagement,
    resume: refuseResumption,
    ack_request: answerAckRequest,
    ack: receiveAck,
    sent: countSentStanzas,
    stanza: receiveStanza,
    oversize: receiveOversize,
    // RFC 6120 §4.8.4: not routed.
    other_element: passOver,
  },
  closing: {
    ...always,
    // RFC 6120 §4.4: we no longer send, but what is under way is not an error.
    opened: stay,
    starttls: stay,
    auth: stay,
    response: stay,
    abort: stay,
    result_request: stay,
    verify_request: stay,
    dialback_answer: stay,
    bidi: stay,
    enable: stay,
    resume: stay,
    ack_request: stay,
    ack: receiveAckWhileClosing,
    stanza: drainStanza,
    oversize: stay,
    other_element: stay,
    stream_error: stay,
    unreadable: end,
    stream_closed: end,
    close: stay,
    timeout: (state, _input, now) =>
      state.deadline !== null && now >= state.deadline ? end(state) : { state, effects: [] },
    disconnected: end,
  },
  closed: {},
} satisfies Record<ReceivingPhase, Partial<Record<ReceivingEventName, Handler>>> as Record<
  ReceivingPhase,
  Partial<Record<ReceivingEventName, Handler>>
>;

/** A last acknowledgement counts, too; a wrong one no longer matters. */
function receiveAckWhileClosing(
  state: ReceivingState,
  input: ReceivingInput,
  now: number,
): ReceivingStep {
  const step = receiveAck(state, input, now);
  return step.state.phase === "closing" && !step.effects.some(({ kind }) => kind === "failed")
    ? step
    : { state, effects: [] };
}
