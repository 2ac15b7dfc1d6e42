import type { Primitives } from "../primitives.ts";
import { dialbackKind, type DialbackOutcome } from "./dialback.ts";
import type { Domain } from "./domain.ts";
import type { XmlElement } from "./element.ts";
import { isFeatures, noFeatures, type StreamFeatures } from "./features.ts";
import { ns } from "./namespaces.ts";
import type { ReaderEvent, RefusalReason, StreamHeader } from "./reader.ts";
import type { SaslCondition } from "./sasl.ts";
import type { AuthorizedPair } from "./stanza-admission.ts";
import type { StanzaErrorCondition } from "./stanza-error.ts";
import { stanzaKind } from "./stanza.ts";
import { isStreamError, type StreamErrorCondition } from "./stream-error.ts";
import type { StreamManagement } from "./stream-management.ts";

export interface InitiatingOptions {
  /** Our domain: sent as `from` after TLS (RFC 6120 §4.7.1); null for an anonymous probe. */
  readonly from: string | null;
  /** The domain that we want, A-labels; also the reference for its certificate. */
  readonly to: string;
  /** `direct`: the socket is TLS from its first byte. `required`: no stream without STARTTLS. */
  readonly security: "required" | "preferred" | "never" | "direct";
  /** Time for all of the negotiation, TLS included. */
  readonly negotiationMs: number;
  /** Time for the other side's `</stream:stream>` (RFC 6120 §4.4). */
  readonly closeMs: number;
}

export type Phase =
  | "idle"
  | "header"
  | "features"
  | "starttls"
  | "tls"
  /** Features are known, nobody is authenticated. */
  | "ready"
  /** SASL waits for its outcome. */
  | "sasl"
  /** At least one pair of domains is authenticated. */
  | "established"
  | "closing"
  | "closed";

export interface InitiatingState {
  readonly phase: Phase;
  readonly options: InitiatingOptions;
  readonly isSecured: boolean;
  readonly deadline: number | null;
  /** The peer's header of the current stream; what was said before TLS is forgotten (§5.4.3.3). */
  readonly header: StreamHeader | null;
  readonly features: StreamFeatures;
  /** STARTTLS was sent though not offered (RFC 7590 §3.1): a refusal then means "not offered". */
  readonly isTlsUnoffered: boolean;
  /** What is needed beyond `ready`; null until the stream is adopted (`adoptStream`). */
  readonly session: InitiatingSession | null;
}

export interface InitiatingSession {
  readonly primitives: Primitives;
  /** Time for SASL with its restart, and for each answer of dialback (XEP-0220 §2.1.1). */
  readonly answerMs: number;
  /** The pair that SASL is to authenticate, or has. */
  readonly external: { readonly from: Domain; readonly to: Domain } | null;
  readonly isSaslDone: boolean;
  /** We to them. */
  readonly authenticated: readonly AuthorizedPair[];
  /** The same the other way: what may come in on a bidi stream. */
  readonly inbound: readonly AuthorizedPair[];
  /** `<db:result/>` and `<db:verify/>` of ours that wait for an answer, and how long. */
  readonly requests: readonly DialbackRequest[];
  /** `<db:verify/>` of the peer that wait for `key_checked`. */
  readonly checks: readonly DialbackCheck[];
  readonly isBidi: boolean;
  /** Counters of XEP-0198 from the moment that `<enable/>` is sent. */
  readonly management: StreamManagement | null;
  /** The peer has agreed to it. */
  readonly isManaged: boolean;
  /** Closed without an error: what the peer has under way is still taken (RFC 6120 §4.4). */
  readonly isDraining: boolean;
}

export interface DialbackRequest {
  readonly kind: "result" | "verify";
  readonly from: Domain;
  readonly to: Domain;
  /** Of `verify` only. */
  readonly id: string | null;
  readonly until: number;
}

export interface DialbackCheck {
  readonly from: Domain;
  readonly to: Domain;
  readonly id: string;
  readonly written: { readonly from: string; readonly to: string };
}

export type Input =
  | { readonly kind: "connected" }
  | { readonly kind: "received"; readonly event: ReaderEvent }
  | { readonly kind: "secured" }
  /** Logs in by the certificate; `authzid` is our domain (XEP-0178 §3 step 10). Once, in `ready`. */
  | {
      readonly kind: "login";
      readonly method: "external";
      readonly authzid: string;
      readonly bidi: boolean;
    }
  /** Asks that `from` may send to `to`; `key` is made with the id of `state.header`. */
  | {
      readonly kind: "login";
      readonly method: "dialback";
      readonly from: string;
      readonly to: string;
      readonly key: string;
      readonly bidi: boolean;
    }
  /** Asks whether the peer made this key, which `to` has shown to `from` on the stream `id`. */
  | {
      readonly kind: "verify";
      readonly from: string;
      readonly to: string;
      readonly id: string;
      readonly key: string;
    }
  | {
      readonly kind: "key_checked";
      readonly from: Domain;
      readonly to: Domain;
      readonly id: string;
      readonly outcome: DialbackOutcome;
    }
  | { readonly kind: "enable_sm" }
  /** So many stanzas were written to the peer since `enable_sm`, or since the last `sent`. */
  | { readonly kind: "sent"; readonly count: number }
  | { readonly kind: "close"; readonly condition?: StreamErrorCondition; readonly text?: string }
  | { readonly kind: "timeout" }
  | { readonly kind: "disconnected" };

