/** Universal and context tags that certificates and keys use (X.690 §8.1.2), as identifier octets. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  t61String: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  visibleString: 0x1a,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** One element, still in the bytes it came in: `bytes[start..end]` is all of it, `[contentStart..end]` its content. */
export interface DerElement {
  readonly bytes: Uint8Array;
  readonly tag: number;
  readonly start: number;
  readonly contentStart: number;
  readonly end: number;
}

/** Input that is not DER, or not the structure that was asked for; caught where a parser begins. */
export class DerError extends Error {
  override readonly name = "DerError";
}

/** The only element of `bytes`: an element that ends before or after them is refused. */
export function readOnly(bytes: Uint8Array): DerElement {
  const element = readElement(bytes, 0, bytes.length);
  if (element.end !== bytes.length) throw new DerError("bytes after the end");
  return element;
}

/**
 * The element at `offset`, which must end within `limit`. Lengths are definite, in the fewest octets
 * (X.690 §10.1), at most 2^31-1; tags above 30 are refused. Nothing is read ahead, nothing recurses:
 * nesting costs only what the caller descends into.
 */
export function readElement(bytes: Uint8Array, offset: number, limit: number): DerElement {
  const tag = octet(bytes, offset, limit);
  if ((tag & 0x1f) === 0x1f) throw new DerError("tag number above 30");
  const first = octet(bytes, offset + 1, limit);
  let contentStart = offset + 2;
  let length = first;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0) throw new DerError("indefinite length");
    if (count > 4) throw new DerError("length of more than four octets");
    length = 0;
    for (let index = 0; index < count; index++)
      length = length * 256 + octet(bytes, contentStart++, limit);
    if (length < 0x80 || length < 256 ** (count - 1)) throw new DerError("length not minimal");
  }
  const end = contentStart + length;
  if (end > limit) throw new DerError("element longer than what holds it");
  return { bytes, tag, start: offset, contentStart, end };
}

function octet(bytes: Uint8Array, offset: number, limit: number): number {
  const value = offset < limit ? bytes[offset] : undefined;
  if (value === undefined) throw new DerError("cut off");
  return value;
}

/** The elements within `parent`, at most `maxCount` of them. */
export function children(parent: DerElement, maxCount = 64): DerElement[] {
  const found: DerElement[] = [];
  for (let offset = parent.contentStart; offset < parent.end;) {
    if (found.length === maxCount) throw new DerError(`more than ${maxCount} elements`);
    const element = readElement(parent.bytes, offset, parent.end);
    found.push(element);
    offset = element.end;
  }
  return found;
}

export function content(element: DerElement): Uint8Array {
  return element.bytes.subarray(element.contentStart, element.end);
}

/** Tag, length and content. */
export function whole(element: DerElement): Uint8Array {
  return element.bytes.subarray(element.start, element.end);
}

/** `element` if it is there and has this tag; throws otherwise. */
export function expectTag(element: DerElement | undefined, tag: number, what: string): DerElement {
  if (element?.tag !== tag) throw new DerError(`no ${what}`);
  return element;
}

/** The only element within `parent`, as in explicit tagging. */
export function onlyChild(parent: DerElement, what: string): DerElement {
  const [child, ...rest] = children(parent, 2);
  if (child === undefined || rest.length > 0) throw new DerError(`no single ${what}`);
  return child;
}

/** Dotted notation; at most 64 octets and 32 arcs. */
export function oid(element: DerElement | undefined): string {
  const bytes = content(expectTag(element, TAG.oid, "object identifier"));
  if (bytes.length === 0 || bytes.length > 64) throw new DerError("object identifier length");
  const arcs: number[] = [];
  let arc = 0;
  let isArcStart = true;
  for (const byte of bytes) {
    if (isArcStart && byte === 0x80) throw new DerError("object identifier padded");
    arc = arc * 128 + (byte & 0x7f);
    if (arc > Number.MAX_SAFE_INTEGER / 128) throw new DerError("object identifier arc too large");
    isArcStart = byte < 0x80;
    if (!isArcStart) continue;
    if (arcs.length === 0) {
      const root = Math.min(2, Math.floor(arc / 40));
      arcs.push(root, arc - root * 40);
    } else arcs.push(arc);
    arc = 0;
  }
  if (!isArcStart || arcs.length > 32) throw new DerError("object identifier not complete");
  return arcs.join(".");
}

