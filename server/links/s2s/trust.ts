import type { Finding, PresentedCertificate } from "#contract/traces.ts";

export type TlsPolicy = "required" | "preferred" | "never";
export type TlsVersion = "TLSv1.2" | "TLSv1.3";

/** On what terms a remote domain federates with us, and whether what it shows is enough. */
export interface PeerTrust {
  /** At once, from memory; strangers get the defaults of the settings. */
  readonly termsFor: (domain: string) => PeerTerms;
  /** Judges the chain that `domain` showed in this very TLS session (RFC 6120 §13.7). Never rejects. */
  readonly judge: (input: {
    readonly domain: string;
    /** DER as sent, leaf first. */
    readonly chain: readonly Uint8Array[];
    readonly direction: "in" | "out";
  }) => Promise<Judged>;
  /** After an authentication, before any stanza: whether it may stand. Never rejects. */
  readonly admit: (input: {
    readonly domain: string;
    /** What was shown: authentic means that the certificate proved it, else dialback does; null: no TLS. */
    readonly judged: Judged | null;
    readonly direction: "in" | "out";
  }) => Promise<{ readonly ok: true } | { readonly ok: false; readonly finding: Finding }>;
}

export interface PeerTerms {
  readonly tls: TlsPolicy;
  readonly minTls: TlsVersion;
  /** Whether dialback may prove who the peer is where its certificate does not. */
  readonly dialback: boolean;
  readonly override: { readonly host: string; readonly port: number } | null;
}

export interface Judged {
  readonly isAuthentic: boolean;
  readonly by: "pkix" | "pin" | "peer_ca" | "test_mode" | null;
  readonly presented: PresentedCertificate;
  /** Why it is not authentic. */
  readonly finding: Finding | null;
  /** When what it rests on ends (RFC 6120 §13.7.2.3); null: never. */
  readonly validUntil: Date | null;
}
