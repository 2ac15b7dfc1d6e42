import type { Primitives } from "#protocol/primitives.ts";
import { parseDomain } from "#protocol/xmpp/domain.ts";
import type { GeneralName } from "./general-names.ts";

/** Which presented name stands for the reference: shown as `dns:*.example.com`. */
export interface NameMatch {
  readonly kind: "dns" | "srv" | "xmpp";
  readonly value: string;
}

const service = "_xmpp-server.";
const hostLabel = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/**
 * The first presented name that authenticates the XMPP domain `reference` for server-to-server use
 * (RFC 9525 §6.3, RFC 6120 §13.7.1.2.1 and §13.7.2.1), or null:
 *
 * - DNS-ID, and SRV-ID whose service is `_xmpp-server` (a `_xmpp-client` one says nothing here). `*`
 *   may be the complete left-most label before two more, and stands for exactly one label.
 * - XmppAddr that is a domain: one with `@` or `/` is an account, not a server.
 *
 * `reference` is the domain that was asked for, never the SRV target. The common name, addresses,
 * URIs and e-mail names never count; nor does any name with a character that no host name has
 * (NUL, control, non-ASCII), whatever it would be truncated or mapped to.
 */
export function matchIdentity(
  names: readonly GeneralName[],
  reference: string,
  primitives: Primitives,
): NameMatch | null {
  const domain = parseDomain(reference, primitives);
  if (!domain.ok) return null;
  const host = domain.value.ascii;
  for (const name of names) {
    if (name.kind === "dns" && covers(name.value, host)) return { kind: "dns", value: name.value };
    if (name.kind === "srv" && coversService(name.value, host))
      return { kind: "srv", value: name.value };
    if (name.kind === "xmpp" && isServerAddress(name.value, host, primitives))
      return { kind: "xmpp", value: name.value };
  }
  return null;
}

export function showNameMatch(match: NameMatch): string {
  return `${match.kind}:${match.value.toLowerCase()}`;
}

/** The domain that an SRV-ID or XmppAddr speaks for, in lower case, or null: what name constraints are put to. */
export function domainOf(name: GeneralName, primitives: Primitives): string | null {
  if (name.kind === "srv") {
    const value = name.value.toLowerCase();
    const dot = value.indexOf(".");
    return value.startsWith("_") && dot > 0 ? value.slice(dot + 1) : null;
  }
  if (name.kind === "xmpp") return plainDomain(name.value, primitives);
  return null;
}

/** Whether a presented DNS name covers `host` (lower-case A-labels). */
export function covers(presented: string, host: string): boolean {
  if (presented.length > 253) return false;
  const labels = presented.toLowerCase().split(".");
  const wanted = host.split(".");
  if (labels.length !== wanted.length) return false;
  const isWildcard = labels[0] === "*";
  if (isWildcard && labels.length < 3) return false;
  return labels.every((label, index) => {
    if (index === 0 && isWildcard) return true;
    return hostLabel.test(label) && label === wanted[index];
  });
}

function coversService(presented: string, host: string): boolean {
  return (
    presented.toLowerCase().startsWith(service) && covers(presented.slice(service.length), host)
  );
}

function isServerAddress(presented: string, host: string, primitives: Primitives): boolean {
  return plainDomain(presented, primitives) === host;
}

/**
 * A domain that is written in canonical form already, as U-labels or A-labels: a name that only becomes
 * a domain by mapping (fullwidth letters, soft hyphens) is not one that an authority has checked.
 */
function plainDomain(text: string, primitives: Primitives): string | null {
  if (text.length > 1023 || /[@/]/.test(text)) return null;
  const parsed = parseDomain(text, primitives);
  if (!parsed.ok) return null;
  const written = text.toLowerCase();
  const { ascii, unicode } = parsed.value;
  return written === ascii || written === unicode ? ascii : null;
}
