import type { Peer, PeerRequest } from "#contract/peers.ts";

/** The form's content: what a peer's terms are, before they are sent. */
export interface Terms {
  readonly domain: string;
  readonly stance: "trusted" | "blocked";
  readonly includeSubdomains: boolean;
  readonly expects: "xmpp" | "wave";
  readonly tlsPolicy: "required" | "preferred" | "never";
  readonly consent: string;
  readonly minTls: "TLSv1.2" | "TLSv1.3";
  readonly allowsDialback: boolean;
  readonly pins: readonly string[];
  /** Typed, and no pin yet. */
  readonly pinDraft: string;
  readonly authorityPem: string;
  readonly certificateChange: "none" | "notify" | "hold";
  /** ISO time; empty: off. */
  readonly testModeUntil: string;
  readonly testModeConsent: string;
  readonly overrideHost: string;
  readonly overridePort: string;
  readonly reading: "" | "strict" | "overview";
  readonly isEnabled: boolean;
  readonly checkIntervalSeconds: number;
  readonly failuresUntilDown: number;
  readonly label: string;
  readonly note: string;
}

export const intervals = [15, 60, 300, 900, 3_600, 86_400] as const;

export const newTerms: Terms = {
  domain: "",
  stance: "trusted",
  includeSubdomains: false,
  expects: "xmpp",
  tlsPolicy: "required",
  consent: "",
  minTls: "TLSv1.2",
  allowsDialback: false,
  pins: [],
  pinDraft: "",
  authorityPem: "",
  certificateChange: "notify",
  testModeUntil: "",
  testModeConsent: "",
  overrideHost: "",
  overridePort: "",
  reading: "",
  isEnabled: true,
  checkIntervalSeconds: 300,
  failuresUntilDown: 3,
  label: "",
  note: "",
};

/** The form for an existing peer. */
export function termsOf(peer: Peer, now: number): Terms {
  return {
    domain: peer.domain,
    stance: peer.stance,
    includeSubdomains: peer.includeSubdomains,
    expects: peer.expects,
    tlsPolicy: peer.tlsPolicy,
    consent: "",
    minTls: peer.minTls,
    allowsDialback: peer.allowsDialback,
    pins: peer.pins,
    pinDraft: "",
    authorityPem: peer.authorityPem ?? "",
    certificateChange: peer.certificateChange,
    testModeUntil: isTesting(peer, now) ? peer.testModeUntil : "",
    testModeConsent: "",
    overrideHost: peer.overrideHost ?? "",
    overridePort: peer.overridePort === null ? "" : String(peer.overridePort),
    reading: peer.reading,
    isEnabled: peer.isEnabled,
    checkIntervalSeconds: peer.checkIntervalSeconds,
    failuresUntilDown: peer.failuresUntilDown,
    label: peer.label,
    note: peer.note,
  };
}

/** Whether any certificate is taken for this peer's now. */
export function isTesting<P extends Pick<Peer, "testModeUntil">>(
  peer: P,
  now: number,
): peer is P & { testModeUntil: string } {
  return peer.testModeUntil !== null && Date.parse(peer.testModeUntil) > now;
}

/** What is sent; the appliance judges it. A reading left open is the setting's. */
export function requestOf(terms: Terms): PeerRequest {
  const { domain, overrideHost, overridePort, reading, pins, testModeUntil, ...rest } = terms;
  const { pinDraft: _, consent, testModeConsent, authorityPem, ...plain } = rest;
  const port = overridePort.trim() === "" ? null : Number(overridePort);
  return {
    ...plain,
    domain: domain.trim(),
    overrideHost: overrideHost.trim() === "" ? null : overrideHost.trim(),
    overridePort: port,
    pins: [...pins],
    authorityPem: authorityPem.trim() === "" ? null : authorityPem,
    testModeUntil: testModeUntil === "" ? null : testModeUntil,
    ...(reading === "" ? {} : { reading }),
    ...(terms.tlsPolicy === "never" && consent.trim() !== "" ? { consent: consent.trim() } : {}),
    ...(testModeUntil !== "" && testModeConsent.trim() !== ""
      ? { testModeConsent: testModeConsent.trim() }
      : {}),
  };
}

/** Whether no TLS has to be agreed to by typing the domain. */
export function needsTlsConsent(terms: Terms, before: Terms | null): boolean {
  return terms.tlsPolicy === "never" && before?.tlsPolicy !== "never";
}

/** Whether test mode is begun or prolonged, and has to be agreed to by typing the domain. */
export function needsTestConsent(terms: Terms, before: Terms | null): boolean {
  if (terms.testModeUntil === "") return false;
  const agreed =
    before === null || before.testModeUntil === "" ? 0 : Date.parse(before.testModeUntil);
  return Date.parse(terms.testModeUntil) > agreed;
}

/** Whether the form can be sent: a name, a port that is one, pins that are some, and typed consents. */
export function isComplete(terms: Terms, before: Terms | null): boolean {
  const port = terms.overridePort.trim();
  const isPort =
    port === "" || (/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535);
  const isTyped = (consent: string) =>
    consent.trim().toLowerCase() === terms.domain.trim().toLowerCase();
  const isAgreed =
    (!needsTlsConsent(terms, before) || isTyped(terms.consent)) &&
    (!needsTestConsent(terms, before) || isTyped(terms.testModeConsent));
  return terms.domain.trim() !== "" && isPort && terms.pinDraft.trim() === "" && isAgreed;
}

const DAY_MS = 86_400_000;
export const MAX_TEST_DAYS = 90;

/** The end of a local day (`2026-11-30`) as ISO time, within what test mode may last; empty when it is no day. */
export function endOfDay(day: string, now: number): string {
  const end = new Date(`${day}T23:59:59`).getTime();
  if (Number.isNaN(end)) return "";
  // A minute is left for the clocks of both sides.
  return new Date(Math.min(end, now + MAX_TEST_DAYS * DAY_MS - 60_000)).toISOString();
}

/** The local day of an ISO time, as date fields have it. */
export function dayOf(iso: string): string {
  const date = new Date(iso);
  const two = (part: number) => String(part).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
