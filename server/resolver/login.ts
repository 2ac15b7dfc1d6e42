import type { Finding } from "#contract/traces.ts";
import type { OpenedStream } from "./opened-stream.ts";
import type { Credentials } from "./tls-contexts.ts";

/** What logs in on a trace's connection, for names that the appliance federates itself. */
export interface Logins {
  /** Null for a name whose stanzas our XMPP server carries. */
  readonly forName: (local: string) => Login | null;
}

export interface Login {
  /** Shown in TLS; null: the name has no certificate. */
  readonly credentials: Credentials | null;
  /**
   * Proves who we are, by SASL EXTERNAL or dialback, after judging whom it reached by the peer's terms; keeps the
   * stream for what is sent to that domain, or closes it. The stream is not the caller's any more, whatever comes
   * of it. Ends within its own time-out; never rejects.
   */
  readonly logIn: (request: {
    readonly stream: OpenedStream;
    /** Canonical, as they stand in the stream's headers. */
    readonly from: string;
    readonly to: string;
    /** Aborted: the stream is dropped. */
    readonly signal: AbortSignal;
    /** What is said, with keys and other secrets masked. */
    readonly onLine: (direction: "out" | "in", xml: string) => void;
  }) => Promise<LoginEnd>;
}

export type LoginEnd =
  | {
      readonly kind: "authenticated";
      readonly by: "external" | "dialback";
      /** Whether the stream stays, and carries what is sent next; else another one does. */
      readonly isKept: boolean;
    }
  /** `finding` is of the catalogue or of the peers' own: `auth.…`, `limit.remote`, `cert.…`, `trust.…`. */
  | { readonly kind: "failed"; readonly finding: Finding };
