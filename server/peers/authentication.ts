import type {
  AuthenticationSide,
  Direction,
  HeldCertificate,
  KnownCertificate,
} from "#contract/peer-trust.ts";
import type { Finding } from "#contract/traces.ts";
import { describeChange } from "./certificate-watch.ts";
import { finding } from "./health.ts";

/** What is remembered of how one domain has authenticated; see store/authentications.ts. */
export interface AuthenticationMemory {
  readonly inbound: AuthenticationSide | null;
  readonly outbound: AuthenticationSide | null;
  readonly certificates: readonly KnownCertificate[];
  readonly held: HeldCertificate | null;
}

/** One authentication that succeeded by itself: whether it may stand is what is weighed. */
export interface Shown {
  readonly domain: string;
  readonly direction: Direction;
  readonly by: AuthenticationSide["lastBy"];
  /** As shown in this TLS session, authentic or not; null without one. */
  readonly certificate: Omit<KnownCertificate, "seenAt"> | null;
}

export type Verdict = { readonly ok: true } | { readonly ok: false; readonly finding: Finding };

/** Something that people are told: an incident that opens, closed at once where it was to be expected, or closes. */
export type AuthenticationNews =
  | {
      readonly kind: "opened";
      readonly incident: "certificate_changed" | "authentication_weaker";
      readonly cause: Finding;
      readonly isOver: boolean;
    }
  | { readonly kind: "closed"; readonly incident: "authentication_weaker" };

export interface Weighed {
  readonly verdict: Verdict;
  readonly memory: AuthenticationMemory;
  readonly news: readonly AuthenticationNews[];
  /** The memory says something that the one before did not, apart from the hour. */
  readonly isChanged: boolean;
  /** It is worth a write: changed, or an hour older. */
  readonly isDue: boolean;
}

export interface WeighingTerms {
  readonly certificateChange: "none" | "notify" | "hold";
  readonly now: Date;
}

const KNOWN = 8;
const HOUR_MS = 3600_000;
const nothing: AuthenticationMemory = {
  inbound: null,
  outbound: null,
  certificates: [],
  held: null,
};

/**
 * Weighs an authentication against those before it. Refused is what is weaker than the strongest seen in its
 * direction (RFC 6120 §13.14), both being secured for themselves, and, on `hold`, a certificate that is unlike
 * all before; a renewal for the same key is its holder's own. The first certificate ever counts as accepted.
 */
export function weighAuthentication(
  before: AuthenticationMemory | null,
  shown: Shown,
  terms: WeighingTerms,
): Weighed {
  const memory = before ?? nothing;
  const side = shown.direction === "in" ? memory.inbound : outboundOf(memory);
  const isHold = terms.certificateChange === "hold";
  if (side !== null && isWeaker(side, shown, isHold))
    return refuseWeaker(memory, side, shown, terms);
  const { certificate } = shown;
  const [last] = memory.certificates;
  const isNew =
    certificate !== null &&
    !memory.certificates.some((one) => one.fingerprint === certificate.fingerprint);
  if (!isNew || last === undefined) return admit(memory, shown, terms.now, []);
  const isSameKey = memory.certificates.some((one) => one.publicKey === certificate.publicKey);
  if (isHold && !isSameKey) return hold(memory, last, certificate, shown, terms.now);
  if (terms.certificateChange === "none") return admit(memory, shown, terms.now, []);
  const change = describeChange(
    { ...datesOf(last), fingerprint: last.fingerprint },
    { ...certificate, ...datesOf(certificate), isTrusted: shown.by !== "dialback" },
    { domain: shown.domain, now: terms.now, isRenewal: isSameKey },
  );
  const isOver = change.isExpected;
  const news = {
    kind: "opened",
    incident: "certificate_changed",
    cause: change.cause,
    isOver,
  } as const;
  return admit(memory, shown, terms.now, [news]);
}

/** Whether dialback alone would be refused in this direction. */
export function isOutgrown(memory: AuthenticationMemory, direction: Direction): boolean {
  const side = direction === "in" ? memory.inbound : outboundOf(memory);
  return side?.strongest === "certificate";
}

/**
 * Who has proved itself to us as a client by a certificate has one: a server in its name that has none, at the
 * first time that we dial it, is somebody else's. (Not the other way round: many servers show none as clients.)
 */
function outboundOf({ inbound, outbound }: AuthenticationMemory): AuthenticationSide | null {
  if (outbound !== null) return outbound;
  return inbound?.strongest === "certificate" ? { ...inbound, refusedAt: null } : null;
}

function isWeaker(side: AuthenticationSide, shown: Shown, isHold: boolean): boolean {
  if (shown.by !== "dialback") return false;
  // Who leaves the certificate out would get around the hold.
  return (
    side.strongest === "certificate" ||
    (isHold && side.hasCertificate && shown.certificate === null)
  );
}

