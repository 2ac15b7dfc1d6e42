import type { PresentedCertificate } from "#contract/traces.ts";
import type { Sender } from "./sender.ts";

/** What is known of one live stream: RFC 7590 §3.6, and what passed over it. */
export interface StreamView {
  readonly id: string;
  readonly direction: "in" | "out";
  /** Our name and the peer's; null until the peer has said and proved it. */
  readonly local: string | null;
  readonly remote: string | null;
  readonly state: "negotiating" | "open" | "closing";
  readonly address: string;
  readonly port: number;
  readonly since: Date;
  readonly tls: { readonly version: string; readonly cipher: string } | null;
  /** How the peer proved its name to us; null: not yet. */
  readonly authentication: "certificate" | "dialback" | null;
  readonly trustedBy: "pkix" | "pin" | "peer_ca" | "test_mode" | null;
  readonly fingerprint: string | null;
  /** What the peer showed in this TLS session, as it was judged; null without TLS, or before that. */
  readonly presented: PresentedCertificate | null;
  readonly isBidirectional: boolean;
  readonly isAcknowledged: boolean;
  readonly stanzasIn: number;
  readonly stanzasOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Bytes that wait to leave this process; stanzas that the peer has not acknowledged. */
  readonly waitingBytes: number;
  readonly unacknowledged: number;
  /** Written, and not shown to have arrived; 0 where the peer acknowledges. */
  readonly unproven: number;
  /** When the peer last answered something behind our stanzas; null: it has not. */
  readonly provenAt: Date | null;
  /** Since when such an answer is waited for; null: nothing is asked. */
  readonly askedAt: Date | null;
}

/** What shows that the peer reads what we send. */
export function lifeOf(
  sender: Sender,
  now: () => Date,
): Pick<StreamView, "unproven" | "provenAt" | "askedAt"> {
  const { provenAt, askedAt } = sender.life();
  const toDate = (at: number | null) =>
    at === null ? null : new Date(now().getTime() - (performance.now() - at));
  return {
    unproven: sender.outbox.unproven(),
    provenAt: toDate(provenAt),
    askedAt: toDate(askedAt),
  };
}
