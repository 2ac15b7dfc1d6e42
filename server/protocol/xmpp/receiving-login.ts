import { buildDialback, type DialbackOutcome, parseDialback } from "./dialback.ts";
import type { Domain } from "./domain.ts";
import { protocolError, write } from "./receiving-close.ts";
import {
  maxAuthorized,
  maxChecks,
  maxPending,
  maxSaslFailures,
  type PendingPair,
  type ReceivingEffect,
  type ReceivingInput,
  type ReceivingState,
  type ReceivingStep,
} from "./receiving-state.ts";
import {
  buildSaslFailure,
  type ExternalResponse,
  parseInitialResponse,
  parseResponse,
  saslElement,
  type SaslCondition,
} from "./sasl.ts";
import { canonicalDomain } from "./stanza-admission.ts";
import type { StanzaErrorCondition } from "./stanza-error.ts";

/** RFC 6120 §6.4.2; during an exchange it ends that one and begins anew. */
export function receiveAuth(
  state: ReceivingState,
  input: ReceivingInput,
  now: number,
): ReceivingStep {
  if (input.kind !== "received" || input.event.kind !== "element") return { state, effects: [] };
  const { element: auth, trailingBytes } = input.event;
  // RFC 6120 §6.3.5: nothing may come before our answer, and after `<success/>` it would be lost.
  if (trailingBytes > 0) return protocolError(state, "policy-violation", now, "bytes_behind_auth");
  // Who logs in waits for nothing else: keys under way are of no use after the restart.
  const begun: ReceivingState = { ...state, phase: "negotiating", pending: [] };
  if (!state.isSecured && state.terms?.startTls !== "none")
    return refuseLogin(begun, "encryption-required", now);
  const isOffered = state.isSecured && state.terms?.external === true;
  if (!isOffered || auth.attributes["mechanism"] !== "EXTERNAL")
    return refuseLogin(begun, "invalid-mechanism", now);
  const response = parseInitialResponse(auth);
  if (response.kind !== "absent") return judgeResponse(begun, response, now);
  return {
    state: { ...begun, phase: "challenged" },
    effects: [{ kind: "send", xml: write(saslElement("challenge")) }],
  };
}

export function receiveResponse(
  state: ReceivingState,
  input: ReceivingInput,
  now: number,
): ReceivingStep {
  if (input.kind !== "received" || input.event.kind !== "element") return { state, effects: [] };
  const { element: response, trailingBytes } = input.event;
  if (trailingBytes > 0) return protocolError(state, "policy-violation", now, "bytes_behind_auth");
  return judgeResponse({ ...state, phase: "negotiating" }, parseResponse(response), now);
}

export function receiveAbort(
  state: ReceivingState,
  _input: ReceivingInput,
  now: number,
): ReceivingStep {
  return refuseLogin({ ...state, phase: "negotiating" }, "aborted", now);
}

/** XEP-0178 §3 step 11: the identity is the stream's `from`, which the certificate stands for. */
function judgeResponse(
  state: ReceivingState,
  response: ExternalResponse,
  now: number,
): ReceivingStep {
  const { names, terms, options } = state;
  if (response.kind !== "authzid") return refuseLogin(state, "incorrect-encoding", now);
  if (names.from === null || terms === null) return refuseLogin(state, "not-authorized", now);
  const { authzid } = response;
  if (authzid !== null && canonicalDomain(authzid, options.primitives) !== names.from)
    return refuseLogin(state, "invalid-authzid", now);
  const pair = { from: names.from, to: terms.from, by: "external" } as const;
  return {
    state: {
      ...state,
      phase: "header",
      header: null,
      terms: null,
      names: { from: pair.from, to: pair.to },
      isSaslDone: true,
      authorized: [pair],
      checks: [],
    },
    effects: [
      { kind: "send", xml: write(saslElement("success")) },
      { kind: "new_reader", isAuthenticated: true },
      { kind: "authorized", ...pair },
    ],
  };
}

function refuseLogin(state: ReceivingState, condition: SaslCondition, now: number): ReceivingStep {
  const failed = { ...state, saslFailures: state.saslFailures + 1 };
  const failure: ReceivingEffect = { kind: "send", xml: write(buildSaslFailure(condition)) };
  if (failed.saslFailures < maxSaslFailures) return { state: failed, effects: [failure] };
  // RFC 6120 §6.4.5: who goes on failing is sent away.
  const step = protocolError(failed, "policy-violation", now, "sasl_failures");
  return { state: step.state, effects: [failure, ...step.effects] };
}

/** Somebody wants to send from one domain to another, and names a key (XEP-0220 §2.2.1). */
export function receiveResultRequest(
  state: ReceivingState,
  input: ReceivingInput,
  now: number,
): ReceivingStep {
  if (input.kind !== "received" || input.event.kind !== "element") return { state, effects: [] };
  const request = parseDialback(input.event.element);
  const pair = request === null ? null : canonicalPair(state, request);
  if (request?.kind !== "result_request" || pair === null || state.terms === null)
    return protocolError(state, "improper-addressing", now, "dialback");
  const { terms } = state;
  const refusal = resultRefusal(state, terms);
  if (refusal !== null) return reportResult(state, pair, error(refusal));
  if (state.authorized.some((known) => isSamePair(known, pair)))
    return reportResult(state, pair, { kind: "valid" });
  if (state.pending.some((known) => isSamePair(known, pair)))
    return ignore(state, "db:result", "pending");
  if (
    state.pending.length >= maxPending ||
    state.authorized.length + state.pending.length >= maxAuthorized
  )
    return reportResult(state, pair, error("resource-constraint"));
  return {
    state: { ...state, pending: [...state.pending, pair] },
    effects: [{ kind: "verify", ...pair, key: request.key, streamId: terms.streamId }],
  };
}