function refuseWeaker(
  memory: AuthenticationMemory,
  side: AuthenticationSide,
  shown: Shown,
  { now }: { readonly now: Date },
): Weighed {
  const { domain, direction, certificate } = shown;
  const cause = finding("trust.weaker", "peer", {
    domain,
    direction,
    strongest: side.strongest,
    since: side.since,
    fingerprint: certificate?.fingerprint ?? null,
  });
  const refusedAt = isOld(side.refusedAt, now) ? now.toISOString() : side.refusedAt;
  return {
    verdict: { ok: false, finding: cause },
    memory: withSide(memory, direction, { ...side, refusedAt }),
    news: [{ kind: "opened", incident: "authentication_weaker", cause, isOver: false }],
    isChanged: side.refusedAt === null,
    isDue: refusedAt !== side.refusedAt,
  };
}

function hold(
  memory: AuthenticationMemory,
  last: KnownCertificate,
  certificate: NonNullable<Shown["certificate"]>,
  shown: Shown,
  now: Date,
): Weighed {
  const { domain, direction } = shown;
  // Nothing is wrong with the peer: it goes on once we have decided.
  const cause = finding("cert.held", "us", {
    domain,
    direction,
    before: last.fingerprint,
    after: certificate.fingerprint,
    issuer: certificate.issuer,
    until: certificate.notAfter,
  });
  const isChanged = memory.held?.fingerprint !== certificate.fingerprint;
  return {
    verdict: { ok: false, finding: cause },
    memory: isChanged
      ? { ...memory, held: { ...certificate, seenAt: now.toISOString(), direction } }
      : memory,
    news: [{ kind: "opened", incident: "certificate_changed", cause, isOver: false }],
    isChanged,
    isDue: isChanged,
  };
}

function admit(
  memory: AuthenticationMemory,
  shown: Shown,
  now: Date,
  news: readonly AuthenticationNews[],
): Weighed {
  const { by, certificate, direction } = shown;
  const [side, other] =
    direction === "in" ? [memory.inbound, memory.outbound] : [memory.outbound, memory.inbound];
  const strength = by === "dialback" ? "dialback" : "certificate";
  const isStronger = side === null || (side.strongest === "dialback" && strength === "certificate");
  const next: AuthenticationSide = {
    strongest: isStronger ? strength : side.strongest,
    since: isStronger ? now.toISOString() : side.since,
    lastBy: by,
    lastAt: side === null || isOld(side.lastAt, now) ? now.toISOString() : side.lastAt,
    hasCertificate: certificate !== null || (side?.hasCertificate ?? false),
    // Nothing weaker than the strongest gets here.
    refusedAt: null,
  };
  const certificates = remember(memory.certificates, certificate, now);
  // An admin's word is not needed any more once the certificate is known.
  const isKnownNow = certificates.some((one) => one.fingerprint === memory.held?.fingerprint);
  const held = isKnownNow ? null : memory.held;
  const isChanged =
    isStronger ||
    next.lastBy !== side.lastBy ||
    next.hasCertificate !== side.hasCertificate ||
    side.refusedAt !== null ||
    certificates !== memory.certificates ||
    held !== memory.held;
  const reassured =
    side !== null && side.refusedAt !== null && (other === null || other.refusedAt === null);
  return {
    verdict: { ok: true },
    memory: withSide({ ...memory, certificates, held }, direction, next),
    news: reassured ? [...news, { kind: "closed", incident: "authentication_weaker" }] : news,
    isChanged,
    isDue: isChanged || next.lastAt !== side.lastAt,
  };
}

/** The admin's word on a held certificate; null when it is not the one that is held. */
export function settleHeld(
  memory: AuthenticationMemory,
  fingerprint: string,
  isAccepted: boolean,
): AuthenticationMemory | null {
  if (memory.held?.fingerprint !== fingerprint) return null;
  const { direction: _, ...certificate } = memory.held;
  const certificates = isAccepted
    ? [certificate, ...memory.certificates].slice(0, KNOWN)
    : memory.certificates;
  return { ...memory, certificates, held: null };
}

/** The admin's consent to what is weaker in one direction; null when nothing stronger is remembered there. */
export function acceptWeaker(
  memory: AuthenticationMemory,
  direction: Direction,
  now: Date,
): AuthenticationMemory | null {
  const side = direction === "in" ? memory.inbound : memory.outbound;
  if (side === null || (side.strongest === "dialback" && !side.hasCertificate)) return null;
  return withSide(memory, direction, {
    ...side,
    strongest: "dialback",
    since: now.toISOString(),
    hasCertificate: false,
    refusedAt: null,
  });
}

function withSide(
  memory: AuthenticationMemory,
  direction: Direction,
  side: AuthenticationSide,
): AuthenticationMemory {
  return direction === "in" ? { ...memory, inbound: side } : { ...memory, outbound: side };
}

function remember(
  known: readonly KnownCertificate[],
  shown: Shown["certificate"],
  now: Date,
): readonly KnownCertificate[] {
  if (shown === null || known.some((one) => one.fingerprint === shown.fingerprint)) return known;
  return [{ ...shown, seenAt: now.toISOString() }, ...known].slice(0, KNOWN);
}

function datesOf({ notBefore, notAfter }: Pick<KnownCertificate, "notBefore" | "notAfter">) {
  return { notBefore: new Date(notBefore), notAfter: new Date(notAfter) };
}

function isOld(at: string | null, now: Date): boolean {
  return at === null || Math.abs(now.getTime() - Date.parse(at)) >= HOUR_MS;
}
