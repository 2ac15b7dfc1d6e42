import { detach } from "./utf8.ts";

/*
 * XML 1.0 (fifth edition), below the level of tags: §2.2 characters, §2.3 white space and names, §2.11 ends of lines,
 * §3.3.3 values of attributes, §4.1 references.
 */

/** Why text is refused: ill-formed, or what only a DTD could mean (RFC 6120 §11.1). */
export interface TextFault {
  readonly kind: "ill_formed" | "restricted";
  readonly what: string;
}

export function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** Where the white space that begins at `from` ends, `to` at the latest. */
export function spaceEnd(text: string, from: number, to: number): number {
  let at = from;
  while (at < to && isSpace(text.charCodeAt(at))) at++;
  return at;
}

const nameStart =
  ":A-Z_a-z\\xC0-\\xD6\\xD8-\\xF6\\xF8-\\u{2FF}\\u{370}-\\u{37D}\\u{37F}-\\u{1FFF}\\u{200C}\\u{200D}\\u{2070}-\\u{218F}\\u{2C00}-\\u{2FEF}\\u{3001}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFFD}\\u{10000}-\\u{EFFFF}";
const wholeName = new RegExp(
  `^[${nameStart}][-.0-9\\xB7\\u{300}-\\u{36F}\\u{203F}\\u{2040}${nameStart}]*$`,
  "u",
);

/** Which ASCII characters a name may have; what is beyond ASCII is judged when the name is whole. */
const asciiInNames = Uint8Array.from({ length: 128 }, (_, code) =>
  /[-.0-9:A-Z_a-z]/.test(String.fromCharCode(code)) ? 1 : 0,
);

/** Where the name that begins at `from` ends; `from` itself if none does. */
export function nameEnd(text: string, from: number, to: number): number {
  let at = from;
  let isAscii = true;
  for (; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code > 127) isAscii = false;
    else if (asciiInNames[code] === 0) break;
  }
  if (at === from) return from;
  // Behind the digits, the dot and the hyphen: what an ASCII name may begin with.
  if (isAscii && text.charCodeAt(from) > 0x39) return at;
  return wholeName.test(text.slice(from, at)) ? at : from;
}

/** Names that came before, by a hash of theirs: nearly all are of the same few, and each need be kept but once. */
const namesBefore: string[] = Array.from({ length: 256 }, () => "");
const maxNameBefore = 24;

/** The name that stands there. */
export function nameOf(text: string, from: number, to: number): string {
  const length = to - from;
  if (length > maxNameBefore) return text.slice(from, to);
  const ends = text.charCodeAt(from) * 31 + text.charCodeAt(to - 1) * 7;
  const place = (ends + length) % namesBefore.length;
  const before = namesBefore[place] ?? "";
  if (before.length === length && text.startsWith(before, from)) return before;
  const name = detach(text.slice(from, to));
  namesBefore[place] = name;
  return name;
}

/** What XML 1.0 can neither hold nor refer to; lone surrogates, which UTF-8 has none of, apart. */
export const notCharacters = /[^\t\n\r -\ufffd]/;
/** All that keeps text from standing for itself. */
const doubtfulData = /[^\t\n -%'-=?-\ufffd]/;
const doubtfulValue = /[^ -%'-\ufffd]/;

/** Character data between tags as what it stands for. */
export function readData(data: string): string | TextFault {
  if (!doubtfulData.test(data)) return data;
  if (data.includes("]]>")) return illFormed("]]> in text");
  return replaceReferences(data.replace(/\r\n?/g, "\n"));
}

/** What stands between the quotation marks of an attribute as the value that it is, without a DTD. */
export function readValue(value: string): string | TextFault {
  return doubtfulValue.test(value)
    ? replaceReferences(value.replace(/\r\n|[\r\n\t]/g, " "))
    : value;
}

/** What stands in a CDATA section. */
export function readCdata(data: string): string | TextFault {
  return notCharacters.test(data)
    ? illFormed("character outside of XML")
    : data.replace(/\r\n?/g, "\n");
}

const named: ReadonlyMap<string, string> = new Map([
  ["lt", "<"],
  ["gt", ">"],
  ["amp", "&"],
  ["quot", '"'],
  ["apos", "'"],
]);

function replaceReferences(text: string): string | TextFault {
  if (notCharacters.test(text)) return illFormed("character outside of XML");
  let fault: TextFault | null = null;
  const whole = text.replace(/&([^&;]*)(;?)/g, (_, inner: string, end: string) => {
    const replaced = end === "" ? illFormed("reference without its end") : replacementOf(inner);
    if (typeof replaced === "string") return replaced;
    fault ??= replaced;
    return "";
  });
  return fault ?? whole;
}

function replacementOf(reference: string): string | TextFault {
  const known = named.get(reference);
  if (known !== undefined) return known;
  const digits = /^#(?:x([0-9a-fA-F]+)|([0-9]+))$/.exec(reference);
  if (digits === null) {
    const isEntity = wholeName.test(reference) && !reference.startsWith("#");
    return isEntity
      ? { kind: "restricted", what: "undeclared entity" }
      : illFormed("malformed reference");
  }
  const code = digits[1] === undefined ? Number(digits[2]) : Number.parseInt(digits[1], 16);
  if (!isCharacter(code)) return illFormed("reference to a character outside of XML");
  return String.fromCodePoint(code);
}

function isCharacter(code: number): boolean {
  if (code < 0x20) return code === 0x09 || code === 0x0a || code === 0x0d;
  return (
    code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff)
  );
}

function illFormed(what: string): TextFault {
  return { kind: "ill_formed", what };
}
