import { z } from "zod";
import { timestamp } from "./paging.ts";

export const tlsPolicy = z.enum(["required", "preferred", "never"]);

/** The lowest version of TLS that a peer's connections may have, as OpenSSL names it. */
export const minTls = z.enum(["TLSv1.2", "TLSv1.3"]);

/** What a certificate that is unlike all before does: nothing, an incident, or a halt until an admin accepts it. */
export const certificateChange = z.enum(["none", "notify", "hold"]);

/** How a certificate was found authentic: by the trusted roots, the peer's own authority, a pin, or its test mode. */
export const proof = z.enum(["pkix", "peer_ca", "pin", "test_mode"]);
export type Proof = z.infer<typeof proof>;

/** A certificate that a domain showed, as far as an admin compares it with another. */
export const knownCertificate = z.object({
  /** SHA-256 of the certificate and of its public key, `AA:BB:...`. */
  fingerprint: z.string(),
  publicKey: z.string(),
  subject: z.string(),
  issuer: z.string(),
  notBefore: timestamp,
  notAfter: timestamp,
  /** When it was first shown. */
  seenAt: timestamp,
});
export type KnownCertificate = z.infer<typeof knownCertificate>;

export const direction = z.enum(["in", "out"]);
export type Direction = z.infer<typeof direction>;

/** A certificate that waits for an admin: streams on which it is shown are refused. */
export const heldCertificate = knownCertificate.extend({ direction });
export type HeldCertificate = z.infer<typeof heldCertificate>;

/** How a domain has authenticated in one direction: as who dials us, or as whom we dial. */
export const authenticationSide = z.object({
  /** The strongest seen; what is weaker is refused until an admin accepts it. */
  strongest: z.enum(["dialback", "certificate"]),
  since: timestamp,
  lastBy: z.enum(["pkix", "peer_ca", "pin", "dialback"]),
  /** To the hour. */
  lastAt: timestamp,
  /** It has shown a certificate, authentic or not. */
  hasCertificate: z.boolean(),
  /** When something weaker was last refused, to the hour; null once it authenticated as strongly as before. */
  refusedAt: timestamp.nullable(),
});
export type AuthenticationSide = z.infer<typeof authenticationSide>;

/** `GET /api/v1/peers/:id/authentications`: one for each domain that the peer's terms apply to and that was met. */
export const authentication = z.object({
  domain: z.string(),
  inbound: authenticationSide.nullable(),
  outbound: authenticationSide.nullable(),
  /** Newest first, at most eight. */
  certificates: z.array(knownCertificate),
  held: heldCertificate.nullable(),
});
export type Authentication = z.infer<typeof authentication>;
export const authenticationList = z.object({ items: z.array(authentication) });

/**
 * `POST /api/v1/peers/:id/acceptances`, by an admin, audited. `certificate`: the held one with this fingerprint
 * counts as the domain's own from now on; `dismissal`: it does not, and is forgotten. `weaker`: the domain may
 * authenticate by less than it once did; what is stronger counts again from the next time it is seen.
 */
export const acceptance = z.discriminatedUnion("kind", [
  z.object({
    kind: z.enum(["certificate", "dismissal"]),
    domain: z.string().max(3071),
    fingerprint: z.string().max(95),
  }),
  z.object({ kind: z.literal("weaker"), domain: z.string().max(3071), direction }),
]);
export type Acceptance = z.infer<typeof acceptance>;

/**
 * Whether a domain may prove who it is by dialback where its certificate does not: `outgrown` when it might, but
 * has proved better before.
 */
const dialbackStanding = z.enum(["allowed", "refused", "outgrown"]);

/** How a domain must prove who it is on links of our own. */
export const proofDemand = z.object({
  tls: tlsPolicy,
  minTls,
  /** What makes its certificate authentic; null without TLS. */
  certificate: z.enum(["trusted_roots", "own_authority", "pins", "pins_and_authority"]).nullable(),
  /** Until then any certificate is taken. */
  testModeUntil: timestamp.nullable(),
  inboundDialback: dialbackStanding,
  outboundDialback: dialbackStanding,
  /** A certificate of it waits for an admin. */
  isHeld: z.boolean(),
});
export type ProofDemand = z.infer<typeof proofDemand>;

/** An authority that paths of one peer may end in. */
export const authoritySummary = z.object({
  subject: z.string(),
  fingerprint: z.string(),
  notBefore: timestamp,
  notAfter: timestamp,
});
export type AuthoritySummary = z.infer<typeof authoritySummary>;

/** SHA-256 as OpenSSL prints it, with or without colons. */
export const pin = z
  .string()
  .trim()
  .regex(
    /^[0-9A-Fa-f]{2}(?::?[0-9A-Fa-f]{2}){31}$/,
    "must be a SHA-256 fingerprint, 64 hexadecimal digits",
  );
