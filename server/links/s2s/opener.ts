import type { Socket } from "node:net";
import type { Finding } from "#contract/traces.ts";
import type { InitiatingState } from "#protocol/xmpp/initiating-state.ts";
import type { ReaderEvent, StreamReader } from "#protocol/xmpp/reader.ts";
import type { Credentials } from "./credentials.ts";
import type { TlsPolicy, TlsVersion } from "./trust.ts";

/** What server-to-server links need of resolution: from a domain to a stream that one can log in on. */
export interface StreamOpener {
  /** Never rejects; ends within the time-outs of a dial, whatever the peer does. */
  readonly open: (request: OpenRequest) => Promise<OpenedStream | OpenFailure>;
}

export interface OpenRequest {
  /** Our name, sent in the headers. */
  readonly from: string;
  readonly to: string;
  readonly tls: TlsPolicy;
  readonly minTls: TlsVersion;
  /** Shown to the peer when it asks (RFC 6120 §5.4.3.1); null: none for `from`. */
  readonly credentials: Credentials | null;
  /** Static host and port instead of what DNS says (RFC 6120 §3.2.3). */
  readonly override: { readonly host: string; readonly port: number } | null;
  readonly signal: AbortSignal;
}

/** A live socket, negotiated up to the features on the secured stream; whoever gets it closes it. */
export interface OpenedStream {
  readonly kind: "opened";
  readonly socket: Socket;
  /** In phase `ready`. */
  readonly state: InitiatingState;
  readonly reader: StreamReader;
  /** What was read behind the features. */
  readonly unread: readonly ReaderEvent[];
  /** DER as sent, leaf first; empty without TLS. */
  readonly chain: readonly Uint8Array[];
  readonly tls: { readonly version: string; readonly cipher: string } | null;
  /** The name that was dialled (SRV target, override or the domain), and its address and port. */
  readonly host: string;
  readonly address: string;
  readonly port: number;
  /** What TCP has carried by now, TLS and all. */
  readonly carried: () => { readonly bytesSent: number; readonly bytesReceived: number };
}

export interface OpenFailure {
  readonly kind: "failed";
  /** RFC 6120 §8.3.3.16-17: DNS says that there is no such server; or it may be there, and no stream came about. */
  readonly condition: "remote-server-not-found" | "remote-server-timeout";
  readonly finding: Finding;
}
