import type { Primitives } from "../primitives.ts";
import { dialbackKind, type DialbackOutcome } from "./dialback.ts";
import type { Domain } from "./domain.ts";
import type { XmlElement } from "./element.ts";
import { ns } from "./namespaces.ts";
import type { ReaderEvent, RefusalReason, StreamHeader } from "./reader.ts";
import type { AuthorizedPair } from "./stanza-admission.ts";
import { stanzaKind } from "./stanza.ts";
import { isStreamError, type StreamErrorCondition } from "./stream-error.ts";
import type { StreamManagement } from "./stream-management.ts";

export interface ReceivingOptions {
  /** `direct`: the socket is TLS from its first byte. */
  readonly security: "starttls" | "direct";
  /** Time until the first authentication, TLS included; what the peer sends does not prolong it. */
  readonly negotiationMs: number;
  /** Time for the other side's `</stream:stream>` (RFC 6120 §4.4). */
  readonly closeMs: number;
  /** Id of a header that only carries an error (RFC 6120 §4.9.1.2); nothing is ever proven by it. */
  readonly errorStreamId: string;
  readonly primitives: Primitives;
}

/** What the host grants once it knows the header; asked anew after each restart. */
export interface ReceivingTerms {
  /** Fresh and unpredictable, without spaces (RFC 6120 §4.7.3, XEP-0185 §2). */
  readonly streamId: string;
  /** Which of our names answers. */
  readonly from: Domain;
  readonly startTls: "none" | "offered" | "required";
  /** The certificate of this TLS session stands for the header's `from` (XEP-0178 §3 step 9). */
  readonly external: boolean;
  /** `<db:result/>` is taken. */
  readonly dialback: boolean;
  readonly bidi: boolean;
  /** XEP-0198. */
  readonly streamManagement: boolean;
  /** XEP-0478; null announces none. */
  readonly limits: { readonly maxBytes: number; readonly idleSeconds: number } | null;
}

export type ReceivingPhase =
  | "idle"
  | "header"
  /** The host is asked what it grants. */
  | "greeting"
  /** Header and features are sent; nobody has proven anything yet. */
  | "negotiating"
  /** SASL waits for a response. */
  | "challenged"
  | "tls"
  /** At least one pair of domains is authorized. */
  | "ready"
  | "closing"
  | "closed";

export interface ReceivingState {
  readonly phase: ReceivingPhase;
  readonly options: ReceivingOptions;
  readonly isSecured: boolean;
  readonly deadline: number | null;
  /** The peer's header of the current stream. */
  readonly header: StreamHeader | null;
  /** Names of the headers so far, canonical: once given, they must not change. */
  readonly names: { readonly from: Domain | null; readonly to: Domain | null };
  readonly terms: ReceivingTerms | null;
  readonly isSaslDone: boolean;
  readonly saslFailures: number;
  readonly authorized: readonly AuthorizedPair[];
  /** `<db:result/>` that wait for `verified`. */
  readonly pending: readonly PendingPair[];
  /** `<db:verify/>` that wait for `key_checked`. */
  readonly checks: readonly PendingCheck[];
  /** Came before the host had answered `greet`; at most `maxHeld`, of `maxHeldBytes` together. */
  readonly held: readonly ReaderEvent[];
  /** The peer takes stanzas on this stream too (XEP-0288), for the inverse of authorized pairs only. */
  readonly isBidi: boolean;
  /** Counters of XEP-0198 once it is enabled. */
  readonly management: StreamManagement | null;
  /** Closed without an error: what the peer has under way is still taken (RFC 6120 §4.4). */
  readonly isDraining: boolean;
}

export interface PendingPair {
  readonly from: Domain;
  readonly to: Domain;
  /** As the peer wrote them: its answer is written so too. */
  readonly written: { readonly from: string; readonly to: string };
}

export interface PendingCheck extends PendingPair {
  readonly id: string;
}

/** A stream serves one peer and the domains that it hosts; more of them open another connection. */
export const maxAuthorized = 256;
export const maxPending = 16;
export const maxChecks = 16;
export const maxHeld = 8;
export const maxHeldBytes = 4096;
/** RFC 6120 §6.4.5: two retries. */
export const maxSaslFailures = 3;

export type ReceivingInput =
  | { readonly kind: "connected" }
  | { readonly kind: "received"; readonly event: ReaderEvent }
  | { readonly kind: "greeted"; readonly terms: ReceivingTerms }
  | {
      readonly kind: "refused";
      readonly condition: StreamErrorCondition;
      readonly text: string | null;
      /** The name that answers; null when none of ours was asked for. */
      readonly from: Domain | null;
    }
  | { readonly kind: "secured" }
  | {
      readonly kind: "verified";
      readonly from: Domain;
      readonly to: Domain;
      readonly outcome: DialbackOutcome;
    }
  | {
      readonly kind: "key_checked";
      readonly from: Domain;
      readonly to: Domain;
      readonly id: string;
      readonly outcome: DialbackOutcome;
    }
  /** So many stanzas were written to the peer: on a managed bidi stream it acknowledges them. */
  | { readonly kind: "sent"; readonly count: number }
  | { readonly kind: "close"; readonly condition?: StreamErrorCondition; readonly text?: string }
  | { readonly kind: "timeout" }
  | { readonly kind: "disconnected" };

