import type { Primitives } from "../primitives.ts";
import { element, textOf, type XmlElement } from "./element.ts";
import { ns } from "./namespaces.ts";
import { buildStanzaError, parseStanzaError, type StanzaErrorCondition } from "./stanza-error.ts";
import { detach } from "./utf8.ts";

/** How its elements are written on streams of servers: with the prefix that their headers declare. */
export const dialbackPrefix: ReadonlyMap<string, string> = new Map([[ns.dialback, "db"]]);

/** What became of a key (XEP-0220 §2.1, §2.5). */
export type DialbackOutcome =
  | { readonly kind: "valid" }
  | { readonly kind: "invalid" }
  | {
      readonly kind: "error";
      readonly condition: StanzaErrorCondition;
      readonly text: string | null;
    };

export interface DialbackKeyParts {
  /** Ours, and of nobody else; any length. */
  readonly secret: string;
  /** The domain that the key is shown to. */
  readonly receiving: string;
  /** The domain that the key speaks for. */
  readonly originating: string;
  /** Of the receiving server's response header. */
  readonly streamId: string;
}

/**
 * The key of XEP-0185 §2, 64 lower-case hexadecimal digits: HMAC over names and id with a space
 * between, under the hexadecimal SHA-256 of the secret. No part may contain a space (`isDialbackName`),
 * or two different triples would have one key.
 */
export function dialbackKey(primitives: Primitives, parts: DialbackKeyParts): string {
  const { secret, receiving, originating, streamId } = parts;
  const text = `${receiving} ${originating} ${streamId}`;
  return primitives.hmacSha256Hex(primitives.sha256Hex(secret), text);
}

/** Whether `candidate` is the key of these parts; the time taken tells nothing of the key. */
export function isDialbackKey(
  primitives: Primitives,
  parts: DialbackKeyParts,
  candidate: string,
): boolean {
  if (![parts.receiving, parts.originating, parts.streamId].every(isDialbackName)) return false;
  return primitives.isSameSecret(dialbackKey(primitives, parts), candidate.trim());
}

/** Whether a name or stream id may be part of a key: not empty, no space of any kind (XEP-0185 §2). */
export function isDialbackName(text: string): boolean {
  return text !== "" && text.length <= 1023 && !/[\s\p{Zs}\p{Cc}]/u.test(text);
}

/** Both domains as they stand in the element: who sends it, and who is to take it. */
export interface DialbackPair {
  readonly from: string;
  readonly to: string;
}

export type Dialback = DialbackPair &
  (
    | { readonly kind: "result_request"; readonly key: string }
    | { readonly kind: "result_answer"; readonly outcome: DialbackOutcome }
    | { readonly kind: "verify_request"; readonly id: string; readonly key: string }
    | { readonly kind: "verify_answer"; readonly id: string; readonly outcome: DialbackOutcome }
  );

/** `<db:result/>` and `<db:verify/>` (XEP-0220 §2.1-2.2); an answer is what has a `type`. */
export function buildDialback(dialback: Dialback): XmlElement {
  const { kind, from, to } = dialback;
  switch (kind) {
    case "result_request":
      return element("result", ns.dialback, { from, to }, [dialback.key]);
    case "result_answer":
      return answer("result", { from, to }, dialback.outcome);
    case "verify_request":
      return element("verify", ns.dialback, { from, to, id: dialback.id }, [dialback.key]);
    case "verify_answer":
      return answer("verify", { from, to, id: dialback.id }, dialback.outcome);
  }
}

function answer(
  name: "result" | "verify",
  addressing: Readonly<Record<string, string>>,
  outcome: DialbackOutcome,
): XmlElement {
  const { kind: type } = outcome;
  if (outcome.kind !== "error") return element(name, ns.dialback, { ...addressing, type });
  // Not inside a stanza, so the wire's own namespace has to be named for it to be inherited.
  const error = buildStanzaError(outcome.condition, outcome.text ?? undefined);
  const children = [{ ...error, namespace: ns.server }];
  return element(name, ns.dialback, { ...addressing, type }, children);
}

/** Which of the four it is by its name and `type` alone; null when it is none of them. */
export function dialbackKind(candidate: XmlElement): Dialback["kind"] | null {
  if (candidate.namespace !== ns.dialback) return null;
  const isAnswer = candidate.attributes["type"] !== undefined;
  if (candidate.name === "result") return isAnswer ? "result_answer" : "result_request";
  if (candidate.name === "verify") return isAnswer ? "verify_answer" : "verify_request";
  return null;
}

/**
 * Reads a dialback element. Null when a name, id or key is missing, empty, too long or has a space in
 * it, or when `type` is none that XEP-0220 knows.
 */
export function parseDialback(received: XmlElement): Dialback | null {
  const kind = dialbackKind(received);
  // Pairs are remembered as long as their stream lasts.
  const from = detach(received.attributes["from"] ?? "");
  const to = detach(received.attributes["to"] ?? "");
  const id = detach(received.attributes["id"] ?? "");
  if (kind === null || !isDialbackName(from) || !isDialbackName(to)) return null;
  const isVerify = kind === "verify_request" || kind === "verify_answer";
  if (isVerify && !isDialbackName(id)) return null;
  switch (kind) {
    case "result_request":
    case "verify_request": {
      const key = detach(textOf(received).trim());
      if (!isDialbackName(key)) return null;
      return kind === "result_request" ? { kind, from, to, key } : { kind, from, to, id, key };
    }
    case "result_answer":
    case "verify_answer": {
      const outcome = parseOutcome(received);
      if (outcome === null) return null;
      return kind === "result_answer"
        ? { kind, from, to, outcome }
        : { kind, from, to, id, outcome };
    }
  }
}

function parseOutcome(received: XmlElement): DialbackOutcome | null {
  const { type } = received.attributes;
  if (type === "valid" || type === "invalid") return { kind: type };
  if (type !== "error") return null;
  const { condition, text } = parseStanzaError(received);
  return { kind: "error", condition, text };
}

/** The feature of XEP-0220 §2.4.2: errors are answered as such, and leave the stream open. */
export function buildDialbackFeature(): XmlElement {
  return element("dialback", ns.dialbackFeature, {}, [element("errors", ns.dialbackFeature)]);
}

/** Whether the header announces dialback (XEP-0220 §2.4.1). */
export function announcesDialback(header: {
  readonly prefixes: Readonly<Record<string, string>>;
}): boolean {
  return Object.values(header.prefixes).includes(ns.dialback);
}
