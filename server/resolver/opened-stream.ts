import type { Socket } from "node:net";
import type { DialWork } from "#protocol/resolution/facts.ts";
import type { InitiatingState } from "#protocol/xmpp/initiating-state.ts";
import type { ReaderEvent, StreamReader } from "#protocol/xmpp/reader.ts";
import type { DialRecord } from "./dial-record.ts";
import type { LiveStream } from "./stream-probe.ts";

/** A stream in phase `ready`: its features are known, nothing was sent since. The caller closes it. */
export interface OpenedStream {
  readonly kind: "opened";
  /** Paused, without listeners but one for `error`, so that no byte is lost; listen, then resume. */
  readonly socket: Socket;
  readonly state: InitiatingState;
  /** The reader of the secured stream, with what it has of an unfinished element. */
  readonly reader: StreamReader;
  /** What came in one write with the features, behind them: `state` has not seen it. */
  readonly unread: readonly ReaderEvent[];
  /** DER as sent, leaf first; empty without TLS. Not judged. */
  readonly chain: readonly Uint8Array[];
  readonly tls: { readonly version: string; readonly cipher: string } | null;
  /** The target that was connected to: a host's name, or the override's address. */
  readonly host: string;
  readonly address: string;
  readonly port: number;
  /** What TCP has carried by now, TLS and all. */
  readonly carried: () => { readonly bytesSent: number; readonly bytesReceived: number };
  /** Milliseconds since the epoch: `open` was called, the stream was ready. */
  readonly startedMs: number;
  readonly connectedMs: number;
}

/** What an {@link OpenedStream} is made of: a dial that came to a stream. */
export interface Opened {
  readonly work: DialWork;
  readonly stream: LiveStream;
  readonly record: DialRecord;
  readonly startedMs: number;
  readonly connectedMs: number;
}

/** Of the socket alone: whoever keeps it for as long as the stream must not keep all that is known of the dial. */
function countOf(tcp: Socket | null): OpenedStream["carried"] {
  return () => ({ bytesSent: tcp?.bytesWritten ?? 0, bytesReceived: tcp?.bytesRead ?? 0 });
}

export function toOpened({ work, stream, record, startedMs, connectedMs }: Opened): OpenedStream {
  const { version, cipher } = record.report().tls ?? {};
  return {
    kind: "opened",
    ...stream,
    chain: record.chain(),
    tls: version === undefined || cipher === undefined ? null : { version, cipher },
    host: work.candidate.host,
    address: work.address,
    port: work.candidate.port,
    carried: countOf(record.watched()),
    startedMs,
    connectedMs,
  };
}