export type ReceivingFailure =
  /** Whatever connected does not speak XMPP. */
  | { readonly code: "stream.not_xmpp"; readonly reason: string }
  /** The peer closed the stream with an error. */
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
  | { readonly code: "stream.timeout"; readonly phase: ReceivingPhase }
  /** The connection ended without a word before anybody was authenticated. */
  | { readonly code: "stream.closed"; readonly phase: ReceivingPhase };

export type ReceivingEffect =
  | { readonly kind: "send"; readonly xml: string }
  | { readonly kind: "new_reader"; readonly isAuthenticated: boolean }
  | { readonly kind: "raise_limits" }
  | { readonly kind: "start_tls" }
  | {
      readonly kind: "greet";
      readonly header: StreamHeader;
      /** Both names of the header in canonical form, null when absent. */
      readonly from: Domain | null;
      readonly to: Domain | null;
      readonly isSecured: boolean;
      readonly isRestartAfterSasl: boolean;
    }
  | {
      readonly kind: "verify";
      readonly from: Domain;
      readonly to: Domain;
      /** As the peer wrote them: the authoritative server may know its key by these spellings only. */
      readonly written: { readonly from: string; readonly to: string };
      readonly key: string;
      readonly streamId: string;
    }
  | {
      readonly kind: "check_key";
      readonly from: Domain;
      readonly to: Domain;
      readonly id: string;
      readonly key: string;
    }
  | ({ readonly kind: "authorized" } & AuthorizedPair)
  | { readonly kind: "stanza"; readonly element: XmlElement; readonly sizeBytes: number }
  /** Too big or too deep, but its sender may be answered; `head` has no children. */
  | {
      readonly kind: "refused_stanza";
      readonly head: XmlElement;
      readonly reason: RefusalReason;
      readonly sizeBytes: number;
    }
  | { readonly kind: "bidi_enabled" }
  | { readonly kind: "sm_enabled" }
  | { readonly kind: "acknowledged"; readonly count: number }
  /** Illegal here but harmless when passed over, as unsolicited answers are; for the log. */
  | { readonly kind: "ignored"; readonly name: string; readonly reason: string }
  | { readonly kind: "failed"; readonly failure: ReceivingFailure }
  | { readonly kind: "disconnect" };

export interface ReceivingStep {
  readonly state: ReceivingState;
  readonly effects: readonly ReceivingEffect[];
}

export function receivingStream(options: ReceivingOptions): ReceivingState {
  return {
    phase: "idle",
    options,
    isSecured: options.security === "direct",
    deadline: null,
    header: null,
    names: { from: null, to: null },
    terms: null,
    isSaslDone: false,
    saslFailures: 0,
    authorized: [],
    pending: [],
    checks: [],
    held: [],
    isBidi: false,
    management: null,
    isDraining: false,
  };
}

export type ReceivingEventName =
  | Exclude<ReceivingInput["kind"], "received">
  | "opened"
  | "starttls"
  | "auth"
  | "response"
  | "abort"
  | "result_request"
  | "verify_request"
  | "dialback_answer"
  | "bidi"
  | "enable"
  | "resume"
  | "ack_request"
  | "ack"
  | "stanza"
  | "oversize"
  | "stream_error"
  | "other_element"
  | "stream_closed"
  | "unreadable";

/** The names of the table's columns, for the test that walks every cell. */
export function receivingEventName(input: ReceivingInput): ReceivingEventName {
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

function elementName(received: XmlElement): ReceivingEventName {
  if (stanzaKind(received) !== null) return "stanza";
  const { name, namespace } = received;
  switch (namespace) {
    case ns.streamManagement:
      if (name === "r") return "ack_request";
      if (name === "a") return "ack";
      return name === "enable" || name === "resume" ? name : "other_element";
    case ns.dialback: {
      const kind = dialbackKind(received);
      if (kind === null) return "other_element";
      return kind === "result_request" || kind === "verify_request" ? kind : "dialback_answer";
    }
    case ns.tls:
      return name === "starttls" ? name : "other_element";
    case ns.sasl:
      return name === "auth" || name === "response" || name === "abort" ? name : "other_element";
    case ns.bidi:
      return name === "bidi" ? name : "other_element";
    default:
      return isStreamError(received) ? "stream_error" : "other_element";
  }
}
