import type { Peer, PeerRequest } from "#contract/peers.ts";

/** The form's content: what a peer's terms are, before they are sent. */
export interface Terms {
  readonly domain: string;
  readonly stance: "trusted" | "blocked";
  readonly includeSubdomains: boolean;
  readonly expects: "xmpp" | "wave";
  readonly tlsPolicy: "required" | "preferred" | "never";
  readonly consent: string;
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
export function termsOf(peer: Peer): Terms {
  return {
    domain: peer.domain,
    stance: peer.stance,
    includeSubdomains: peer.includeSubdomains,
    expects: peer.expects,
    tlsPolicy: peer.tlsPolicy,
    consent: "",
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

/** What is sent; the appliance judges it. A reading left open is the setting's. */
export function requestOf(terms: Terms): PeerRequest {
  const { domain, consent, overrideHost, overridePort, reading, ...rest } = terms;
  const port = overridePort.trim() === "" ? null : Number(overridePort);
  return {
    ...rest,
    domain: domain.trim(),
    overrideHost: overrideHost.trim() === "" ? null : overrideHost.trim(),
    overridePort: port,
    ...(reading === "" ? {} : { reading }),
    ...(terms.tlsPolicy === "never" && consent.trim() !== "" ? { consent: consent.trim() } : {}),
  };
}

/** Whether the form can be sent: a name, a port that is one, and the typed consent for no TLS. */
export function isComplete(terms: Terms, before: Terms | null): boolean {
  const port = terms.overridePort.trim();
  const isPort =
    port === "" || (/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535);
  const needsConsent = terms.tlsPolicy === "never" && before?.tlsPolicy !== "never";
  const isAgreed =
    !needsConsent || terms.consent.trim().toLowerCase() === terms.domain.trim().toLowerCase();
  return terms.domain.trim() !== "" && isPort && isAgreed;
}
