import { element, type XmlElement } from "./element.ts";
import { noFeatures, parseFeatures, type StreamFeatures } from "./features.ts";
import { formatHeader } from "./header.ts";
import type { Effect, Failure, InitiatingState, Input, Step } from "./initiating-state.ts";
import { abandon, becomeAuthenticated, settled } from "./initiating-session.ts";
import { ns } from "./namespaces.ts";
import type { StreamHeader } from "./reader.ts";
import { serialize } from "./serialize.ts";
import { buildStreamError, parseStreamError, type StreamErrorCondition } from "./stream-error.ts";
import { buildAck } from "./stream-management.ts";

/** One cell of the table of `initiating-stream.ts`. */
export type Handler = (state: InitiatingState, input: Input, now: number) => Step;

export const stay: Handler = (state) => ({ state, effects: [] });

export function sendHeader(state: InitiatingState, _input: Input, now: number): Step {
  const { options } = state;
  const header = formatHeader({
    contentNamespace: ns.server,
    to: options.to,
    // RFC 6120 §4.7.1 asks for it after TLS; a server's name is no secret, and old peers want it.
    from: options.from,
    // XEP-0220 §2.4.1: who may use dialback says so.
    ...(options.from === null ? {} : { prefixes: { db: ns.dialback } }),
  });
  return {
    state: {
      ...state,
      phase: "header",
      header: null,
      features: noFeatures,
      deadline: state.deadline ?? now + options.negotiationMs,
    },
    effects: [
      { kind: "new_reader", isAuthenticated: state.session?.isSaslDone === true },
      { kind: "send", xml: header },
    ],
  };
}

export function receiveHeader(state: InitiatingState, input: Input, now: number): Step {
  if (input.kind !== "received" || input.event.kind !== "opened") return { state, effects: [] };
  const { header } = input.event;
  const opened = { ...state, header };
  const version = parseVersion(header.version);
  if (version === null) return protocolError(opened, "unsupported-version", now);
  if (version >= 1) return { state: { ...opened, phase: "features" }, effects: [] };
  // RFC 6120 §4.7.5: before 1.0 there are no features, hence no TLS to be had by STARTTLS.
  if (!state.isSecured && state.options.security === "required")
    return fail(opened, { code: "tls.not_offered", detail: "old_version" }, now);
  return becomeReady(opened, header, noFeatures);
}

export function receiveFeatures(state: InitiatingState, input: Input, now: number): Step {
  if (input.kind !== "received" || input.event.kind !== "element" || state.header === null)
    return { state, effects: [] };
  const features = parseFeatures(input.event.element);
  const { security } = state.options;
  if (state.isSecured) {
    // RFC 6120 §5.4.3.3: TLS inside TLS must not be offered; taken as not there.
    return becomeReady(state, state.header, { ...features, startTls: "none" });
  }
  const wanted = features.startTls === "none" ? security === "required" : security !== "never";
  if (!wanted && features.startTls === "required")
    return fail(state, { code: "stream.policy", condition: "policy-violation", text: null }, now);
  if (!wanted) return becomeReady(state, state.header, features);
  return {
    // RFC 7590 §3.1: an offer that is missing may have been stripped on the way, so we ask anyway.
    state: {
      ...state,
      phase: "starttls",
      features,
      isTlsUnoffered: features.startTls === "none",
    },
    effects: [{ kind: "send", xml: serialize(element("starttls", ns.tls)) }],
  };
}

export function receiveProceed(state: InitiatingState, input: Input, now: number): Step {
  if (input.kind !== "received" || input.event.kind !== "element") return { state, effects: [] };
  // RFC 6120 §5.4.2.3: TLS begins right after `>`; what else came in clear was injected.
  if (input.event.trailingBytes > 0) return protocolError(state, "not-well-formed", now);
  return {
    state: { ...state, phase: "tls", header: null, features: noFeatures },
    effects: [{ kind: "start_tls" }],
  };
}

function becomeReady(state: InitiatingState, header: StreamHeader, features: StreamFeatures): Step {
  if (state.session?.isSaslDone === true) return becomeAuthenticated({ ...state, features });
  return {
    state: { ...state, phase: "ready", features, deadline: null },
    effects: [{ kind: "ready", features, header }],
  };
}

export function receiveStreamError(state: InitiatingState, input: Input, now: number): Step {
  if (input.kind !== "received" || input.event.kind !== "element") return { state, effects: [] };
  const { condition, text } = parseStreamError(input.event.element);
  if (state.isTlsUnoffered && state.phase === "starttls")
    return fail(state, { code: "tls.not_offered", detail: "absent" }, now);
  const isUnknown = condition === "host-unknown" || condition === "host-gone";
  return fail(
    state,
    { code: isUnknown ? "stream.host_unknown" : "stream.policy", condition, text },
    now,
  );
}

