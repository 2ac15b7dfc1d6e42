import type { Finding } from "#contract/traces.ts";
import { finding } from "./health.ts";
import type { SeenCertificate } from "./observation.ts";

/** What is remembered of the certificate that a peer shows. */
export interface CertificateMemory {
  readonly fingerprint: string | null;
  readonly notBefore: Date | null;
  readonly notAfter: Date | null;
  /** Fingerprints seen before, newest first. */
  readonly known: readonly string[];
}

/** `cert.expiring`, `cert.expired` or another finding on a certificate's dates at a moment; null if none. */
export type JudgeDates = (input: {
  domain: string;
  subject: string;
  notBefore: Date;
  notAfter: Date;
  now: Date;
  owner: "peer";
}) => Finding | null;

export type CertificateNews =
  /** Another certificate than any before. An early change stays open until somebody acknowledges it. */
  | { readonly kind: "changed"; readonly cause: Finding; readonly isExpected: boolean }
  /** A threshold of its lifetime was passed: a third left, a sixth, a day, none. */
  | { readonly kind: "expiring"; readonly cause: Finding }
  | { readonly kind: "renewed" };

const KNOWN = 8;

/**
 * Compares the certificate seen with what is remembered. Says the same thing once: what was said at the
 * check before (`lastCheckAt`) is not said again.
 */
export function watchCertificate(
  memory: CertificateMemory,
  seen: SeenCertificate,
  at: { domain: string; now: Date; lastCheckAt: Date | null; judgeDates: JudgeDates },
): { memory: CertificateMemory; news: CertificateNews[] } {
  const news: CertificateNews[] = [];
  const isFirst = memory.fingerprint === null;
  const isOther = memory.fingerprint !== seen.fingerprint;
  const isKnown = memory.known.includes(seen.fingerprint);
  if (isOther && !isFirst && !isKnown) news.push(describeChange(memory, seen, at));
  const before = isFirst ? null : datesOf(memory, at);
  const now = at.judgeDates({ ...seen, domain: at.domain, now: at.now, owner: "peer" });
  const isNear = now !== null && (now.code === "cert.expiring" || now.code === "cert.expired");
  if (isNear && levelOf(now) !== levelOf(before)) news.push({ kind: "expiring", cause: now });
  // A cluster may show an old and a new certificate in turn: only one never seen before is a renewal.
  if (!isNear && !isFirst && (!isKnown || (!isOther && before !== null)))
    news.push({ kind: "renewed" });
  return {
    memory: {
      fingerprint: seen.fingerprint,
      notBefore: seen.notBefore,
      notAfter: seen.notAfter,
      known: isOther || !isKnown ? remember(memory.known, seen.fingerprint) : memory.known,
    },
    news,
  };
}

function datesOf(
  memory: CertificateMemory,
  at: { domain: string; lastCheckAt: Date | null; judgeDates: JudgeDates },
): Finding | null {
  const { notBefore, notAfter } = memory;
  if (notBefore === null || notAfter === null || at.lastCheckAt === null) return null;
  const input = { domain: at.domain, subject: "", notBefore, notAfter, now: at.lastCheckAt };
  return at.judgeDates({ ...input, owner: "peer" });
}

function levelOf(said: Finding | null): string {
  return said === null ? "" : `${said.code} ${String(said.params["level"] ?? "")}`;
}

// Renewals come in the last third of a lifetime; we leave some room for those who are early.
const RENEWAL_SHARE = 0.45;

/** Tells of a certificate unlike all before; expected is a renewal, or another one in the last part of the old one's lifetime. */
export function describeChange(
  before: Pick<CertificateMemory, "fingerprint" | "notBefore" | "notAfter">,
  seen: Pick<SeenCertificate, "fingerprint" | "issuer" | "notAfter" | "isTrusted">,
  at: {
    readonly domain: string;
    readonly now: Date;
    /** It is for the key of one that is known: its holder made it. */
    readonly isRenewal?: boolean;
  },
): CertificateNews & { readonly kind: "changed" } {
  const { notBefore, notAfter } = before;
  const lifetimeMs =
    notBefore === null || notAfter === null ? 0 : notAfter.getTime() - notBefore.getTime();
  const leftMs = notAfter === null ? 0 : notAfter.getTime() - at.now.getTime();
  const isInTime = seen.isTrusted && leftMs <= lifetimeMs * RENEWAL_SHARE;
  const isExpected = isInTime || at.isRenewal === true;
  return {
    kind: "changed",
    isExpected,
    cause: finding(
      "cert.changed",
      "peer",
      {
        domain: at.domain,
        before: before.fingerprint,
        after: seen.fingerprint,
        issuer: seen.issuer,
        until: seen.notAfter.toISOString(),
        isExpected,
      },
      isExpected ? "info" : "warning",
    ),
  };
}

function remember(known: readonly string[], fingerprint: string): string[] {
  return [fingerprint, ...known.filter((one) => one !== fingerprint)].slice(0, KNOWN);
}
