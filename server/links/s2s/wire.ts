import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { TLSSocket, type TLSSocketOptions } from "node:tls";
import type { ReaderEvent } from "#protocol/xmpp/reader.ts";

/** What turns the bytes of one stream into events, in order. */
interface WireReader<E> {
  write(bytes: Uint8Array): readonly E[];
  raiseLimit?(maxElementBytes: number, oversize: number): void;
}

/** What a wire goes over: TCP, TLS, or what compresses for one of them. */
export interface WireSocket extends Duplex {
  /** Bytes that were handed over, whether they have left or not. */
  readonly bytesWritten: number;
}

/** One connection: a socket, the reader of its current stream, and a queue that leaves once per turn. */
export interface Wire<E = ReaderEvent> {
  /** The reader of the stream that begins now; bytes left unread of the one before are dropped. */
  readonly read: (reader: WireReader<E>, unread?: readonly E[]) => void;
  readonly raiseLimit: (maxElementBytes: number, oversize: number) => void;
  /** Hands text over, several pieces of one turn in one packet. */
  readonly send: (text: string) => void;
  /** What was handed over and has not left this process, in bytes (in code units before it is encoded). */
  readonly waiting: () => number;
  /** Bytes that the operating system has taken since the start. */
  readonly bytesOut: () => number;
  /** The same with what the system was given and has perhaps taken a part of. */
  readonly bytesGiven: () => number;
  readonly bytesIn: () => number;
  /** Milliseconds (performance.now) of the last byte in, and of the last text out. */
  readonly lastIn: () => number;
  readonly lastOut: () => number;
  /** The server side of TLS on this connection; `onSecure` or, on failure, `onGone` follows. */
  readonly startTls: (options: TLSSocketOptions, onSecure: (socket: TLSSocket) => void) => void;
  readonly socket: () => WireSocket;
  /** Says the last words, then TLS's and TCP's (RFC 6120 §4.4), but does not wait for ever. */
  readonly end: (lingerMs: number) => void;
  readonly resume: () => void;
  /** Reads nothing for so long; what was read already is still given. */
  readonly pauseFor: (ms: number) => void;
  /** It reads nothing just now: nobody is silent because we do not listen. */
  readonly isPaused: () => boolean;
}

export interface WireHandlers<E = ReaderEvent> {
  readonly onEvent: (event: E) => void;
  /** All that was sent so far is written: bytes since the start, and those the system has taken. */
  readonly onFlush?: (handed: number, taken: number) => void;
  /** Once: the socket has ended, whoever ended it; `reason` is OpenSSL's or the system's word. */
  readonly onGone: (reason: string | null) => void;
}

/**
 * `pieceBytes`: no more than so much, or one text, is given to the system before it has taken what it was given before:
 * of what it was given nobody can tell how much has gone when the connection breaks. Null: all of a turn at once.
 */