export function receiveClose(state: InitiatingState): Step {
  const closing: Effect[] = [{ kind: "send", xml: farewell(state) }, { kind: "disconnect" }];
  const failed: Effect[] = isUsable(state)
    ? []
    : [{ kind: "failed", failure: silence(state, "stream.closed") }];
  return { state: finished(state), effects: [...failed, ...abandon(state), ...closing] };
}

export function receiveUnreadable(state: InitiatingState, input: Input, now: number): Step {
  if (input.kind !== "received") return { state, effects: [] };
  const { event } = input;
  if (event.kind !== "failed") return { state, effects: [] };
  if (event.beforeHeader && state.session === null)
    return fail(state, { code: "stream.not_xmpp", reason: event.reason }, now, event.condition);
  return protocolError(state, event.condition, now, event.reason);
}

export function giveUp(state: InitiatingState, _input: Input, now: number): Step {
  if (state.deadline === null || now < state.deadline) return { state, effects: [] };
  return fail(state, silence(state, "stream.timeout"), now, "connection-timeout");
}

export function loseConnection(state: InitiatingState): Step {
  const failed: Effect[] = isUsable(state)
    ? []
    : [{ kind: "failed", failure: silence(state, "stream.closed") }];
  return { state: finished(state), effects: [...failed, ...abandon(state)] };
}

function silence(state: InitiatingState, code: "stream.timeout" | "stream.closed"): Failure {
  if (state.isTlsUnoffered && state.phase === "starttls")
    return { code: "tls.not_offered", detail: "absent" };
  return { code, phase: state.phase };
}

export function protocolError(
  state: InitiatingState,
  condition: StreamErrorCondition,
  now: number,
  reason: string = condition,
): Step {
  if (state.isTlsUnoffered && state.phase === "starttls")
    return fail(state, { code: "tls.not_offered", detail: "absent" }, now, condition);
  return fail(state, { code: "stream.protocol", condition, reason }, now, condition);
}

/** RFC 6120 §4.9.1.1: an error is fatal; ours is sent, if there is a stream to send it on. */
export function fail(
  state: InitiatingState,
  failure: Failure,
  now: number,
  condition?: StreamErrorCondition,
  application?: XmlElement,
): Step {
  const effects: Effect[] = [{ kind: "failed", failure }, ...abandon(state)];
  // During the TLS handshake the bytes are not ours to write (RFC 6120 §5.4.3.2).
  if (state.phase === "idle" || state.phase === "tls")
    return { state: finished(state), effects: [...effects, { kind: "disconnect" }] };
  const error =
    condition === undefined ? undefined : buildStreamError(condition, undefined, application);
  effects.push({ kind: "send", xml: farewell(state, error) });
  if (failure.code === "stream.not_xmpp" || failure.code === "stream.timeout")
    return { state: finished(state), effects: [...effects, { kind: "disconnect" }] };
  return { state: closing(state, now), effects };
}

export function beginClosing(state: InitiatingState, input: Input, now: number): Step {
  if (input.kind !== "close") return { state, effects: [] };
  const { condition, text } = input;
  const error = condition === undefined ? undefined : buildStreamError(condition, text);
  const { session } = state;
  // A managed peer bounces what it has no acknowledgement for, and we can give none any more.
  const isDraining =
    state.phase === "established" && error === undefined && session?.isManaged === false;
  const draining = session === null ? null : { ...session, isDraining };
  return {
    state: closing({ ...state, session: draining }, now),
    effects: [...abandon(state), { kind: "send", xml: farewell(state, error) }],
  };
}

/** The last that we say: acknowledgement (XEP-0198 §4), error, closing tag. */
function farewell(state: InitiatingState, error?: XmlElement): string {
  const { session } = state;
  const ack =
    state.phase === "established" && session?.isManaged === true && session.management !== null
      ? serialize(buildAck(session.management))
      : "";
  return `${ack}${error === undefined ? "" : serialize(error)}</stream:stream>`;
}

function isUsable(state: InitiatingState): boolean {
  return state.phase === "ready" || state.phase === "established";
}

function closing(state: InitiatingState, now: number): InitiatingState {
  return settled({ ...state, phase: "closing", deadline: now + state.options.closeMs });
}

export function end(state: InitiatingState): Step {
  return { state: finished(state), effects: [{ kind: "disconnect" }] };
}

function finished(state: InitiatingState): InitiatingState {
  return settled({ ...state, phase: "closed", deadline: null });
}

/** RFC 6120 §4.7.5: major part as a number, leading zeros ignored; absent is 0; null if ill-formed. */
function parseVersion(version: string | null): number | null {
  if (version === null) return 0;
  const match = /^(\d{1,9})\.(\d{1,9})$/.exec(version);
  return match === null ? null : Number(match[1]);
}