export type Failure =
  /** Whatever answered does not speak XMPP. */
  | { readonly code: "stream.not_xmpp"; readonly reason: string }
  | {
      readonly code: "stream.host_unknown";
      readonly condition: StreamErrorCondition;
      readonly text: string | null;
    }
  /** The peer closed the stream with another error. */
  | {
      readonly code: "stream.policy";
      readonly condition: StreamErrorCondition;
      readonly text: string | null;
    }
  /** The peer broke the protocol; we closed with `condition`. */
  | {
      readonly code: "stream.protocol";
      readonly condition: StreamErrorCondition;
      readonly reason: string;
    }
  | { readonly code: "stream.timeout"; readonly phase: Phase }
  /** The socket or the stream ended without a word. */
  | { readonly code: "stream.closed"; readonly phase: Phase }
  | { readonly code: "tls.not_offered"; readonly detail: "absent" | "refused" | "old_version" };

export type Effect =
  | { readonly kind: "send"; readonly xml: string }
  | { readonly kind: "new_reader"; readonly isAuthenticated: boolean }
  | { readonly kind: "raise_limits" }
  | { readonly kind: "start_tls" }
  | { readonly kind: "ready"; readonly features: StreamFeatures; readonly header: StreamHeader }
  | {
      readonly kind: "authenticated";
      readonly by: "external" | "dialback";
      readonly from: Domain;
      readonly to: Domain;
      /** After SASL those of the restarted stream, otherwise those that are known. */
      readonly features: StreamFeatures;
    }
  /** The stream is as usable as before: the other method may be tried. */
  | ({ readonly kind: "login_failed" } & LoginFailure)
  | {
      readonly kind: "verified";
      readonly from: Domain;
      readonly to: Domain;
      readonly id: string;
      /** What they say, or that they said nothing in time; null: this stream is over, and another one may be asked. */
      readonly outcome: DialbackOutcome | null;
    }
  | {
      readonly kind: "check_key";
      readonly from: Domain;
      readonly to: Domain;
      readonly id: string;
      readonly key: string;
    }
  | { readonly kind: "bidi_enabled" }
  | { readonly kind: "sm_enabled" }
  | { readonly kind: "sm_failed"; readonly condition: StanzaErrorCondition }
  | { readonly kind: "acknowledged"; readonly count: number }
  /** On a bidi stream, for the inverse of an authenticated pair. */
  | { readonly kind: "stanza"; readonly element: XmlElement; readonly sizeBytes: number }
  | {
      readonly kind: "refused_stanza";
      readonly head: XmlElement;
      readonly reason: RefusalReason;
      readonly sizeBytes: number;
    }
  /** Illegal here but harmless when passed over; for the log. */
  | { readonly kind: "ignored"; readonly name: string; readonly reason: string }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "disconnect" };

export type LoginFailure =
  | {
      readonly method: "external";
      readonly condition: SaslCondition;
      readonly text: string | null;
    }
  | {
      readonly method: "dialback";
      readonly from: Domain;
      readonly to: Domain;
      /** Never `valid`. No answer in time, or none any more, is `remote-server-timeout`. */
      readonly outcome: DialbackOutcome;
    };

export interface Step {
  readonly state: InitiatingState;
  readonly effects: readonly Effect[];
}

export function initiatingStream(options: InitiatingOptions): InitiatingState {
  return {
    phase: "idle",
    options,
    isSecured: options.security === "direct",
    deadline: null,
    header: null,
    features: noFeatures,
    isTlsUnoffered: false,
    session: null,
  };
}

export type EventName =
  | Exclude<Input["kind"], "received">
  | "opened"
  | "features"
  | "proceed"
  | "tls_failure"
  | "sasl_success"
  | "sasl_failure"
  | "sasl_challenge"
  | "dialback_request"
  | "dialback_answer"
  | "sm_enabled"
  | "sm_failed"
  | "ack_request"
  | "ack"
  | "stanza"
  | "oversize"
  | "stream_error"
  | "other_element"
  | "stream_closed"
  | "unreadable";

/** The names of the table's columns, for the test that walks every cell. */
export function eventName(input: Input): EventName {
  if (input.kind !== "received") return input.kind;
  switch (input.event.kind) {
    case "opened":
      return "opened";
    case "closed":
      return "stream_closed";
    case "failed":
      return "unreadable";
    case "refused":
      return "oversize";
    case "element":
      return elementName(input.event.element);
  }
}

function elementName(received: XmlElement): EventName {
  if (stanzaKind(received) !== null) return "stanza";
  const { name, namespace } = received;
  switch (namespace) {
    case ns.streamManagement:
      if (name === "a") return "ack";
      if (name === "r") return "ack_request";
      if (name === "enabled") return "sm_enabled";
      return name === "failed" ? "sm_failed" : "other_element";
    case ns.dialback: {
      const kind = dialbackKind(received);
      if (kind === null) return "other_element";
      return kind === "result_answer" || kind === "verify_answer"
        ? "dialback_answer"
        : "dialback_request";
    }
    case ns.tls:
      if (name === "proceed") return "proceed";
      return name === "failure" ? "tls_failure" : "other_element";
    case ns.sasl:
      return name === "success" || name === "failure" || name === "challenge"
        ? `sasl_${name}`
        : "other_element";
    default:
      if (isStreamError(received)) return "stream_error";
      return isFeatures(received) ? "features" : "other_element";
  }
}
