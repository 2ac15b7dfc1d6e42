import type { XmlElement } from "./element.ts";
import { isFeatures, noFeatures, type StreamFeatures } from "./features.ts";
import { ns } from "./namespaces.ts";
import type { ReaderEvent, StreamHeader } from "./reader.ts";
import { isStreamError, type StreamErrorCondition } from "./stream-error.ts";

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
  | "ready"
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
}

export type Input =
  | { readonly kind: "connected" }
  | { readonly kind: "received"; readonly event: ReaderEvent }
  | { readonly kind: "secured" }
  | { readonly kind: "close" }
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
  | { readonly kind: "new_reader" }
  | { readonly kind: "start_tls" }
  | { readonly kind: "ready"; readonly features: StreamFeatures; readonly header: StreamHeader }
  | { readonly kind: "stanza"; readonly element: XmlElement }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "disconnect" };

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
  };
}

export type EventName =
  | "connected"
  | "opened"
  | "features"
  | "proceed"
  | "tls_failure"
  | "stanza"
  | "stream_error"
  | "other_element"
  | "stream_closed"
  | "unreadable"
  | "secured"
  | "close"
  | "timeout"
  | "disconnected";

/** The names of the table's columns, for the test that walks every cell. */
export function eventName(input: Input): EventName {
  if (input.kind !== "received") return input.kind;
  const { event } = input;
  if (event.kind === "opened") return "opened";
  if (event.kind === "closed") return "stream_closed";
  if (event.kind === "failed" || event.kind === "refused") return "unreadable";
  const { element: received } = event;
  if (isStreamError(received)) return "stream_error";
  if (isFeatures(received)) return "features";
  if (received.namespace === ns.tls && received.name === "proceed") return "proceed";
  if (received.namespace === ns.tls && received.name === "failure") return "tls_failure";
  if (received.namespace === ns.stanza && /^(?:iq|message|presence)$/.test(received.name))
    return "stanza";
  return "other_element";
}
