import {
  beginClosing,
  end,
  fail,
  giveUp,
  type Handler,
  loseConnection,
  protocolError,
  receiveClose,
  receiveFeatures,
  receiveHeader,
  receiveProceed,
  receiveStreamError,
  receiveUnreadable,
  sendHeader,
  stay,
} from "./initiating-handlers.ts";
import {
  abortSasl,
  expireRequests,
  ignore,
  login,
  receiveDialbackAnswer,
  receiveDialbackRequest,
  receiveSaslFailure,
  refuseLogin,
  refuseVerify,
  reportKeyChecked,
  requestVerify,
  restartAfterSasl,
} from "./initiating-login.ts";
import {
  type EventName,
  eventName,
  type InitiatingState,
  type Input,
  type Phase,
  type Step,
} from "./initiating-state.ts";
import {
  answerAckRequest,
  becomeManaged,
  countSentStanzas,
  drainStanza,
  enableManagement,
  receiveAck,
  receiveAckWhileClosing,
  receiveOversize,
  receiveStanza,
  refuseManagement,
  stayUnmanaged,
} from "./initiating-traffic.ts";

/*
 * The initiating side of a server-to-server stream: from an open socket to a stream whose features
 * are known (RFC 6120 §4.3, §5), which is all that a probe wants, and from there through login
 * (XEP-0178, XEP-0220), bidi (XEP-0288) and stream management (XEP-0198) to its end.
 *
 * How to drive it. Keep `state`; for every input call `handle(state, input, now)` and carry out the
 * effects in order:
 *   send        write `xml` (UTF-8)
 *   new_reader  forget the reader; give later bytes to a fresh one, with the larger limits when
 *               `isAuthenticated`. Bytes left unread are dropped.
 *   raise_limits  the same larger limits for the reader that there is (dialback: no restart)
 *   start_tls   begin the TLS handshake on the socket, SNI `state.options.to`; then input `secured`
 *   ready       features are known; nothing more happens by itself
 *   authenticated  stanzas of this pair may be sent
 *   failed      why it will not become so; `close` or `disconnect` follow
 *   disconnect  end TLS and TCP
 * Inputs: `connected` once (TCP is up; with direct TLS, TLS is), `received` for every reader event,
 * `secured` after `start_tls`, `close` to end it, `disconnected` when the socket has ended, and
 * `timeout` when `state.deadline` has passed (milliseconds, the clock of `now`; null: no timer). The
 * deadline is one for the whole negotiation and the dribble of bytes does not move it.
 * After `ready` the state goes through `adoptStream`; then `login`, by EXTERNAL first and by dialback
 * when that failed or is not offered, or for further pairs on a stream that is `established`; `verify`
 * with or without a login. Each is answered by one of `authenticated`, `login_failed` and `verified`,
 * those of dialback at the latest when the stream ends; for EXTERNAL, `failed` is an answer too. `enable_sm` when established, then `sent` for each stanza written.
 */

export function handle(state: InitiatingState, input: Input, now: number): Step {
  if (state.phase === "closed") return { state, effects: [] };
  const cell = table[state.phase][eventName(input)];
  if (cell === undefined) return protocolError(state, "unsupported-stanza-type", now);
  return cell(state, input, now);
}

const tooBig: Handler = (state, _input, now) => protocolError(state, "policy-violation", now);
const passOver: Handler = (state, input) =>
  input.kind === "received" && input.event.kind === "element"
    ? ignore(state, input.event.element.name, "unknown")
    : { state, effects: [] };

/** What the host asks at the wrong time is answered, too: that is no fault of the peer. */
const untimely = {
  login: refuseLogin,
  verify: refuseVerify,
  enable_sm: refuseManagement,
  key_checked: stay,
  sent: stay,
} satisfies Partial<Record<EventName, Handler>>;

/** What every phase of an open stream does alike. */
const always = {
  ...untimely,
  stream_error: receiveStreamError,
  stream_closed: receiveClose,
  unreadable: receiveUnreadable,
  oversize: tooBig,
  close: beginClosing,
  timeout: giveUp,
  disconnected: loseConnection,
} satisfies Partial<Record<EventName, Handler>>;

/** What a stream with known features does, whether or not somebody is authenticated on it. */
const usable = {
  ...always,
  // RFC 6120 §4.3.5: an empty one may follow completion.
  features: stay,
  login,
  verify: requestVerify,
  dialback_answer: receiveDialbackAnswer,
  dialback_request: receiveDialbackRequest,
  key_checked: reportKeyChecked,
  stanza: receiveStanza,
  oversize: receiveOversize,
  timeout: expireRequests,
  other_element: passOver,
  sm_enabled: becomeManaged,
  sm_failed: stayUnmanaged,
  ack_request: answerAckRequest,
  ack: receiveAck,
} satisfies Partial<Record<EventName, Handler>>;

/** A missing cell is a protocol error of the peer: the stream is closed. Closed stays closed. */
export const table = {
  idle: {
    ...untimely,
    connected: sendHeader,
    close: (state) => end(state),
    disconnected: loseConnection,
    timeout: giveUp,
  },
  header: { ...always, opened: receiveHeader },
  features: { ...always, features: receiveFeatures },
  starttls: {
    ...always,
    proceed: receiveProceed,
    tls_failure: (state, _input, now) =>
      fail(state, { code: "tls.not_offered", detail: "refused" }, now),
  },
  tls: {
    ...untimely,
    secured: (state, input, now) => sendHeader({ ...state, isSecured: true }, input, now),
    close: (state) => end(state),
    timeout: giveUp,
    disconnected: loseConnection,
  },
  ready: usable,
  sasl: {
    ...always,
    sasl_success: restartAfterSasl,
    sasl_failure: receiveSaslFailure,
    sasl_challenge: abortSasl,
    dialback_answer: receiveDialbackAnswer,
  },
  established: {
    ...usable,
    login: (state, input, now) =>
      input.kind === "login" && input.method === "external"
        ? refuseLogin(state, input)
        : login(state, input, now),
    enable_sm: enableManagement,
    sent: countSentStanzas,
  },
  closing: {
    ...always,
    // RFC 6120 §4.4: we no longer send, but what is under way is not an error.
    opened: stay,
    features: stay,
    proceed: stay,
    tls_failure: stay,
    sasl_success: stay,
    sasl_failure: stay,
    sasl_challenge: stay,
    dialback_answer: stay,
    dialback_request: stay,
    sm_enabled: stay,
    sm_failed: stay,
    ack_request: stay,
    ack: receiveAckWhileClosing,
    stanza: drainStanza,
    oversize: stay,
    other_element: stay,
    stream_error: stay,
    unreadable: (state) => end(state),
    stream_closed: (state) => end(state),
    close: stay,
    timeout: (state, _input, now) =>
      state.deadline !== null && now >= state.deadline ? end(state) : { state, effects: [] },
    disconnected: (state) => end(state),
  },
  closed: {},
} satisfies Record<Phase, Partial<Record<EventName, Handler>>> as Record<
  Phase,
  Partial<Record<EventName, Handler>>
>;
