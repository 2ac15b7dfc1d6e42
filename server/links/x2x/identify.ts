import { createHash } from "node:crypto";
import type { Finding, PresentedCertificate } from "#contract/traces.ts";
import type { PeerTrust } from "../s2s/trust.ts";
import { x2xFinding } from "./findings.ts";
import type { X2xTerms } from "./terms.ts";

/** What a connection shows of the other end. */
export interface Shown {
  /** As the system says it, IPv4 in IPv6 undone. */
  readonly address: string;
  readonly port: number;
  /** DER, leaf first; null: no TLS. */
  readonly chain: readonly Uint8Array[] | null;
}

export interface IdentityDeps {
  readonly trust: Pick<PeerTrust, "judge">;
  /** Names of an address by reverse DNS, and whether a validating resolver vouches for them. */
  readonly reverse: (
    address: string,
  ) => Promise<{ names: readonly string[]; isSecure: boolean; resolver: string }>;
}

/** Whether the other end is the peer of a link. */
export interface Identity {
  /** Why it is not; null: it is. */
  readonly fault: Finding | null;
  /** When the certificates end that it rests on; null: never, or on none. */
  readonly validUntil: Date | null;
  /** What was judged; null: no dates or names count, as the certificate is pinned, or there is none. */
  readonly presented: PresentedCertificate | null;
}

/** Who is at the other end (XEP-0361 §4.2). */
export async function identify(
  terms: X2xTerms,
  shown: Shown,
  direction: "in" | "out",
  deps: IdentityDeps,
): Promise<Identity> {
  const isClear = terms.agreement.security === "plain";
  const identity = isClear
    ? admitted
    : await identifyByCertificate(terms, shown.chain, direction, deps);
  // Whom we dialled is where the agreement says that the peer listens.
  if (identity.fault !== null || direction === "out") return identity;
  return { ...identity, fault: await originFault(terms, shown, deps) };
}

const admitted: Identity = { fault: null, validUntil: null, presented: null };

/** The same by what was shown alone: it can be asked again of a connection that is open. */
export async function identifyByCertificate(
  { name: link, agreement }: X2xTerms,
  chain: readonly Uint8Array[] | null,
  direction: "in" | "out",
  deps: Pick<IdentityDeps, "trust">,
): Promise<Identity> {
  const [, peer] = agreement.sides;
  const refused = (fault: Finding): Identity => ({ ...admitted, fault });
  if (chain === null) return refused(x2xFinding("x2x.plain_there", "peer", { link }));
  const [leaf] = chain;
  if (leaf === undefined) return refused(x2xFinding("x2x.certificate_missing", "peer", { link }));
  if (peer.certificate?.by === "pins") {
    const fingerprint = fingerprintOf(leaf);
    // As RFC 7671 §5.1 has it for DANE-EE: names and dates do not count.
    if (peer.certificate.pins.includes(fingerprint)) return admitted;
    return refused(x2xFinding("x2x.certificate_pin", "peer", { link, fingerprint }));
  }
  let finding: Finding | null = null;
  for (const domain of peer.domains) {
    const { isAuthentic, by, validUntil, ...judged } = await deps.trust.judge({
      ...{ domain, chain, direction },
    });
    if (isAuthentic) {
      const presented = { ...judged.presented, ...(by === null ? {} : { proof: by }) };
      return { fault: null, validUntil, presented };
    }
    finding ??= judged.finding;
  }
  return refused(finding ?? x2xFinding("x2x.certificate_missing", "peer", { link }));
}

/** Why it does not come from where this link's peer opens connections, or null (XEP-0361 §4.2.2). */
export async function originFault(
  { name: link, agreement }: X2xTerms,
  { address, port }: Omit<Shown, "chain">,
  deps: IdentityDeps,
): Promise<Finding | null> {
  const { opens } = agreement.sides[1];
  if (opens === null)
    return x2xFinding("x2x.source_address", "peer", { link, address, expected: "" });
  const { addresses, knownBy } = opens;
  const isElsewhere = addresses.length > 0 && !addresses.includes(address);
  if (isElsewhere)
    return x2xFinding("x2x.source_address", "peer", {
      link,
      address,
      expected: addresses.join(", "),
    });
  if (opens.port !== null && port !== opens.port)
    return x2xFinding("x2x.source_port", "peer", { link, address, port, expected: opens.port });
  if (knownBy !== "reverse_dns" || opens.hostName === null) return null;
  const { names, isSecure, resolver } = await deps.reverse(address);
  // XEP-0361 §5: an answer that anybody may have forged proves nothing.
  if (!isSecure) return x2xFinding("x2x.reverse_dns_insecure", "us", { link, address, resolver });
  if (names.includes(opens.hostName)) return null;
  const found = names.join(", ");
  return x2xFinding("x2x.reverse_dns", "peer", { link, address, hostName: opens.hostName, found });
}

/** How well a connection from there fits, when several links share a port; the higher the better, 0 not at all. */
export function originRank({ agreement }: X2xTerms, address: string, port: number): number {
  const { opens } = agreement.sides[1];
  if (opens === null) return 0;
  if (opens.addresses.length > 0 && !opens.addresses.includes(address)) return 0;
  if (opens.port !== null && opens.port !== port) return 0;
  return 1 + (opens.addresses.length > 0 ? 1 : 0) + (opens.port !== null ? 2 : 0);
}

/** SHA-256, in hexadecimal. */
export function fingerprintOf(certificate: Uint8Array): string {
  return createHash("sha256").update(certificate).digest("hex");
}

/** `::ffff:10.0.0.1` is the IPv4 address that it carries. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, "");
}
