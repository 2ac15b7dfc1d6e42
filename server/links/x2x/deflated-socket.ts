import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { constants, createDeflate, createInflate, type Deflate, type Inflate } from "node:zlib";
import {
  creditAfter,
  type DeflateFault,
  type InflationLimits,
  judgeDeflateHead,
} from "#protocol/x2x/compression.ts";
import { dictionary } from "#protocol/x2x/dictionary.ts";
import { type Foreign, headBytes } from "#protocol/x2x/reader.ts";

export interface DeflatedSocketOptions {
  readonly limits: InflationLimits;
  /** Once; nothing is read any more then, but all that comes is taken off the line. */
  readonly onFault: (
    fault: { kind: "foreign"; what: Foreign } | { kind: "undeflatable"; fault: DeflateFault },
  ) => void;
}

const vocabulary = Buffer.from(dictionary);
/** What is compressed at once while there is credit for it, and what is when there is not. */
const pieceBytes = 64 * 1024;
/** A flush alone takes 33 bits (RFC 1951 §3.2.6): so cut, nothing inflates to more than 64 times its size. */
const carefulBytes = 256;
/** How much inflated text there is before it is looked at. */
const chunkBytes = 16 * 1024;

/**
 * A connection whose bytes are compressed as one stream for each direction (RFC 1950), above TCP or TLS: who writes to it and
 * reads from it sees them as they were before. Each write is flushed, so that all of it can be read there. Its own
 * `bytesWritten` and `writableLength` count what was handed to it; the wire's bytes are `wireBytesIn` and `wireBytesOut`.
 */
export class DeflatedSocket extends Duplex {
  readonly #socket: Socket;
  readonly #options: DeflatedSocketOptions;
  #deflate: Deflate | null = null;
  #deflated: Buffer[] = [];
  #inflate: Inflate | null = null;
  /** What came before it was enough to tell what it is. */
  #head: Buffer = Buffer.alloc(0);
  #isFaulty = false;
  /** The other side has said all. */
  #isEnded = false;
  /** Bytes on the wire; those handed over and taken by the system; those that zlib has read, and when it last gave text. */
  #wireBytesIn = 0;
  #wireBytesOut = 0;
  #taken = 0;
  #inflatedFrom = 0;
  #gaveAt = 0;
  /** What the other side may still make of few bytes, and we, as it counts. */
  #credit: number;
  #ownCredit: number;

