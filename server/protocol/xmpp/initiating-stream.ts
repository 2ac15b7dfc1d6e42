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
  type EventName,
  eventName,
  type InitiatingState,
  type Input,
  type Phase,
  type Step,
} from "./initiating-state.ts";

/*
 * The initiating side of a server-to-server stream, from an open socket to a stream whose features
 * are known (RFC 6120 §4.3, §5). Authentication is the next rows of the same table, not here yet.
 *
 * How to drive it. Keep `state`; for every input call `handle(state, input, now)` and carry out the
 * effects in order:
 *   send        write `xml` (UTF-8)
 *   new_reader  forget the reader; give later bytes to a fresh one. Bytes left unread are dropped.
 *   start_tls   begin the TLS handshake on the socket, SNI `state.options.to`; then input `secured`
 *   ready       the stream is usable as far as this table goes; nothing is sent by itself any more
 *   failed      why it will not become so; `close` or `disconnect` follow
 *   disconnect  end TLS and TCP
 * Inputs: `connected` once (TCP is up; with direct TLS, TLS is), `received` for every reader event,
 * `secured` after `start_tls`, `close` to end it, `disconnected` when the socket has ended, and
 * `timeout` when `state.deadline` has passed (milliseconds, the clock of `now`; null: no timer). The
 * deadline is one for the whole negotiation and the dribble of bytes does not move it.
 */

export function handle(state: InitiatingState, input: Input, now: number): Step {
  const cell = table[state.phase][eventName(input)];
  if (cell === undefined) return protocolError(state, "unsupported-stanza-type", now);
  return cell(state, input, now);
}

/** What every phase of an open stream does alike. */
const always = {
  stream_error: receiveStreamError,
  stream_closed: receiveClose,
  unreadable: receiveUnreadable,
  close: beginClosing,
  timeout: giveUp,
  disconnected: loseConnection,
} satisfies Partial<Record<EventName, Handler>>;

/** A missing cell is a protocol error of the peer: the stream is closed. */
export const table = {
  idle: {
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
    secured: (state, input, now) => sendHeader({ ...state, isSecured: true }, input, now),
    close: (state) => end(state),
    timeout: giveUp,
    disconnected: loseConnection,
  },
  ready: {
    ...always,
    // RFC 6120 §4.3.5: an empty one may follow completion.
    features: stay,
    stanza: (state, input) => ({
      state,
      effects:
        input.kind === "received" && input.event.kind === "element"
          ? [{ kind: "stanza", element: input.event.element }]
          : [],
    }),
    other_element: stay,
  },
  closing: {
    ...always,
    // RFC 6120 §4.4: we no longer send, but what is under way is not an error.
    opened: stay,
    features: stay,
    proceed: stay,
    tls_failure: stay,
    stanza: stay,
    other_element: stay,
    stream_error: stay,
    unreadable: (state) => end(state),
    stream_closed: (state) => end(state),
    close: stay,
    timeout: (state) => end(state),
    disconnected: (state) => end(state),
  },
  closed: {
    connected: stay,
    opened: stay,
    features: stay,
    proceed: stay,
    tls_failure: stay,
    stanza: stay,
    other_element: stay,
    stream_error: stay,
    unreadable: stay,
    stream_closed: stay,
    secured: stay,
    close: stay,
    timeout: stay,
    disconnected: stay,
  },
} satisfies Record<Phase, Partial<Record<EventName, Handler>>> as Record<
  Phase,
  Partial<Record<EventName, Handler>>
>;
