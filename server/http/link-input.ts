import { isIP } from "node:net";
import type { Primitives } from "#protocol/primitives.ts";
import { type Domain, isSameOrSubdomain, parseDomain } from "#protocol/xmpp/address.ts";
import { HttpProblem, problemOf } from "./problem.ts";

/** A name that a link speaks for: the domain or below it, so that the domain's owner can publish its records. */
export function localName(text: string, domain: Domain, primitives: Primitives): Domain {
  const parsed = parseDomain(text, primitives);
  if (!parsed.ok) throw problemOf(parsed.problem);
  const name = parsed.value.ascii;
  if (!isSameOrSubdomain(name, domain))
    throw new HttpProblem("link.name_outside", { params: { name, domain } });
  return name;
}

/** A host in canonical form: an address or a name. */
export function hostName(text: string, primitives: Primitives): string {
  const bare = text.replace(/^\[(.*)\]$/, "$1");
  if (isIP(bare) !== 0) return bare;
  const parsed = parseDomain(text, primitives);
  if (parsed.ok) return parsed.value.ascii;
  const { suggestion } = parsed.problem;
  throw new HttpProblem("link.host_invalid", { params: { host: text.slice(0, 255), suggestion } });
}

/** The secret is a hash over a visible id: whoever listens can guess it at leisure (XEP-0114 §4). */
export function consentFor(
  way: { host: string; security: "plain" | "tls"; typed: string | undefined },
  by: string,
  now: Date,
): { by: string; at: string } | null {
  if (way.security === "tls" || isLoopback(way.host)) return null;
  if (way.typed?.trim().toLowerCase() !== way.host)
    throw new HttpProblem("link.plain_consent", { params: { host: way.host } });
  return { by, at: now.toISOString() };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}
