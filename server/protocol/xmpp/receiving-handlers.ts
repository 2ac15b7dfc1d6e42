import { buildDialbackFeature, isDialbackName } from "./dialback.ts";
import { element, type XmlElement } from "./element.ts";
import { ns } from "./namespaces.ts";
import type { StreamHeader } from "./reader.ts";
import {
  agreedVersion,
  fail,
  formatResponseHeader,
  protocolError,
  write,
} from "./receiving-close.ts";
import {
  maxHeld,
  maxHeldBytes,
  type ReceivingInput,
  type ReceivingState,
  type ReceivingStep,
  type ReceivingTerms,
} from "./receiving-state.ts";
import { buildMechanisms } from "./sasl.ts";
import { canonicalDomain } from "./stanza-admission.ts";
import { buildManagement } from "./stream-management.ts";

export function awaitHeader(
  state: ReceivingState,
  _input: ReceivingInput,
  now: number,
): ReceivingStep {
  const deadline = now + state.options.negotiationMs;
  return {
    state: { ...state, phase: "header", deadline },
    effects: [{ kind: "new_reader", isAuthenticated: false }],
  };
}

export function receiveHeader(
  state: ReceivingState,
  input: ReceivingInput,
  now: number,
): ReceivingStep {
  if (input.kind !== "received" || input.event.kind !== "opened") return { state, effects: [] };
  const { header } = input.event;
  const names = readNames(state, header);
  const opened = { ...state, header };
  if (names === null) return protocolError(opened, "improper-addressing", now, "header");
  const named = { ...opened, names };
  if (agreedVersion(header.version).isIllFormed)
    return protocolError(named, "unsupported-version", now);
  return {
    state: { ...named, phase: "greeting" },
    effects: [
      {
        kind: "greet",
        header,
        ...names,
        isSecured: state.isSecured,
        isRestartAfterSasl: state.isSaslDone,
      },
    ],
  };
}

/**
 * Both names in canonical form; null when one is ill-formed or was another before. A restart after TLS
 * may add what was left out in clear, but a stream that changes whom it is for or from is no peer's.
 */
function readNames(state: ReceivingState, header: StreamHeader): ReceivingState["names"] | null {
  const { from: fromBefore, to: toBefore } = state.names;
  const from = canonicalDomain(header.from, state.options.primitives);
  const to = canonicalDomain(header.to, state.options.primitives);
  if ((header.from !== null && from === null) || (header.to !== null && to === null)) return null;
  if (from !== null && fromBefore !== null && from !== fromBefore) return null;
  if (to !== null && toBefore !== null && to !== toBefore) return null;
  // After SASL the names are proven; before it they are only what this header says.
  return state.isSaslDone ? { from: from ?? fromBefore, to: to ?? toBefore } : { from, to };
}

/** Before the host has answered, what comes is kept, so that it does not matter how fast it is. */
export function hold(state: ReceivingState, input: ReceivingInput, now: number): ReceivingStep {
  if (input.kind !== "received") return { state, effects: [] };
  const held = [...state.held, input.event];
  if (held.length > maxHeld || sizeOf(held) > maxHeldBytes)
    return protocolError(state, "policy-violation", now, "held");
  return { state: { ...state, held }, effects: [] };
}

function sizeOf(events: ReceivingState["held"]): number {
  return events.reduce((sum, event) => sum + ("sizeBytes" in event ? event.sizeBytes : 0), 0);
}

