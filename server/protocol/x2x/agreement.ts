import type { Primitives } from "../primitives.ts";

/**
 * What two operators agree on before an X2X link can be used (XEP-0361 §2, §4): all that a stream would negotiate. Both
 * appliances hold the same agreement; only which side is their own differs.
 */
export interface Agreement {
  /** XEP-0361 0.3, or the first draft, 0.0.1, in which no closing tag is exchanged. */
  readonly version: "0.3" | "0.0.1";
  /** `mutual_tls`: TLS from the first byte, both sides show a certificate; `plain`: the network protects the link. */
  readonly security: "mutual_tls" | "plain";
  /** `deflate`: zlib's format with our dictionary 1, a stream for each direction (docs/x2x-profile.md). */
  readonly compression: "none" | "deflate";
  /** `shared`: one connection carries both directions (XEP-0361 §4.3); `own`: each side sends on the connection that it opened. */
  readonly connections: "shared" | "own";
  /** What a stanza outside the agreement leads to: the end of the connection, or an error for this stanza. */
  readonly onInvalid: "close" | "bounce";
  readonly maxStanzaBytes: number;
  /** Seconds of silence after which a space is sent; null: none. */
  readonly keepaliveSeconds: number | null;
  /** Seconds without a stanza after which the opener closes (XEP-0361 §4.3); null: the connection is kept. */
  readonly idleSeconds: number | null;
  /** `xml:lang` of the implied stream; null: none. */
  readonly language: string | null;
  readonly sides: readonly [Side, Side];
}

/** One of the two servers. */
export interface Side {
  /** Canonical names for which it speaks, sorted; XEP-0361 §4.2. */
  readonly domains: readonly string[];
  /** Where it accepts connections; null: it does not. */
  readonly listens: { readonly host: string; readonly port: number } | null;
  /** How the other side knows it when it opens a connection; null: it opens none. */
  readonly opens: Opening | null;
  /** What its certificate must be, when the link has TLS. */
  readonly certificate: CertificateTerms | null;
}

export interface CertificateTerms {
  /** `names`: valid for one of its domains (RFC 9525); `pins`: one of these keys or certificates, whatever else it says. */
  readonly by: "names" | "pins";
  /** SHA-256 of the certificate, lower-case hexadecimal, sorted. */
  readonly pins: readonly string[];
}

/** XEP-0361 §4.2: who connects is known by its certificate, by where it comes from, or not at all. */
export interface Opening {
  readonly knownBy: Identity;
  /** IP addresses that it comes from, sorted; empty: any. */
  readonly addresses: readonly string[];
  /** Source port, when `address_and_port`. */
  readonly port: number | null;
  /** What its address must resolve back to, when `reverse_dns`. */
  readonly hostName: string | null;
}

/** Strongest first; `implicit`: NOT RECOMMENDED (XEP-0361 §4.2.1). */
export const identities = [
  "certificate",
  "address_and_port",
  "address",
  "reverse_dns",
  "implicit",
] as const;
export type Identity = (typeof identities)[number];

/** The same agreement as the other side holds it: its own side comes first. */
export function flip(agreement: Agreement): Agreement {
  const [ours, theirs] = agreement.sides;
  return { ...agreement, sides: [theirs, ours] };
}

/**
 * 30 decimal digits in groups of five, the same on both appliances and for no other agreement: to be compared by
 * telephone. 99 bits of the SHA-256 of the agreement's canonical form.
 */
export function fingerprintOf(agreement: Agreement, primitives: Primitives): string {
  const sides = agreement.sides.map(canonical).toSorted();
  const { sides: _, compression, ...rest } = agreement;
  // Halves that are older than this field mean `none`, and keep their digits.
  const common = compression === "deflate" ? { ...rest, compression } : rest;
  const hex = primitives.sha256Hex(`${canonical(common)}${sides.join("")}`);
  const digits = (BigInt(`0x${hex}`) % 10n ** 30n).toString().padStart(30, "0");
  return digits.replaceAll(/(\d{5})(?=\d)/g, "$1 ");
}

/** JSON with the keys of every object in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(
          Object.entries(inner).toSorted(([one], [other]) => (one < other ? -1 : 1)),
        )
      : inner,
  );
}

/** Why an agreement cannot work; `side` is 0 for ours, 1 for theirs, null for both. */
export interface AgreementFault {
  readonly code:
    | "x2x.nobody_opens"
    | "x2x.nobody_listens"
    | "x2x.needs_both"
    | "x2x.no_domains"
    | "x2x.same_domain"
    | "x2x.needs_tls"
    | "x2x.needs_certificate"
    | "x2x.needs_address"
    | "x2x.needs_port"
    | "x2x.needs_host_name"
    | "x2x.needs_pin";
  /** Path of the field, as in the agreement. */
  readonly field: string;
}

/** All that is wrong with an agreement as such, whoever's side is which. */
export function agreementFaults(agreement: Agreement): AgreementFault[] {
  const faults: AgreementFault[] = [];
  const [one, other] = agreement.sides;
  if (one.opens === null && other.opens === null)
    faults.push({ code: "x2x.nobody_opens", field: "sides" });
  // Each on its own connection: who opens none has none.
  else if (agreement.connections === "own" && (one.opens === null || other.opens === null))
    faults.push({ code: "x2x.needs_both", field: "connections" });
  for (const [index, side] of agreement.sides.entries()) {
    const at = (field: string) => `sides.${index}.${field}`;
    const peer = index === 0 ? other : one;
    if (side.domains.length === 0) faults.push({ code: "x2x.no_domains", field: at("domains") });
    if (peer.opens !== null && side.listens === null)
      faults.push({ code: "x2x.nobody_listens", field: at("listens") });
    faults.push(...certificateFaults(agreement, side, at), ...openingFaults(agreement, side, at));
  }
  if (one.domains.some((domain) => other.domains.includes(domain)))
    faults.push({ code: "x2x.same_domain", field: "sides.1.domains" });
  return faults;
}

function certificateFaults(
  { security }: Agreement,
  { certificate }: Side,
  at: (field: string) => string,
): AgreementFault[] {
  if (security === "mutual_tls" && certificate === null)
    return [{ code: "x2x.needs_certificate", field: at("certificate") }];
  if (certificate?.by === "pins" && certificate.pins.length === 0)
    return [{ code: "x2x.needs_pin", field: at("certificate.pins") }];
  return [];
}

function openingFaults(
  { security }: Agreement,
  { opens }: Side,
  at: (field: string) => string,
): AgreementFault[] {
  if (opens === null) return [];
  const { knownBy, addresses, port, hostName } = opens;
  if (knownBy === "certificate" && security !== "mutual_tls")
    return [{ code: "x2x.needs_tls", field: at("opens.knownBy") }];
  if (knownBy === "reverse_dns" && hostName === null)
    return [{ code: "x2x.needs_host_name", field: at("opens.hostName") }];
  const faults: AgreementFault[] = [];
  const isByAddress = knownBy === "address" || knownBy === "address_and_port";
  if (isByAddress && addresses.length === 0)
    faults.push({ code: "x2x.needs_address", field: at("opens.addresses") });
  if (knownBy === "address_and_port" && port === null)
    faults.push({ code: "x2x.needs_port", field: at("opens.port") });
  return faults;
}
