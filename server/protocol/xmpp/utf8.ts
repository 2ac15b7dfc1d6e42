/** A decoder that never replaces: ill-formed input is reported, a cut sequence is kept for later. */
export interface Utf8Decoder {
  /** The text up to the first ill-formed sequence, and how many raw bytes it stands for. */
  decode(bytes: Uint8Array): { text: string; bytes: number; isBroken: boolean };
  /** Bytes of an unfinished sequence that wait for their rest (0..3). */
  readonly carriedBytes: number;
}

// One for all, since nothing of a call is left in it: whole calls, not `stream: true`, which would leave the fast path
// of the host for good.
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const loose = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();
const nothing = new Uint8Array(0);

export function createUtf8Decoder(): Utf8Decoder {
  let carried = nothing;
  return {
    decode(bytes) {
      const all = carried.length === 0 ? bytes : join(carried, bytes);
      const cut = all.length - unfinishedTail(all);
      carried = cut === all.length ? nothing : all.slice(cut);
      const whole = cut === all.length ? all : all.subarray(0, cut);
      try {
        return { text: strict.decode(whole), bytes: cut, isBroken: false };
      } catch {
        const bytes = wellFormedLength(whole);
        return { text: strict.decode(whole.subarray(0, bytes)), bytes, isBroken: true };
      }
    },
    get carriedBytes() {
      return carried.length;
    },
  };
}

/** Octets of `text[from, to)` in UTF-8; the text has no lone surrogates. */
export function utf8Length(text: string, from: number, to: number): number {
  let bytes = to - from;
  for (let index = from; index < to; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x80) continue;
    // A surrogate pair is two units and four bytes.
    bytes += code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? 1 : 2;
  }
  return bytes;
}

/**
 * The same text in memory of its own. What was read is cut out of all that came in one packet and keeps
 * it alive, 64 kB perhaps: to be used for whatever is remembered for as long as a stream lasts.
 */
export function detach(text: string): string {
  return loose.decode(encoder.encode(text));
}

/** How many bytes come before the first sequence that is ill-formed or not finished (RFC 3629 §4). */
function wellFormedLength(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const lead = bytes[at] ?? 0;
    const length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    const second = bytes[at + 1] ?? 0;
    // Overlong forms, surrogates and what is beyond U+10FFFF show in the second byte.
    const lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    const highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    if (length === 0 || lead > 0xf4 || at + length > bytes.length) return at;
    if (length > 1 && (second < lowest || second > highest)) return at;
    for (let index = 2; index < length; index++)
      if (((bytes[at + index] ?? 0) & 0xc0) !== 0x80) return at;
    at += length;
  }
  return at;
}

function unfinishedTail(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const needed = byte >= 0xf5 || byte < 0xc2 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return needed > back ? back : 0;
  }
  return 0;
}

function join(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
