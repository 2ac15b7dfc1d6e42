import type { Socket } from "node:net";
import { describeHeader } from "#protocol/xmpp/header.ts";
import {
  initiatingStream,
  type Effect,
  type Failure,
  type InitiatingState,
  type Input,
} from "#protocol/xmpp/initiating-state.ts";
import { handle } from "#protocol/xmpp/initiating-stream.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { createStreamReader, type ReaderEvent, type StreamReader } from "#protocol/xmpp/reader.ts";
import { serialize } from "#protocol/xmpp/serialize.ts";
import type { Clock } from "./clock.ts";
import type { DialRecord } from "./dial-record.ts";
import type { TlsEnd } from "./sockets.ts";

/** A stream whose features are known, to be carried on by whoever takes it. */
export interface LiveStream {
  /** Paused; without listeners but one for `error`, which the socket keeps. */
  readonly socket: Socket;
  /** In phase `ready`. */
  readonly state: InitiatingState;
  readonly reader: StreamReader;
  /** What the reader gave behind the features, from bytes of the same write: not seen by `state`. */
  readonly unread: readonly ReaderEvent[];
}

export type StreamEnd =
  | { readonly kind: "ready"; readonly stream: LiveStream }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "tls"; readonly end: Exclude<TlsEnd, { kind: "open" }> }
  | { readonly kind: "timeout" };

/** Whether a stream without TLS is put up with (`preferred`) or wished for (`never`, by consent). */
export type TlsPolicy = "required" | "preferred" | "never";

export interface StreamOptions {
  readonly domain: string;
  readonly from: string | null;
  /** The socket is TLS already (XEP-0368). */
  readonly isDirect: boolean;
  readonly tls: TlsPolicy;
  /** For each phase; bytes that trickle in do not prolong it. */
  readonly phaseMs: number;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly record: DialRecord;
  readonly startTls: (plain: Socket) => Promise<TlsEnd>;
}

/** Features of a server with everything in them have about 4 kB. */
const maxElementBytes = 65_536;
const maxDepth = 50;
/** A good-bye is said, but not waited for long. */
const closeMs = 500;

/** Drives the initiating stream's machine over a socket until its features are known, or it failed. */
export function runStream(first: Socket, options: StreamOptions): Promise<StreamEnd> {
  const { record, signal, clock } = options;
  return new Promise((resolve) => {
    let socket = first;
    let reader: StreamReader | null = null;
    let timer: NodeJS.Timeout | null = null;
    let isOver = false;
    let state: InitiatingState = initiatingStream({
      from: options.from,
      to: options.domain,
      security: options.isDirect ? "direct" : options.tls,
      negotiationMs: options.phaseMs * 4,
      closeMs,
    });

    const onData = (bytes: Buffer) => {
      record.hear(bytes);
      const events = reader?.write(bytes) ?? [];
      for (const [index, event] of events.entries()) {
        hear(event);
        input({ kind: "received", event });
        if (state.phase === "ready") handOver(events.slice(index + 1));
        if (isOver) return;
      }
    };
    const onClose = () => input({ kind: "disconnected" });
    const onAbort = () => finish({ kind: "timeout" });

    function attach(next: Socket): void {
      socket = next;
      socket.on("data", onData);
      socket.on("close", onClose);
      socket.on("end", onClose);
    }
    function detach(): void {
      socket.off("data", onData);
      socket.off("close", onClose);
      socket.off("end", onClose);
    }
    function arm(): void {
      if (timer !== null) clearTimeout(timer);
      timer = setTimeout(() => finish(silence()), options.phaseMs);
    }
    /** RFC 7590 §3.1: silence after a STARTTLS that was not offered means that there is none. */
    function silence(): StreamEnd {
      return state.isTlsUnoffered && state.phase === "starttls"
        ? { kind: "failed", failure: { code: "tls.not_offered", detail: "absent" } }
        : { kind: "timeout" };
    }
    function finish(end: StreamEnd): void {
      if (isOver) return;
      isOver = true;
      if (timer !== null) clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      detach();
      resolve(end);
    }
    /** Nothing is read any more until somebody else listens: not a byte is lost between. */
    function handOver(unread: readonly ReaderEvent[]): void {
      if (reader === null) return;
      socket.pause();
      finish({ kind: "ready", stream: { socket, state, reader, unread } });
    }
    function hear(event: ReaderEvent): void {
      if (event.kind === "opened") record.say("in", describeHeader(event.header));
      else if (event.kind === "element") record.say("in", serialize(event.element));
      else if (event.kind === "closed") record.say("in", "</stream:stream>");
    }
    function input(next: Input): void {
      if (isOver) return;
      const step = handle(state, next, clock.now());
      state = step.state;
      for (const effect of step.effects) act(effect);
    }
    function act(effect: Effect): void {
      switch (effect.kind) {
        case "send":
          record.say("out", effect.xml);
          if (effect.xml.startsWith("<starttls")) beginPhase("starttls");
          if (socket.writable) socket.write(effect.xml);
          return;
        case "new_reader":
          beginPhase(state.isSecured && !options.isDirect ? "restart" : "stream");
          reader = createStreamReader({
            contentNamespaces: [ns.server],
            maxElementBytes,
            maxDepth,
            oversize: "close",
          });
          return;
        case "start_tls":
          void secure();
          return;
        case "ready":
          record.setFeatures(effect.features.names);
          return;
        case "failed":
          return finish({ kind: "failed", failure: effect.failure });
        default:
      }
    }
    function beginPhase(name: "stream" | "starttls" | "restart"): void {
      record.begin(name);
      arm();
    }
    async function secure(): Promise<void> {
      detach();
      if (timer !== null) clearTimeout(timer);
      const tls = await options.startTls(socket);
      if (isOver) return;
      if (tls.kind !== "open") return finish({ kind: "tls", end: tls });
      attach(tls.socket);
      input({ kind: "secured" });
    }

    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort);
    attach(first);
    input({ kind: "connected" });
  });
}