export function sendFeatures(
  state: ReceivingState,
  input: ReceivingInput,
  now: number,
): ReceivingStep {
  if (input.kind !== "greeted" || state.header === null) return { state, effects: [] };
  const { terms } = input;
  const greeted = { ...state, terms };
  const version = agreedVersion(state.header.version);
  const mustSecure = terms.startTls === "required" && !state.isSecured;
  if (!isDialbackName(terms.streamId))
    return protocolError(greeted, "internal-server-error", now, "stream_id");
  // RFC 6120 §4.7.5: before 1.0 there are no features, hence no TLS to be had.
  if (!version.isModern && mustSecure)
    return fail(
      greeted,
      { code: "stream.protocol", condition: "policy-violation", reason: "old_version" },
      now,
      { condition: "policy-violation", text: "TLS is required", from: terms.from },
    );
  const asked = canonicalDomain(state.header.to, state.options.primitives);
  const header = formatResponseHeader(greeted, {
    from: asked === terms.from ? (state.header.to ?? terms.from) : terms.from,
    streamId: terms.streamId,
  });
  const features = version.isModern ? write(buildFeatures(greeted, terms, mustSecure)) : "";
  const next: ReceivingState = state.isSaslDone
    ? { ...greeted, phase: "ready", deadline: null }
    : { ...greeted, phase: "negotiating" };
  return { state: next, effects: [{ kind: "send", xml: header + features }] };
}

/** RFC 6120 §4.3.2, §5.3.1: where TLS is required, nothing else is offered before it. */
function buildFeatures(
  state: ReceivingState,
  terms: ReceivingTerms,
  mustSecure: boolean,
): XmlElement {
  const children: XmlElement[] = [];
  if (terms.startTls !== "none" && !state.isSecured)
    children.push(element("starttls", ns.tls, {}, mustSecure ? [element("required", ns.tls)] : []));
  if (!mustSecure) {
    const canExternal = terms.external && state.isSecured && state.names.from !== null;
    if (canExternal && !state.isSaslDone) children.push(buildMechanisms());
    if (terms.dialback) children.push(buildDialbackFeature());
    if (terms.bidi && !state.isBidi)
      // COMPAT(ejabberd<25.03): it looks for the namespace of the request; remove when none is left.
      children.push(element("bidi", ns.bidiFeature), element("bidi", ns.bidi));
    // After dialback no features follow, so to who has no other way they are named before it.
    if (terms.streamManagement && (state.isSaslDone || !canExternal))
      children.push(buildManagement("sm"));
    if (terms.limits !== null) children.push(buildLimits(terms.limits));
  }
  return element("features", ns.streams, {}, children);
}

function buildLimits(limits: { readonly maxBytes: number; readonly idleSeconds: number }) {
  return element("limits", ns.limits, {}, [
    element("max-bytes", ns.limits, {}, [String(limits.maxBytes)]),
    element("idle-seconds", ns.limits, {}, [String(limits.idleSeconds)]),
  ]);
}

export function receiveStartTls(
  state: ReceivingState,
  input: ReceivingInput,
  now: number,
): ReceivingStep {
  if (input.kind !== "received" || input.event.kind !== "element") return { state, effects: [] };
  if (state.isSecured || state.terms?.startTls === "none") return refuseTls(state, now);
  // RFC 6120 §5.4.2.3: TLS begins right after `>`; what else came in clear was injected.
  if (input.event.trailingBytes > 0)
    return protocolError(state, "policy-violation", now, "bytes_behind_starttls");
  return {
    state: {
      ...state,
      phase: "tls",
      header: null,
      terms: null,
      pending: [],
      checks: [],
      isBidi: false,
    },
    effects: [{ kind: "send", xml: write(element("proceed", ns.tls)) }, { kind: "start_tls" }],
  };
}

/** RFC 6120 §5.4.2.2: the failure, then the end of stream and connection. */
export function refuseTls(state: ReceivingState, now: number): ReceivingStep {
  const step = fail(
    state,
    { code: "stream.protocol", condition: "policy-violation", reason: "tls_not_offered" },
    now,
  );
  const effects = step.effects.map((effect) =>
    effect.kind === "send"
      ? { ...effect, xml: write(element("failure", ns.tls)) + effect.xml }
      : effect,
  );
  return { state: step.state, effects };
}

export function becomeSecured(state: ReceivingState): ReceivingStep {
  return {
    state: { ...state, phase: "header", isSecured: true },
    effects: [{ kind: "new_reader", isAuthenticated: false }],
  };
}
