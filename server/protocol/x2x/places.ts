import type { Agreement, CertificateTerms, Opening } from "./agreement.ts";

/** What of a link decides which connections it takes; `sides[0]` is ours. */
export interface AcceptingLink {
  readonly agreement: Agreement;
  /** Address of the port that it accepts on; null: all. */
  readonly listenAddress: string | null;
}

/**
 * Why two links cannot both accept where they listen. `x2x.place_taken`: one has the port on all addresses, the other on one
 * of them; `x2x.place_security`: one begins with TLS, the other does not; `x2x.place_peer`: nothing that a connection shows
 * tells of which it is.
 */
export type PlaceClash = "x2x.place_taken" | "x2x.place_security" | "x2x.place_peer";

/** Null where every connection is of one of them only, or of the narrower (XEP-0361 §4.2). */
export function placeClash(one: AcceptingLink, other: AcceptingLink): PlaceClash | null {
  const [ours, theirs] = one.agreement.sides;
  const [others, otherTheirs] = other.agreement.sides;
  if (ours.listens === null || others.listens === null) return null;
  if (theirs.opens === null || otherTheirs.opens === null) return null;
  if (ours.listens.port !== others.listens.port) return null;
  if (one.listenAddress !== other.listenAddress)
    return overlaps(one.listenAddress ?? "::", other.listenAddress ?? "::")
      ? "x2x.place_taken"
      : null;
  const { security } = one.agreement;
  if (security !== other.agreement.security) return "x2x.place_security";
  if (differsInOrigin(theirs.opens, otherTheirs.opens)) return null;
  if (security === "plain") return "x2x.place_peer";
  // SNI says whom it wants, its certificate who it is.
  if (ours.domains[0] !== others.domains[0]) return null;
  const isSameName = theirs.domains.some((domain) => otherTheirs.domains.includes(domain));
  return mayBeSame(theirs.certificate, otherTheirs.certificate, isSameName)
    ? "x2x.place_peer"
    : null;
}

/** Of two that a connection fits the narrower takes it: so many more or fewer conditions are a difference, too. */
function differsInOrigin(one: Opening, other: Opening): boolean {
  const isApart = (left: readonly unknown[], right: readonly unknown[]) =>
    left.length > 0 === right.length > 0
      ? left.length > 0 && !left.some((value) => right.includes(value))
      : true;
  const ports = [one, other].map(({ port }) => (port === null ? [] : [port]));
  if (isApart(one.addresses, other.addresses)) return true;
  if (isApart(ports[0] ?? [], ports[1] ?? [])) return true;
  // A name is asked for only when a link is tried: beside one that asks for none it decides nothing.
  const isByName = one.knownBy === "reverse_dns" && other.knownBy === "reverse_dns";
  return isByName && one.hostName !== other.hostName;
}

/** Whether one certificate can be both. */
function mayBeSame(
  one: CertificateTerms | null,
  other: CertificateTerms | null,
  isSameName: boolean,
): boolean {
  if (one?.by === "pins" && other?.by === "pins")
    return one.pins.some((pin) => other.pins.includes(pin));
  return isSameName;
}

/** Whether the system gives one of them only: `::` takes every address, `0.0.0.0` all of IPv4. */
function overlaps(one: string, other: string): boolean {
  const addresses = [one, other];
  if (one === other || addresses.includes("::")) return true;
  return addresses.includes("0.0.0.0") && addresses.every((address) => !address.includes(":"));
}
