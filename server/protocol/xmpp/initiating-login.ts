import {
  buildDialback,
  dialbackPrefix,
  type DialbackOutcome,
  isDialbackName,
  parseDialback,
} from "./dialback.ts";
import type { Domain } from "./domain.ts";
import { element, type XmlElement } from "./element.ts";
import { giveUp, protocolError, sendHeader } from "./initiating-handlers.ts";
import { answered, authenticate, lost, unanswered, withSession } from "./initiating-session.ts";
import type {
  DialbackRequest,
  Effect,
  InitiatingSession,
  InitiatingState,
  Input,
  Step,
} from "./initiating-state.ts";
import { ns } from "./namespaces.ts";
import { buildExternalAuth, parseSaslFailure, saslElement, type SaslCondition } from "./sasl.ts";
import { serialize } from "./serialize.ts";
import { canonicalDomain } from "./stanza-admission.ts";

/** Dialback that one stream waits for at once, ours and the peer's. */
const maxRequests = 256;
const maxChecks = 16;

export function login(state: InitiatingState, input: Input, now: number): Step {
  if (input.kind !== "login") return { state, effects: [] };
  return input.method === "external"
    ? loginExternal(state, input, now)
    : loginDialback(state, input, now);
}

/** A login that cannot be begun in this phase. */
export function refuseLogin(state: InitiatingState, input: Input): Step {
  if (input.kind !== "login") return { state, effects: [] };
  if (input.method === "external") return externalFailed(state, "aborted", null);
  return { state, effects: [loginFailed(state, input, "unexpected-request")] };
}

function loginExternal(
  state: InitiatingState,
  input: Extract<Input, { method: "external" }>,
  now: number,
): Step {
  const { session, features, options } = state;
  if (session === null || session.requests.some(({ kind }) => kind === "result"))
    return externalFailed(state, "aborted", null);
  if (!state.isSecured) return externalFailed(state, "encryption-required", null);
  if (!features.mechanisms.includes("EXTERNAL"))
    return externalFailed(state, "invalid-mechanism", null);
  const from = canonicalDomain(input.authzid, session.primitives);
  const to = canonicalDomain(options.to, session.primitives);
  if (from === null || to === null) return externalFailed(state, "invalid-authzid", null);
  const bidi = requestBidi(state, session, input.bidi);
  return {
    state: {
      ...state,
      phase: "sasl",
      session: { ...session, external: { from, to }, isBidi: bidi.isBidi },
      deadline: now + session.answerMs,
    },
    effects: [{ kind: "send", xml: bidi.xml + write(buildExternalAuth(input.authzid)) }],
  };
}

/** XEP-0288 §2.2: before the login, once, and only when it is offered. */
function requestBidi(
  state: InitiatingState,
  session: InitiatingSession,
  isWanted: boolean,
): { readonly isBidi: boolean; readonly xml: string } {
  const isNew = isWanted && !session.isBidi && state.features.bidi && state.phase === "ready";
  return {
    isBidi: session.isBidi || isNew,
    xml: isNew ? write(element("bidi", ns.bidi)) : "",
  };
}

/** RFC 6120 §6.4.6: the stream begins anew, as after TLS. */
export function restartAfterSasl(state: InitiatingState, input: Input, now: number): Step {
  const { session } = state;
  if (session === null) return { state, effects: [] };
  return sendHeader({ ...state, session: { ...session, isSaslDone: true } }, input, now);
}

export function receiveSaslFailure(state: InitiatingState, input: Input): Step {
  if (input.kind !== "received" || input.event.kind !== "element" || state.session === null)
    return { state, effects: [] };
  const { condition, text } = parseSaslFailure(input.event.element);
  const session = { ...state.session, external: null };
  return externalFailed(withSession({ ...state, phase: "ready" }, session), condition, text);
}

/** EXTERNAL has nothing to add to its initial response (RFC 6120 §6.4.4). */
export function abortSasl(state: InitiatingState): Step {
  return { state, effects: [{ kind: "send", xml: write(saslElement("abort")) }] };
}

function externalFailed(
  state: InitiatingState,
  condition: SaslCondition,
  text: string | null,
): Step {
  return { state, effects: [{ kind: "login_failed", method: "external", condition, text }] };
}