/** XEP-0220 §2.5: without TLS where it is required, or without the certificate that is. */
function resultRefusal(
  state: ReceivingState,
  terms: { readonly startTls: string; readonly dialback: boolean },
): StanzaErrorCondition | null {
  if (!state.isSecured && terms.startTls === "required") return "policy-violation";
  return terms.dialback ? null : "not-authorized";
}

/** The host knows what the authoritative server says of a key. */
export function reportVerified(
  state: ReceivingState,
  input: ReceivingInput,
  now: number,
): ReceivingStep {
  if (input.kind !== "verified") return { state, effects: [] };
  const pair = state.pending.find((known) => isSamePair(known, input));
  if (pair === undefined) return { state, effects: [] };
  const { outcome } = input;
  const settled = { ...state, pending: state.pending.filter((known) => known !== pair) };
  if (outcome.kind === "valid") return authorize(settled, pair);
  if (outcome.kind === "error") return reportResult(settled, pair, outcome);
  // XEP-0220 §2.2.1: an invalid key ends the stream, but not for others that are verified on it.
  if (settled.authorized.length > 0) return reportResult(settled, pair, error("forbidden"));
  const report = reportResult(settled, pair, outcome);
  const step = protocolError(settled, "not-authorized", now, "dialback_invalid");
  return { state: step.state, effects: [...report.effects, ...step.effects] };
}

function authorize(state: ReceivingState, pair: PendingPair): ReceivingStep {
  const { from, to } = pair;
  const authorized = { from, to, by: "dialback" } as const;
  const isFirst = state.authorized.length === 0;
  const report = reportResult(state, pair, { kind: "valid" });
  return {
    state: {
      ...state,
      phase: "ready",
      deadline: null,
      authorized: [...state.authorized, authorized],
    },
    effects: [
      ...report.effects,
      ...(isFirst ? [{ kind: "raise_limits" } as const] : []),
      { kind: "authorized", ...authorized },
    ],
  };
}

/** Somebody asks whether a key is ours (XEP-0220 §2.2.2). */
export function receiveVerifyRequest(
  state: ReceivingState,
  input: ReceivingInput,
  now: number,
): ReceivingStep {
  if (input.kind !== "received" || input.event.kind !== "element") return { state, effects: [] };
  const request = parseDialback(input.event.element);
  const pair = request === null ? null : canonicalPair(state, request);
  if (request?.kind !== "verify_request" || pair === null)
    return protocolError(state, "improper-addressing", now, "dialback");
  const { id, key } = request;
  const check = { ...pair, id };
  if (!state.isSecured && state.terms?.startTls === "required")
    return reportCheck(state, check, error("policy-violation"));
  if (state.checks.some((known) => known.id === id && isSamePair(known, pair)))
    return ignore(state, "db:verify", "pending");
  if (state.checks.length >= maxChecks)
    return reportCheck(state, check, error("resource-constraint"));
  return {
    state: { ...state, checks: [...state.checks, check] },
    effects: [{ kind: "check_key", from: pair.from, to: pair.to, id, key }],
  };
}

export function reportKeyChecked(state: ReceivingState, input: ReceivingInput): ReceivingStep {
  if (input.kind !== "key_checked") return { state, effects: [] };
  const check = state.checks.find((known) => known.id === input.id && isSamePair(known, input));
  if (check === undefined) return { state, effects: [] };
  const checks = state.checks.filter((known) => known !== check);
  return reportCheck({ ...state, checks }, check, input.outcome);
}

/** XEP-0220 §2.2: on a stream that the peer opened we have asked nothing, so this is no answer. */
export function ignoreDialbackAnswer(state: ReceivingState): ReceivingStep {
  return ignore(state, "db", "unsolicited_answer");
}

export function ignore(state: ReceivingState, name: string, reason: string): ReceivingStep {
  return { state, effects: [{ kind: "ignored", name: name.slice(0, 100), reason }] };
}

function reportResult(
  state: ReceivingState,
  pair: PendingPair,
  outcome: DialbackOutcome,
): ReceivingStep {
  const { from: to, to: from } = pair.written;
  const xml = write(buildDialback({ kind: "result_answer", from, to, outcome }));
  return { state, effects: [{ kind: "send", xml }] };
}

function reportCheck(
  state: ReceivingState,
  check: PendingPair & { readonly id: string },
  outcome: DialbackOutcome,
): ReceivingStep {
  const { from: to, to: from } = check.written;
  const xml = write(buildDialback({ kind: "verify_answer", from, to, id: check.id, outcome }));
  return { state, effects: [{ kind: "send", xml }] };
}

function canonicalPair(
  state: ReceivingState,
  written: { readonly from: string; readonly to: string },
): PendingPair | null {
  const from = canonicalDomain(written.from, state.options.primitives);
  const to = canonicalDomain(written.to, state.options.primitives);
  if (from === null || to === null) return null;
  return { from, to, written: { from: written.from, to: written.to } };
}

function isSamePair(
  one: { readonly from: Domain; readonly to: Domain },
  other: { readonly from: Domain; readonly to: Domain },
): boolean {
  return one.from === other.from && one.to === other.to;
}

function error(condition: StanzaErrorCondition): DialbackOutcome {
  return { kind: "error", condition, text: null };
}
