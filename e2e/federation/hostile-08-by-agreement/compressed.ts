import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { constants, createDeflate, createInflate, deflateRawSync, deflateSync } from "node:zlib";
import { until, within } from "../../stack/wait.ts";

const PATIENCE_MS = 10_000;

/** A peer that compresses, built from nothing but docs/x2x-profile.md. */
export interface CompressedPeer {
  /** In one flush. */
  readonly say: (text: string) => Promise<void>;
  readonly sayBytes: (bytes: Uint8Array) => void;
  readonly hear: (pattern: RegExp) => Promise<string>;
  /** Waits for the other side's end, and returns all that it said, inflated. */
  readonly gone: () => Promise<string>;
  /** The last block and checksum, then FIN. */
  readonly end: () => void;
  readonly cut: () => void;
}

export async function dialCompressed(
  place: { readonly host: string; readonly port: number },
  dictionary: Buffer,
): Promise<CompressedPeer> {
  const socket = connect({ ...place, noDelay: true });
  await within("a connection", PATIENCE_MS, once(socket, "connect"));
  const inflate = createInflate({ dictionary, finishFlush: constants.Z_SYNC_FLUSH });
  const deflate = createDeflate({ dictionary, flush: constants.Z_SYNC_FLUSH });
  let text = "";
  let isOpen = true;
  inflate.on("data", (piece: Buffer) => (text += piece.toString()));
  for (const end of ["end", "error", "close"] as const) inflate.on(end, () => (isOpen = false));
  deflate.on("data", (piece: Buffer) => socket.writable && socket.write(piece));
  deflate.on("end", () => socket.end());
  socket.on("error", () => undefined);
  socket.on("close", () => inflate.end());
  socket.pipe(inflate);
  return {
    say: (said) => new Promise((resolve) => deflate.write(said, () => resolve())),
    sayBytes: (bytes) => void (socket.writable && socket.write(bytes)),
    hear: (pattern) =>
      until(`${pattern}`, PATIENCE_MS, () => {
        if (pattern.test(text)) return text;
        throw new Error(`heard ${text.slice(-500)}${isOpen ? "" : " and the end"}`);
      }),
    gone: () =>
      until("the other side's end", PATIENCE_MS, () => {
        if (!isOpen) return text;
        throw new Error(`it is open; heard ${text.slice(-500)}`);
      }),
    end: () => deflate.end(),
    cut: () => socket.resetAndDestroy(),
  };
}

/** What a compressed link must not carry: the bytes, with which word it ends (none: reset), and what its page says. */
export function compressedAttacks(
  dictionary: Buffer,
  stanza: string,
): readonly {
  readonly what: string;
  readonly bytes: Buffer;
  readonly condition: string | null;
  readonly code: string;
}[] {
  const whole = (text: string) => deflateSync(text, { dictionary });
  const begun = whole("").subarray(0, 6);
  const flush = Buffer.from([0, 0, 0, 0xff, 0xff]);
  const block = (text: string) => deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH });
  const foreign = (what: string, bytes: Buffer, code: string) => ({
    what,
    bytes,
    condition: null,
    code,
  });
  const bad = (what: string, bytes: Buffer, condition: string, code: string) => ({
    what,
    bytes,
    condition,
    code,
  });
  return [
    foreign("XML as it is", Buffer.from(stanza), "x2x.deflate_missing"),
    foreign("a keepalive as it is", Buffer.from(" "), "x2x.deflate_missing"),
    foreign("no dictionary", deflateSync(stanza), "x2x.deflate_dictionary"),
    foreign(
      "another dictionary",
      deflateSync(stanza, { dictionary: Buffer.from("<message") }),
      "x2x.deflate_dictionary",
    ),
    foreign("raw deflate", deflateRawSync(stanza), "x2x.not_x2x"),
    foreign("a stream header", Buffer.from("<?xml version='1.0'?><stream:stream>"), "x2x.header"),
    foreign(
      "a stream header, compressed",
      whole("<?xml version='1.0'?><stream:stream>"),
      "x2x.header",
    ),
    // The largest stanza is counted as it was before compression, and is passed first.
    bad(
      "A7: a bomb of text",
      whole(`${stanza}<message><body>${"a".repeat(100_000_000)}`),
      "policy-violation",
      "x2x.too_large",
    ),
    bad(
      "A7: a bomb of spaces",
      whole(`${stanza}${" ".repeat(100_000_000)}`),
      "policy-violation",
      "x2x.deflate_bomb",
    ),
    bad(
      "A7: flushes without end",
      Buffer.concat([begun, block(stanza), ...Array.from({ length: 40_000 }, () => flush)]),
      "policy-violation",
      "x2x.deflate_bomb",
    ),
    bad(
      "garbage behind a stanza",
      Buffer.concat([begun, block(stanza), Buffer.from([7, 7, 7, 7])]),
      "undefined-condition",
      "x2x.deflate_broken",
    ),
    bad(
      "more behind the end",
      Buffer.concat([whole(stanza), begun]),
      "undefined-condition",
      "x2x.deflate_broken",
    ),
    bad("A1: a DTD", whole(`${stanza}<!DOCTYPE x>`), "restricted-xml", "x2x.unreadable"),
  ];
}

export function assertWord(what: string, heard: string, condition: string | null): void {
  if (condition === null)
    return assert.equal(heard, "", `${what}: not a word to whom it does not know`);
  const word = new RegExp(
    `<${condition} xmlns=.urn:ietf:params:xml:ns:xmpp-streams[^>]*></stream:error></stream:stream>$`,
  );
  assert.match(heard.slice(-1_000), word, what);
}
