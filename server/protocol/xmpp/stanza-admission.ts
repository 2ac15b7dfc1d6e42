import type { Primitives } from "../primitives.ts";
import { type Domain, parseDomain } from "./domain.ts";
import type { XmlElement } from "./element.ts";
import type { StreamErrorCondition } from "./stream-error.ts";

/** Stanzas from `from` to `to` may come on this stream, and on a bidi stream those the other way go out. */
export interface AuthorizedPair {
  readonly from: Domain;
  readonly to: Domain;
  readonly by: "external" | "dialback";
}

/** The name in the one form that is compared; null when it is no domain name. */
export function canonicalDomain(name: string | null, primitives: Primitives): Domain | null {
  const outcome = name === null ? null : parseDomain(name, primitives);
  return outcome?.ok === true ? outcome.value.ascii : null;
}

/**
 * Why a stanza that came on a stream ends that stream, or null when one of `pairs` covers its domains
 * (RFC 6120 §8.1.1.2, §8.1.2.2). Localparts and resources are not judged here: a malformed one is an
 * error of one stanza, not of the stream.
 */
export function admissionFault(
  stanza: XmlElement,
  pairs: readonly AuthorizedPair[],
  primitives: Primitives,
): StreamErrorCondition | null {
  const { from: sender = "", to: recipient = "" } = stanza.attributes;
  const isWritten = (pair: AuthorizedPair) => isAt(pair.from, sender) && isAt(pair.to, recipient);
  if (pairs.some(isWritten)) return null;
  const from = canonicalDomain(domainOf(sender), primitives);
  const to = canonicalDomain(domainOf(recipient), primitives);
  if (from === null || to === null) return "improper-addressing";
  if (pairs.some((pair) => pair.from === from && pair.to === to)) return null;
  return pairs.some((pair) => pair.from === from) ? "host-unknown" : "invalid-from";
}

/** Whether that is the domainpart of the address as it is written; nothing is cut out for it. */
export function isAt(domain: string, address: string): boolean {
  const slash = address.indexOf("/");
  const end = slash === -1 ? address.length : slash;
  if (!address.startsWith(domain, end - domain.length)) return false;
  const at = address.indexOf("@");
  return end - domain.length === (at < end ? at + 1 : 0);
}

/** The domainpart as it is written (RFC 7622 §3.1: cut the resource first, then the localpart). */
export function domainOf(address: string): string {
  const slash = address.indexOf("/");
  const bare = slash === -1 ? address : address.slice(0, slash);
  return bare.slice(bare.indexOf("@") + 1);
}