/** XEP-0220 §2.1.1. */
function loginDialback(
  state: InitiatingState,
  input: Extract<Input, { method: "dialback" }>,
  now: number,
): Step {
  const { session, header } = state;
  const pair = session === null ? null : canonicalPair(session, input);
  if (session === null || pair === null || !isDialbackName(input.key))
    return { state, effects: [loginFailed(state, input, "jid-malformed")] };
  // XEP-0185 §2: with a space in the id, the key would also be that of other names.
  if (!isDialbackName(header?.id ?? ""))
    return { state, effects: [loginFailed(state, input, "not-acceptable")] };
  if (isWaitedFor(session, { kind: "result", ...pair, id: null }) || isFull(session))
    return { state, effects: [loginFailed(state, input, "resource-constraint")] };
  const { from, to, key } = input;
  const bidi = requestBidi(state, session, input.bidi);
  const asked = ask(
    { ...session, isBidi: bidi.isBidi },
    { kind: "result", ...pair, id: null },
    now,
  );
  const xml = bidi.xml + write(buildDialback({ kind: "result_request", from, to, key }));
  return { state: withSession(state, asked), effects: [{ kind: "send", xml }] };
}

/** XEP-0220 §2.1.2; no login is needed for it. */
export function requestVerify(state: InitiatingState, input: Input, now: number): Step {
  if (input.kind !== "verify") return { state, effects: [] };
  const { session } = state;
  const { from, to, id, key } = input;
  const pair = session === null ? null : canonicalPair(session, input);
  const request = { kind: "verify", from: from as Domain, to: to as Domain, id } as const;
  if (session === null || pair === null || !isDialbackName(id) || !isDialbackName(key))
    return { state, effects: [answered({ ...request, until: now }, error("jid-malformed"))] };
  if (isWaitedFor(session, { ...request, ...pair }) || isFull(session))
    return { state, effects: [answered({ ...request, until: now }, error("resource-constraint"))] };
  const xml = write(buildDialback({ kind: "verify_request", from, to, id, key }));
  return {
    state: withSession(state, ask(session, { ...request, ...pair }, now)),
    effects: [{ kind: "send", xml }],
  };
}

/** A request that cannot be made in this phase is one that another stream may take. */
export function refuseVerify(state: InitiatingState, input: Input, now: number): Step {
  if (input.kind !== "verify") return { state, effects: [] };
  const { from, to, id } = input;
  const request = {
    kind: "verify",
    from: from as Domain,
    to: to as Domain,
    id,
    until: now,
  } as const;
  return { state, effects: [lost(request)] };
}

function ask(
  session: InitiatingSession,
  request: Omit<DialbackRequest, "until">,
  now: number,
): InitiatingSession {
  const until = now + session.answerMs;
  return { ...session, requests: [...session.requests, { ...request, until }] };
}

/** XEP-0220 §2.1: an answer counts when it was asked for, on this stream. */
export function receiveDialbackAnswer(state: InitiatingState, input: Input): Step {
  if (input.kind !== "received" || input.event.kind !== "element") return { state, effects: [] };
  const { session } = state;
  const answer = parseDialback(input.event.element);
  // Its `from` is the domain that we wrote to.
  const pair = session === null || answer === null ? null : canonicalPair(session, answer);
  if (session === null || pair === null) return ignore(state, "db", "unsolicited_answer");
  if (answer?.kind !== "result_answer" && answer?.kind !== "verify_answer")
    return ignore(state, "db", "unsolicited_answer");
  const kind = answer.kind === "result_answer" ? "result" : "verify";
  const id = answer.kind === "verify_answer" ? answer.id : null;
  const asked = { kind, from: pair.to, to: pair.from, id } as const;
  const request = session.requests.find((waiting) => isSame(waiting, asked));
  if (request === undefined) return ignore(state, "db", "unsolicited_answer");
  const rest = {
    ...session,
    requests: session.requests.filter((waiting) => waiting !== request),
  };
  if (kind === "result" && answer.outcome.kind === "valid")
    return authenticate(state, rest, { from: request.from, to: request.to, by: "dialback" });
  return { state: withSession(state, rest), effects: [answered(request, answer.outcome)] };
}

