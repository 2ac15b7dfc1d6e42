import type { Primitives } from "../primitives.ts";
import type { DialbackOutcome } from "./dialback.ts";
import type { Domain } from "./domain.ts";
import type {
  DialbackRequest,
  Effect,
  InitiatingSession,
  InitiatingState,
  Step,
} from "./initiating-state.ts";

/**
 * Takes over a stream at `ready`, to log in on it or to have keys verified. `answerMs` is the time for
 * SASL with its restart, and for each answer of dialback; `closeMs` replaces that of the options.
 */
export function adoptStream(
  state: InitiatingState,
  terms: {
    readonly primitives: Primitives;
    readonly answerMs: number;
    readonly closeMs: number;
  },
): InitiatingState {
  const { primitives, answerMs, closeMs } = terms;
  return {
    ...state,
    options: { ...state.options, closeMs },
    session: {
      primitives,
      answerMs,
      external: null,
      isSaslDone: false,
      authenticated: [],
      inbound: [],
      requests: [],
      checks: [],
      isBidi: false,
      management: null,
      isManaged: false,
      isDraining: false,
    },
  };
}

/** The pair may be used from now on; `established` from the first one on. */
export function authenticate(
  state: InitiatingState,
  session: InitiatingSession,
  pair: { readonly from: Domain; readonly to: Domain; readonly by: "external" | "dialback" },
): Step {
  const { from, to, by } = pair;
  const isFirst = session.authenticated.length === 0;
  const next: InitiatingSession = {
    ...session,
    authenticated: [...session.authenticated, { from, to, by }],
    inbound: [...session.inbound, { from: to, to: from, by }],
  };
  const effects: Effect[] = [];
  if (isFirst && by === "dialback") effects.push({ kind: "raise_limits" });
  if (isFirst && session.isBidi) effects.push({ kind: "bidi_enabled" });
  effects.push({ kind: "authenticated", by, from, to, features: state.features });
  return { state: withSession({ ...state, phase: "established" }, next), effects };
}

/** The stream is restarted after SASL, and its features are known. */
export function becomeAuthenticated(state: InitiatingState): Step {
  const { session } = state;
  if (session?.external == null) return { state, effects: [] };
  return authenticate(state, session, { ...session.external, by: "external" });
}

/** With the deadline that follows from what is waited for; that of SASL stands until it is over. */
export function withSession(state: InitiatingState, session: InitiatingSession): InitiatingState {
  if (state.phase !== "ready" && state.phase !== "established") return { ...state, session };
  const until = session.requests.map((request) => request.until);
  return { ...state, session, deadline: until.length === 0 ? null : Math.min(...until) };
}

/** What is still waited for has failed (XEP-0220 §2.1.1: the loss of the stream is an error). */
export function abandon(state: InitiatingState): Effect[] {
  return (state.session?.requests ?? []).map(lost);
}

/** `abandon` has been told. */
export function settled(state: InitiatingState): InitiatingState {
  const { session } = state;
  if (session === null) return state;
  return { ...state, session: { ...session, requests: [], checks: [] } };
}

const timeout = { kind: "error", condition: "remote-server-timeout", text: null } as const;

export function unanswered(request: DialbackRequest): Effect {
  return answered(request, timeout);
}

/** The stream is over: that is no word of the authoritative server on a key (XEP-0220 §2.1.2). */
export function lost(request: DialbackRequest): Effect {
  const { from, to, id } = request;
  if (request.kind === "result") return answered(request, timeout);
  return { kind: "verified", from, to, id: id ?? "", outcome: null };
}

/** How the answer to a request is told, unless it is that a login succeeded. */
export function answered(request: DialbackRequest, outcome: DialbackOutcome): Effect {
  const { from, to, id } = request;
  return request.kind === "verify"
    ? { kind: "verified", from, to, id: id ?? "", outcome }
    : { kind: "login_failed", method: "dialback", from, to, outcome };
}
