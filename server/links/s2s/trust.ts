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
    readonly by: "certificate" | "dialback";
    /** SHA-256 of the certificate that was shown, authentic or not; null without TLS. */
    readonly fingerprint: string | null;
    readonly direction: "in" | "out";
  }) => Promise<{ readonly ok: true } | { readonly ok: false; readonly finding: Finding }>;
}

export interface PeerTerms {
  readonly tls: TlsPolicy;
  readonly minTls: TlsVersion;
  /** Whether dialback is enough where the certificate is not. */
  readonly dialback: boolean;
  readonly override: { readonly host: string; readonly port: number } | null;
}

export interface Judged {
  readonly isAuthentic: boolean;
  readonly by: "pkix" | "pin" | "peer_ca" | "test_mode" | null;
  readonly presented: PresentedCertificate | null;
  /** Why it is not authentic. */
  readonly finding: Finding | null;
}
