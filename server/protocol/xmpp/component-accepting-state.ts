import type { Jid } from "./address.ts";
import type { Domain } from "./domain.ts";
import type { XmlElement } from "./element.ts";
import type { ReaderEvent, StreamHeader } from "./reader.ts";
import { stanzaKind } from "./stanza.ts";
import { isStreamError, type StreamErrorCondition } from "./stream-error.ts";

export interface AcceptingOptions {
  /** From the connection, TLS included, to the accepted handshake; keepalives and dribble do not move it. */
  readonly negotiationMs: number;
  /** Time for the component's `</stream:stream>` (RFC 6120 §4.4). */
  readonly closeMs: number;
  /** The address in canonical form, null if it is none. */
  readonly parse: (address: string) => Jid | null;
}

export type AcceptingPhase =
  | "idle"
  | "header"
  | "greeting"
  | "handshake"
  | "checking"
  | "attached"
  | "closing"
  | "closed";

export interface AcceptingState {
  readonly phase: AcceptingPhase;
  readonly options: AcceptingOptions;
  readonly deadline: number | null;
  /** The component's name, once the host has granted it. */
  readonly name: Domain | null;
  /** Whether our own header was sent: an error cannot stand without one (RFC 6120 §4.9.1.2). */
  readonly isOpen: boolean;
  /** We closed it without an error: what the component has under way is still taken (RFC 6120 §4.4). */
  readonly isDraining: boolean;
}

export type AcceptingInput =
  | { readonly kind: "connected" }
  | { readonly kind: "received"; readonly event: ReaderEvent }
  /** Answers `greet`: the name is hosted here. `streamId`: fresh and unpredictable (RFC 6120 §4.7.3). */
  | { readonly kind: "greeted"; readonly name: Domain; readonly streamId: string }
  /** Answers `greet`: `name` if it is hosted here and may not have another stream. */
  | {
      readonly kind: "refused";
      readonly condition: StreamErrorCondition;
      readonly name: Domain | null;
      readonly streamId: string;
    }
  /** Answers `check`. */
  | { readonly kind: "checked"; readonly isRight: boolean }
  | { readonly kind: "close"; readonly condition: StreamErrorCondition | null }
  | { readonly kind: "timeout" }
  | { readonly kind: "disconnected" };

/** Why a stream did not come about, or ended otherwise than by `</stream:stream>` or our own `close`. */
export type AcceptingFailure =
  | { readonly code: "refused"; readonly condition: StreamErrorCondition }
  | { readonly code: "wrong_secret" }
  | { readonly code: "invalid_from"; readonly from: string }
  /** What came is not XML as XMPP allows it, not what is due, or too much before the handshake. */
  | {
      readonly code: "unreadable";
      readonly condition: StreamErrorCondition;
      readonly reason: string;
    }
  /** The component's own words. */
  | {
      readonly code: "stream_error";
      readonly condition: StreamErrorCondition;
      readonly text: string | null;
    }
  | { readonly code: "timeout"; readonly phase: AcceptingPhase }
  | { readonly code: "lost"; readonly phase: AcceptingPhase };

export type AcceptingEffect =
  | { readonly kind: "send"; readonly xml: string }
  | { readonly kind: "greet"; readonly header: StreamHeader }
  | { readonly kind: "check"; readonly digest: string }
  | { readonly kind: "attached"; readonly name: Domain }
  | { readonly kind: "stanza"; readonly element: XmlElement; readonly sizeBytes: number }
  /** Too big or too deep: name and attributes only. */
  | { readonly kind: "refused_stanza"; readonly head: XmlElement; readonly sizeBytes: number }
  | { readonly kind: "failed"; readonly failure: AcceptingFailure }
  | { readonly kind: "disconnect" };

export interface AcceptingStep {
  readonly state: AcceptingState;
  readonly effects: readonly AcceptingEffect[];
}

export function acceptingStream(options: AcceptingOptions): AcceptingState {
  return { phase: "idle", options, deadline: null, name: null, isOpen: false, isDraining: false };
}

export type AcceptingEvent =
  | Exclude<AcceptingInput["kind"], "received">
  | "opened"
  | "handshake"
  | "stanza"
  | "stream_error"
  | "other_element"
  | "oversize"
  | "stream_closed"
  | "unreadable";

/** The names of the table's columns, for the test that walks every cell. */
export function acceptingEvent(input: AcceptingInput): AcceptingEvent {
  if (input.kind !== "received") return input.kind;
  const { event } = input;
  switch (event.kind) {
    case "opened":
      return "opened";
    case "closed":
      return "stream_closed";
    case "failed":
      return "unreadable";
    case "refused":
      return "oversize";
    case "element":
      if (stanzaKind(event.element) !== null) return "stanza";
      if (isStreamError(event.element)) return "stream_error";
      return isHandshake(event.element) ? "handshake" : "other_element";
  }
}

function isHandshake({ name, namespace }: XmlElement): boolean {
  // The reader gives elements of the stream's content namespace as `jabber:client`.
  return name === "handshake" && namespace === "jabber:client";
}
