/** What is no letter, mark, sign or space: controls, bidi controls, the invisible, half pairs, what is not assigned. */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;

/** Text of a stranger, safe in a log line and on a page: no controls, no bidi tricks, cut. */
export function printable(text: string, maxLength = 253): string {
  const shown = text.replace(unseen, (character) => `\\u{${codeOf(character)}}`);
  return shown.length > maxLength ? `${shown.slice(0, maxLength - 1)}…` : shown;
}

/** A stranger's sentences in the same way, on one line; RFC 6120 §4.9.2: they may be shown, and are no more than that. */
export function printableWords(text: string): string {
  return printable(text.trim().replace(/\s+/g, " "), 1000);
}

/** XML to be read by people: the same characters as references, which mean the same; lines and tabs stay. */
export function printableXml(xml: string): string {
  return xml.replace(unseen, (character) =>
    character === "\n" || character === "\t" ? character : `&#x${codeOf(character)};`,
  );
}

function codeOf(character: string): string {
  return character.codePointAt(0)?.toString(16) ?? "";
}
