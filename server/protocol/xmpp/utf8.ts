/** A decoder that never replaces: ill-formed input is reported, a cut sequence is kept for later. */
export interface Utf8Decoder {
  /** The text up to the first ill-formed sequence, and how many raw bytes it stands for. */
  decode(bytes: Uint8Array): { text: string; bytes: number; isBroken: boolean };
  /** Bytes of an unfinished sequence that wait for their rest (0..3). */
  readonly carriedBytes: number;
}

export function createUtf8Decoder(): Utf8Decoder {
  // Whole calls, not `stream: true`: that would leave the fast path of the host for good.
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let carried = new Uint8Array(0);
  return {
    decode(bytes) {
      const all = carried.length === 0 ? bytes : join(carried, bytes);
      const cut = all.length - unfinishedTail(all);
      carried = all.slice(cut);
      const whole = cut === all.length ? all : all.subarray(0, cut);
      try {
        return { text: strict.decode(whole), bytes: cut, isBroken: false };
      } catch {
        const lenient = new TextDecoder("utf-8", { ignoreBOM: true }).decode(whole);
        const text = lenient.slice(0, lenient.indexOf("\ufffd"));
        return { text, bytes: utf8Length(text, 0, text.length), isBroken: true };
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
