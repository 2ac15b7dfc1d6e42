import type { Finding, Owner } from "#contract/traces.ts";

const dayMs = 86_400_000;

/** How near its end a certificate is, by share of its lifetime: a fixed "30 days" is wrong for 6, 45 or 90 day ones. */
export type ExpiryLevel = "third" | "sixth" | "day";

/**
 * Null while more than a third of the lifetime is left (half, if the lifetime is under 10 days), and
 * once it has ended: that is another finding.
 */
export function expiryLevel(notBefore: Date, notAfter: Date, now: Date): ExpiryLevel | null {
  const lifetimeMs = notAfter.getTime() - notBefore.getTime();
  const leftMs = notAfter.getTime() - now.getTime();
  if (leftMs < 0 || lifetimeMs <= 0) return null;
  if (leftMs <= Math.min(dayMs, lifetimeMs / 2)) return "day";
  if (leftMs <= lifetimeMs / 6) return "sixth";
  return leftMs <= lifetimeMs / (lifetimeMs < 10 * dayMs ? 2 : 3) ? "third" : null;
}

export interface ExpiryInput {
  readonly domain: string;
  readonly subject: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly now: Date;
  readonly owner: Owner;
}

/** `cert.expired`, `cert.not_yet`, `cert.expiring` or null, with what the words need. */
export function datesFinding(input: ExpiryInput): Finding | null {
  const { domain, subject, notBefore, notAfter, now, owner } = input;
  const common = { domain, subject };
  if (now > notAfter)
    return {
      code: "cert.expired",
      params: { ...common, date: notAfter.toISOString(), days: wholeDays(notAfter, now) },
      owner,
      severity: "error",
    };
  if (now < notBefore)
    return {
      code: "cert.not_yet",
      params: { ...common, date: notBefore.toISOString(), now: now.toISOString() },
      owner,
      severity: "error",
    };
  const level = expiryLevel(notBefore, notAfter, now);
  if (level === null) return null;
  const lifetimeMs = notAfter.getTime() - notBefore.getTime();
  return {
    code: "cert.expiring",
    params: {
      ...common,
      date: notAfter.toISOString(),
      days: wholeDays(now, notAfter),
      hours: Math.floor((notAfter.getTime() - now.getTime()) / 3_600_000),
      percent: Math.floor(((notAfter.getTime() - now.getTime()) / lifetimeMs) * 100),
      level,
    },
    owner,
    severity: level === "third" ? "warning" : "error",
  };
}

function wholeDays(from: Date, to: Date): number {
  return Math.floor((to.getTime() - from.getTime()) / dayMs);
}