export function createWire<E = ReaderEvent>(
  first: WireSocket,
  handlers: WireHandlers<E>,
  pieceBytes: number | null = null,
): Wire<E> {
  let socket = first;
  let reader: WireReader<E> | null = null;
  let isGone = false;
  let isEnding = false;
  let pieces: string[] = [];
  /** With pieces: the bytes of each. */
  let sizes: number[] = [];
  let pieceUnits = 0;
  let bytesIn = 0;
  let bytesBefore = 0;
  /** With pieces: bytes that were sent, that the system was given, and that it has taken. */
  let bytesSent = 0;
  let bytesGiven = 0;
  let bytesTaken = 0;
  let lastIn = performance.now();
  let lastOut = lastIn;
  let resumeAt = 0;
  let pausing: NodeJS.Timeout | null = null;

  function onData(bytes: Buffer): void {
    bytesIn += bytes.length;
    lastIn = performance.now();
    const current = reader;
    if (current === null) return;
    give(current, current.write(bytes));
  }

  /** An event may replace the reader: what else the old one read is nobody's. */
  function give(current: WireReader<E>, events: readonly E[]): void {
    for (const event of events) {
      if (reader !== current || isGone) return;
      handlers.onEvent(event);
    }
  }

  function gone(reason: string | null): void {
    if (isGone) return;
    isGone = true;
    if (pausing !== null) clearTimeout(pausing);
    reader = null;
    pieces = [];
    sizes = [];
    handlers.onGone(reason);
  }

  const onEnd = () => {
    // RFC 6120 §4.4: the other side has no more to say, nor have we then.
    if (!isEnding) socket.end();
    gone(null);
  };
  const onClose = () => gone(null);
  const onError = (error: NodeJS.ErrnoException & { reason?: string }) =>
    gone((error.reason ?? error.code ?? error.message).slice(0, 200));

  function attach(next: WireSocket): void {
    socket = next;
    socket.on("data", onData);
    socket.on("end", onEnd);
    socket.on("close", onClose);
    socket.on("error", onError);
  }

  function resumeInTime(): void {
    const leftMs = resumeAt - performance.now();
    pausing = leftMs > 1 ? setTimeout(resumeInTime, leftMs) : null;
    if (pausing === null) socket.resume();
  }

  /** One piece: the next follows when the system has taken it. */
  function flushPiece(most: number): void {
    if (bytesGiven > bytesTaken || pieces.length === 0 || !socket.writable) return;
    let count = 0;
    let bytes = 0;
    do bytes += sizes[count++] ?? 0;
    while (count < pieces.length && bytes + (sizes[count] ?? 0) <= most);
    const isAll = count === pieces.length;
    const text = (isAll ? pieces : pieces.slice(0, count)).join("");
    pieces = isAll ? [] : pieces.slice(count);
    sizes = isAll ? [] : sizes.slice(count);
    pieceUnits -= text.length;
    bytesGiven += bytes;
    const given = bytesGiven;
    socket.write(text, (error) => {
      if (error != null || isGone) return;
      bytesTaken = given;
      handlers.onFlush?.(bytesSent, bytesTaken);
      if (pieces.length > 0) flushPiece(most);
      else if (isEnding) socket.end();
    });
  }

  function flush(): void {
    if (pieceBytes !== null) return flushPiece(pieceBytes);
    const text = pieces.length === 1 ? (pieces[0] ?? "") : pieces.join("");
    pieces = [];
    pieceUnits = 0;
    if (text === "" || !socket.writable) return;
    socket.write(text);
    const handed = bytesBefore + socket.bytesWritten;
    handlers.onFlush?.(handed, handed - socket.writableLength);
  }

  attach(first);
  return {
    read(next, unread = []) {
      reader = next;
      if (unread.length > 0) queueMicrotask(() => give(next, unread));
    },
    raiseLimit: (maxElementBytes, oversize) => reader?.raiseLimit?.(maxElementBytes, oversize),
    send(text) {
      if (isGone || isEnding) return;
      pieces.push(text);
      pieceUnits += text.length;
      lastOut = performance.now();
      if (pieceBytes !== null) {
        const bytes = Buffer.byteLength(text);
        sizes.push(bytes);
        bytesSent += bytes;
        handlers.onFlush?.(bytesSent, bytesTaken);
      }
      if (pieces.length === 1) queueMicrotask(flush);
    },
    waiting: () => socket.writableLength + pieceUnits,
    bytesOut: () =>
      pieceBytes === null ? bytesBefore + socket.bytesWritten - socket.writableLength : bytesTaken,
    bytesGiven: () => (pieceBytes === null ? bytesBefore + socket.bytesWritten : bytesGiven),
    bytesIn: () => bytesIn,
    lastIn: () => lastIn,
    lastOut: () => lastOut,
    startTls(options, onSecure) {
      flush();
      const plain = socket;
      if (!(plain instanceof Socket)) throw new Error("TLS goes directly over TCP");
      plain.off("data", onData);
      plain.off("end", onEnd);
      reader = null;
      bytesBefore = plain.bytesWritten;
      const secure = new TLSSocket(plain, options);
      attach(secure);
      secure.once("secure", () => {
        if (!isGone) onSecure(secure);
      });
    },
    socket: () => socket,
    end(lingerMs) {
      if (isEnding) return;
      flush();
      isEnding = true;
      const timer = setTimeout(() => socket.destroy(), lingerMs);
      socket.once("close", () => clearTimeout(timer));
      // With pieces left it ends behind the last of them.
      if (pieces.length === 0) socket.end();
      socket.resume();
    },
    resume: () => socket.resume(),
    pauseFor(ms) {
      resumeAt = Math.max(resumeAt, performance.now() + ms);
      socket.pause();
      pausing ??= setTimeout(resumeInTime, ms);
    },
    isPaused: () => pausing !== null,
  };
}