/**
 * The peer uses our stream for dialback of its own, as it may on a bidi stream: for a further domain
 * it is sent to a stream of its own (XEP-0288 §2.2, XEP-0220 §2.5), a key of ours is checked.
 */
export function receiveDialbackRequest(state: InitiatingState, input: Input, now: number): Step {
  if (input.kind !== "received" || input.event.kind !== "element") return { state, effects: [] };
  const { session } = state;
  if (session?.isBidi !== true) return ignore(state, "db", "not_bidi");
  const request = parseDialback(input.event.element);
  const pair = request === null ? null : canonicalPair(session, request);
  if (request === null || pair === null) return protocolError(state, "improper-addressing", now);
  const back = { from: request.to, to: request.from };
  const full = error("resource-constraint");
  if (request.kind === "result_request")
    return say(state, buildDialback({ kind: "result_answer", ...back, outcome: full }));
  if (request.kind !== "verify_request") return { state, effects: [] };
  const { id, key } = request;
  if (session.checks.length >= maxChecks)
    return say(state, buildDialback({ kind: "verify_answer", ...back, id, outcome: full }));
  const written = { from: request.from, to: request.to };
  return {
    state: {
      ...state,
      session: { ...session, checks: [...session.checks, { ...pair, id, written }] },
    },
    effects: [{ kind: "check_key", ...pair, id, key }],
  };
}

export function reportKeyChecked(state: InitiatingState, input: Input): Step {
  if (input.kind !== "key_checked" || state.session === null) return { state, effects: [] };
  const { session } = state;
  const { id, outcome } = input;
  const check = session.checks.find(
    (known) => known.id === id && known.from === input.from && known.to === input.to,
  );
  if (check === undefined) return { state, effects: [] };
  const checks = session.checks.filter((known) => known !== check);
  const { from: to, to: from } = check.written;
  return say(
    { ...state, session: { ...session, checks } },
    buildDialback({ kind: "verify_answer", from, to, id, outcome }),
  );
}

/** Answers that did not come in time; the stream lives on (XEP-0220 §2.1.1). */
export function expireRequests(state: InitiatingState, input: Input, now: number): Step {
  const { session } = state;
  if (session === null) return giveUp(state, input, now);
  const late = session.requests.filter(({ until }) => until <= now);
  const requests = session.requests.filter(({ until }) => until > now);
  return { state: withSession(state, { ...session, requests }), effects: late.map(unanswered) };
}

export function ignore(state: InitiatingState, name: string, reason: string): Step {
  return { state, effects: [{ kind: "ignored", name: name.slice(0, 100), reason }] };
}

function say(state: InitiatingState, xml: XmlElement): Step {
  return { state, effects: [{ kind: "send", xml: write(xml) }] };
}

/** An element on this stream as text. */
export function write(sent: XmlElement): string {
  return serialize(sent, { contentNamespace: ns.server, prefixes: dialbackPrefix });
}

function loginFailed(
  state: InitiatingState,
  input: Extract<Input, { method: "dialback" }>,
  condition: Extract<DialbackOutcome, { kind: "error" }>["condition"],
): Effect {
  const pair = state.session === null ? null : canonicalPair(state.session, input);
  const { from, to } = pair ?? { from: input.from as Domain, to: input.to as Domain };
  return { kind: "login_failed", method: "dialback", from, to, outcome: error(condition) };
}

function isFull(session: InitiatingSession): boolean {
  return session.requests.length >= maxRequests || session.authenticated.length >= maxRequests;
}

function isWaitedFor(session: InitiatingSession, request: Omit<DialbackRequest, "until">): boolean {
  return session.requests.some((waiting) => isSame(waiting, request));
}

function isSame(one: DialbackRequest, other: Omit<DialbackRequest, "until">): boolean {
  return (
    one.kind === other.kind && one.from === other.from && one.to === other.to && one.id === other.id
  );
}

function canonicalPair(
  session: InitiatingSession,
  written: { readonly from: string; readonly to: string },
): { readonly from: Domain; readonly to: Domain } | null {
  const from = canonicalDomain(written.from, session.primitives);
  const to = canonicalDomain(written.to, session.primitives);
  return from === null || to === null ? null : { from, to };
}

function error(
  condition: Extract<DialbackOutcome, { kind: "error" }>["condition"],
): DialbackOutcome {
  return { kind: "error", condition, text: null };
}