/** A non-negative integer that fits a safe number. */
export function smallInteger(element: DerElement | undefined): number {
  const bytes = integerBytes(element);
  if (bytes.length > 6 || (bytes[0] ?? 0) >= 0x80) throw new DerError("integer out of range");
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}

/** Two's complement, big-endian, in the fewest octets (X.690 §8.3.2). */
export function integerBytes(element: DerElement | undefined): Uint8Array {
  const bytes = content(expectTag(element, TAG.integer, "integer"));
  const [first, second] = bytes;
  if (first === undefined) throw new DerError("empty integer");
  if (
    second !== undefined &&
    ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))
  )
    throw new DerError("integer not minimal");
  return bytes;
}

/** Bits from the most significant down; `bits[0]` is named bit 0. At most 32 are looked at. */
export function namedBits(element: DerElement | undefined): boolean[] {
  const bytes = content(expectTag(element, TAG.bitString, "bit string"));
  const unused = bytes[0];
  if (unused === undefined || unused > 7 || (bytes.length === 1 && unused > 0))
    throw new DerError("bit string");
  const bits: boolean[] = [];
  for (const byte of bytes.subarray(1, 5))
    for (let mask = 0x80; mask > 0; mask >>= 1) bits.push((byte & mask) !== 0);
  return bits;
}

/** The octets of a bit string that is a whole number of them, as keys and signatures are. */
export function bitStringOctets(element: DerElement | undefined): Uint8Array {
  const bytes = content(expectTag(element, TAG.bitString, "bit string"));
  if (bytes[0] !== 0) throw new DerError("bit string with unused bits");
  return bytes.subarray(1);
}

export function boolean(element: DerElement | undefined): boolean {
  const bytes = content(expectTag(element, TAG.boolean, "boolean"));
  if (bytes.length !== 1) throw new DerError("boolean");
  return bytes[0] !== 0;
}

/** UTCTime or GeneralizedTime in UTC with seconds (RFC 5280 §4.1.2.5). */
export function time(element: DerElement | undefined): Date {
  if (element?.tag !== TAG.utcTime && element?.tag !== TAG.generalizedTime)
    throw new DerError("no time");
  const text = String.fromCharCode(...content(element).subarray(0, 20));
  const match = /^(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  const [, yearText = "", ...parts] = match ?? [];
  if (yearText.length !== (element.tag === TAG.utcTime ? 2 : 4)) throw new DerError("time format");
  const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.map(Number);
  const short = Number(yearText);
  const year = yearText.length === 4 ? short : short < 50 ? 2000 + short : 1900 + short;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  // Databases and people know no year 0.
  const isReal =
    year >= 1900 &&
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    hour < 24 &&
    minute < 60 &&
    second < 60;
  if (!isReal) throw new DerError("time out of range");
  return date;
}

const decoders: Record<number, (bytes: Uint8Array) => string> = {
  [TAG.utf8String]: (bytes) =>
    new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes),
  [TAG.numericString]: ascii,
  [TAG.printableString]: ascii,
  [TAG.ia5String]: ascii,
  [TAG.visibleString]: ascii,
  [TAG.t61String]: (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""),
  [TAG.bmpString]: (bytes) =>
    new TextDecoder("utf-16be", { fatal: true, ignoreBOM: true }).decode(bytes),
  [TAG.universalString]: universal,
};

/** A character string of any kind that certificates use, at most `maxBytes`; T61String is read as Latin-1. */
export function string(element: DerElement, maxBytes = 4096): string {
  const decode = decoders[element.tag];
  if (decode === undefined) throw new DerError("no character string");
  if (element.end - element.contentStart > maxBytes) throw new DerError("string too long");
  try {
    return decode(content(element));
  } catch (error) {
    if (error instanceof DerError) throw error;
    throw new DerError("string not in its encoding", { cause: error });
  }
}

/** Seven-bit characters, whatever tag the element has: context-tagged IA5String. */
export function ascii(bytes: Uint8Array): string {
  if (bytes.some((byte) => byte > 0x7f)) throw new DerError("character outside ASCII");
  return Buffer.from(bytes).toString("latin1");
}

function universal(bytes: Uint8Array): string {
  if (bytes.length % 4 !== 0) throw new DerError("string not in its encoding");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let text = "";
  for (let offset = 0; offset < bytes.length; offset += 4)
    text += String.fromCodePoint(view.getUint32(offset));
  return text;
}