  constructor(socket: Socket, options: DeflatedSocketOptions) {
    super({ allowHalfOpen: true });
    this.#socket = socket;
    this.#options = options;
    this.#credit = options.limits.burstBytes;
    this.#ownCredit = options.limits.burstBytes;
    this.pause();
    // What is still being inflated when the other side has ended is answered all the same.
    socket.allowHalfOpen = true;
    socket.on("data", (bytes: Buffer) => this.#receive(bytes));
    socket.on("end", () => this.#endOfPeer());
    socket.on("error", (error) => this.destroy(error));
    socket.on("close", () => {
      if (!this.#isEnded) this.destroy();
    });
  }

  get bytesWritten(): number {
    return this.#taken + this.writableLength;
  }

  get wireBytesIn(): number {
    return this.#wireBytesIn;
  }

  get wireBytesOut(): number {
    return this.#wireBytesOut;
  }

  override _read(): void {
    this.#inflate?.resume();
    if (this.#inflate?.writableNeedDrain !== true) this.#socket.resume();
  }

  override _write(bytes: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#send(bytes).then(() => {
      // In one step: `done` takes it off what waits.
      this.#taken += bytes.length;
      done();
    }, done);
  }

  /** What waits while the line is busy goes with one flush. */
  override _writev(
    chunks: readonly { readonly chunk: Buffer }[],
    done: (error?: Error | null) => void,
  ): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), "buffer", done);
  }

  /** The compressed stream ends, with its checksum, and then the connection. */
  override _final(done: (error?: Error | null) => void): void {
    const deflate = this.#deflate;
    if (deflate === null) return void this.#socket.end(() => done());
    deflate.once("end", () => {
      const last = this.#takeDeflated();
      this.#wireBytesOut += last.length;
      this.#socket.end(last, () => done());
    });
    deflate.end();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#inflate?.destroy();
    this.#deflate?.destroy();
    this.#socket.destroy();
    done(error);
  }

  async #send(bytes: Buffer): Promise<void> {
    const pieces: Buffer[] = [];
    for (let at = 0; at < bytes.length;) {
      // Whoever writes one letter a million times must not end the link for everybody.
      const size = this.#ownCredit < 2 * pieceBytes ? carefulBytes : pieceBytes;
      pieces.push(await this.#compress(bytes.subarray(at, at + size)));
      at += size;
    }
    const wire = Buffer.concat(pieces);
    this.#wireBytesOut += wire.length;
    await new Promise<void>((resolve, reject) =>
      this.#socket.write(wire, (error) => (error == null ? resolve() : reject(error))),
    );
  }

  async #compress(piece: Buffer): Promise<Buffer> {
    const deflate = (this.#deflate ??= this.#startDeflate());
    await new Promise<void>((resolve) => deflate.write(piece, () => resolve()));
    const wire = this.#takeDeflated();
    const { limits } = this.#options;
    this.#ownCredit = creditAfter(this.#ownCredit, wire.length, piece.length, limits);
    return wire;
  }

  #startDeflate(): Deflate {
    const deflate = createDeflate({
      flush: constants.Z_PARTIAL_FLUSH,
      dictionary: vocabulary,
      chunkSize: 4_096,
    });
    deflate.on("data", (bytes: Buffer) => this.#deflated.push(bytes));
    deflate.on("error", (error) => this.destroy(error));
    return deflate;
  }

  #takeDeflated(): Buffer {
    const bytes = Buffer.concat(this.#deflated);
    this.#deflated = [];
    return bytes;
  }

  #receive(bytes: Buffer): void {
    this.#wireBytesIn += bytes.length;
    if (this.#isFaulty) return;
    if (this.#inflate !== null) return this.#feed(this.#inflate, bytes);
    this.#head = Buffer.concat([this.#head, bytes]);
    const verdict = judgeDeflateHead(this.#head.toString("latin1", 0, headBytes));
    if (verdict === "undecided") return;
    if (verdict !== "deflate") return this.#fail({ kind: "foreign", what: verdict });
    this.#inflate = this.#startInflate();
    this.#feed(this.#inflate, this.#head);
    this.#head = Buffer.alloc(0);
  }

  #feed(inflate: Inflate, bytes: Buffer): void {
    const isReady = inflate.write(bytes, () => {
      if (inflate.bytesWritten - this.#gaveAt > this.#options.limits.emptyBytes)
        this.#fail({ kind: "undeflatable", fault: "empty" });
    });
    if (!isReady) this.#socket.pause();
  }

  #startInflate(): Inflate {
    // The end is judged by whoever reads: a stream that is cut off has been inflated as far as it goes.
    const inflate = createInflate({
      dictionary: vocabulary,
      chunkSize: chunkBytes,
      finishFlush: constants.Z_SYNC_FLUSH,
    });
    inflate.on("data", (text: Buffer) => this.#give(inflate, text));
    inflate.on("drain", () => this.#socket.resume());
    inflate.on("error", () => this.#fail({ kind: "undeflatable", fault: "data" }));
    inflate.on("end", () => {
      if (this.#isEnded) this.push(null);
      else this.#fail({ kind: "undeflatable", fault: "ended" });
    });
    return inflate;
  }

  #give(inflate: Inflate, text: Buffer): void {
    if (this.#isFaulty) return;
    const wireBytes = inflate.bytesWritten - this.#inflatedFrom;
    this.#inflatedFrom = this.#gaveAt = inflate.bytesWritten;
    this.#credit = creditAfter(this.#credit, wireBytes, text.length, this.#options.limits);
    if (this.#credit < 0) return this.#fail({ kind: "undeflatable", fault: "ratio" });
    if (!this.push(text)) inflate.pause();
  }

  #endOfPeer(): void {
    this.#isEnded = true;
    if (this.#inflate === null || this.#isFaulty) this.push(null);
    else this.#inflate.end();
  }

  #fail(fault: Parameters<DeflatedSocketOptions["onFault"]>[0]): void {
    if (this.#isFaulty || this.destroyed) return;
    this.#isFaulty = true;
    this.#head = Buffer.alloc(0);
    this.#inflate?.destroy();
    this.#socket.resume();
    // It may have been the last that was waited for.
    if (this.#isEnded) this.push(null);
    this.#options.onFault(fault);
  }
}
