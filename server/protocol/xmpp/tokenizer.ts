import { detach } from "./utf8.ts";
import {
  isSpace,
  nameEnd,
  nameOf,
  readCdata,
  readData,
  readValue,
  spaceEnd,
  type TextFault,
} from "./xml-characters.ts";

/**
 * What a tokenizer finds, in the order of the text. Any of it may throw, which ends the reading for good; `onStray` and
 * `onFault` must.
 */
export interface TokenSink {
  /** The XML declaration, with the encoding that it names. */
  readonly onDeclaration: (encoding: string | null) => void;
  /** An open tag: its qualified name, and alternately the names and values of its attributes. */
  readonly onOpen: (name: string, attributes: readonly string[]) => void;
  /** The end of the element that was opened last. */
  readonly onClose: () => void;
  /** Character data inside the root as it is meant: references replaced, lines ended by LF. */
  readonly onText: (text: string) => void;
  /** Anything but white space where only elements may be: outside the root, and between its children. */
  readonly onStray: () => never;
  /** What is not well-formed, or of the kinds that XMPP leaves out (RFC 6120 §11.1). */
  readonly onFault: (fault: TextFault) => never;
}

/** What begins with `<`. Which of these, the characters behind it say: `undecided` until they have come. */
type Markup = "undecided" | "open" | "close" | "cdata" | "declaration";

const space = 0x20;
/** Beyond it are no characters. */
const lastPlain = 0xfffd;
const lessThan = 0x3c;
const greaterThan = 0x3e;
const equals = 0x3d;
const slash = 0x2f;
const ampersand = 0x26;
const quotation = 0x22;
const apostrophe = 0x27;
const exclamation = 0x21;
const question = 0x3f;
const cdata = "<![CDATA[";
const doctype = "<!DOCTYPE";
const comment = "<!--";
const declaration = "<?xml";
const declarationForm =
  /^<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(?:"1\.[0-9]+"|'1\.[0-9]+')(?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*(?:"([A-Za-z][-\w.]*)"|'([A-Za-z][-\w.]*)'))?(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\r\n]*\?>$/;

/**
 * Cuts the text of one XML 1.0 document without a DTD into tags and character data, however it comes in pieces and in
 * time linear in its length: a token is looked through once for its end, and its pieces are joined there. Closing tags
 * are matched and attributes taken apart; namespaces are not its business.
 */
export class Tokenizer {
  /** Where, in the text under way, what is told now begins; -1 if that was in an earlier one. */
  start = -1;
  /** Where it ends. */
  end = 0;
  readonly #sink: TokenSink;
  readonly #names: string[] = [];
  /**
   * No tag was read yet: only here may the declaration be. White space before it, which XML forbids, is what a peer sent
   * behind the last element of the stream before a restart.
   */
  #isFresh = true;
  /** What is under way; null: character data. */
  #markup: Markup | null = null;
  /** What came of it in earlier texts. */
  #pieces: string[] = [];
  /** The quotation mark that an open tag has come to stand inside of, or 0. */
  #quote = 0;
  /** Something in the open tag may not stand for itself. */
  #isDoubtful = false;
  /** The last characters of a CDATA section: its end may have begun. */
  #tail = "";

  constructor(sink: TokenSink) {
    this.#sink = sink;
  }

  /** Nothing is begun but the root, if that is. */
  get isBetween(): boolean {
    return this.#markup === null && this.#names.length < 2 && this.#pieces.length === 0;
  }

  /** Reads on. What is told meanwhile has its place, `start` and `end`, in this text. */
  write(text: string): void {
    this.start = -1;
    this.end = 0;
    while (this.end < text.length)
      if (this.#markup === null) this.#readData(text);
      else this.#readMarkup(text, this.#markup);
  }

  #readData(text: string): void {
    const from = this.isBetween ? this.#skipSpace(text) : this.end;
    const next = text.indexOf("<", from);
    if (next === -1) return this.#keep(text, from);
    if (next > from || this.#pieces.length > 0) {
      const data = this.#join(text.slice(from, next));
      this.end = next;
      this.#sink.onText(this.#meant(readData(data)));
    }
    this.#markup = "undecided";
    this.start = next;
    this.end = next;
  }

  /** Where something begins: what keeps a stream alive is nobody's. */
  #skipSpace(text: string): number {
    const at = spaceEnd(text, this.end, text.length);
    if (at === text.length) return at;
    const code = text.charCodeAt(at);
    // A space may also be written as a reference.
    if (code === lessThan || (code === ampersand && this.#names.length === 1)) return at;
    return this.#sink.onStray();
  }

  #readMarkup(text: string, markup: Markup): void {
    switch (markup) {
      case "undecided":
        return this.#decide(text);
      case "open":
        return this.#readOpenTag(text);
      case "close":
        return this.#readCloseTag(text);
      case "cdata":
        return this.#readCdata(text);
      case "declaration":
        return this.#readDeclaration(text);
    }
  }

  #decide(text: string): void {
    const isWhole = this.#pieces.length === 0 && this.end + 1 < text.length;
    const second = isWhole ? text.charCodeAt(this.end + 1) : exclamation;
    if (second !== exclamation && second !== question) {
      this.#markup = second === slash ? "close" : "open";
      return;
    }
    const head = this.#pieces.join("") + text.slice(this.end, this.end + cdata.length);
    this.#markup = this.#kindOf(head);
    if (this.#markup === "undecided") this.#keep(text, this.end);
    if (this.#markup !== "cdata") return;
    this.end += cdata.length - this.#join("").length;
    this.#tail = "";
  }

  /** By its first characters, as soon as they can be of nothing else. */
  #kindOf(head: string): Markup {
    if (head.length === 1) return "undecided";
    if (head[1] === "/") return "close";
    if (head[1] === "?") return this.#kindOfInstruction(head);
    if (head[1] !== "!") return "open";
    if (head.startsWith(comment)) return this.#refuse("restricted", "comment");
    if (head.startsWith(doctype)) return this.#refuse("restricted", "doctype");
    if (head.startsWith(cdata))
      return this.#names.length < 2 ? this.#refuse("restricted", "cdata") : "cdata";
    if ([comment, doctype, cdata].some((one) => one.startsWith(head))) return "undecided";
    return this.#refuse("ill_formed", "unknown declaration");
  }

  #kindOfInstruction(head: string): Markup {
    if (declaration.startsWith(head)) return "undecided";
    const isDeclaration =
      head.startsWith(declaration) && isSpace(head.charCodeAt(declaration.length));
    if (!isDeclaration) return this.#refuse("restricted", "processing instruction");
    return this.#isFresh ? "declaration" : this.#refuse("ill_formed", "declaration amid the text");
  }

  #readOpenTag(text: string): void {
    const last = this.#endOfTag(text);
    if (last === -1) return this.#keep(text, this.end);
    const isWhole = this.#pieces.length === 0;
    const from = this.end + 1;
    this.end = last + 1;
    this.#markup = null;
    this.#isFresh = false;
    if (isWhole) return this.#tellOpenTag(text, from, last);
    const tag = this.#join(text.slice(0, last));
    this.#tellOpenTag(tag, 1, tag.length);
  }

  /** The `>` that is not inside of a value, or -1. */
  #endOfTag(text: string): number {
    let quote = this.#quote;
    const isBeginning = this.#pieces.length === 0;
    let isDoubtful = !isBeginning && this.#isDoubtful;
    for (let at = isBeginning ? this.end + 1 : this.end; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === lessThan) this.#refuse("ill_formed", "< in a tag");
      if (quote !== 0) {
        if (code === quote) quote = 0;
      } else if (code === greaterThan) {
        this.#quote = 0;
        this.#isDoubtful = isDoubtful;
        return at;
      } else if (code === quotation || code === apostrophe) quote = code;
      if (code === ampersand || code < space || code > lastPlain) isDoubtful = true;
    }
    this.#quote = quote;
    this.#isDoubtful = isDoubtful;
    return -1;
  }

  /** `from`: behind the `<`; `last`: before the `>`. */
  #tellOpenTag(text: string, from: number, last: number): void {
    const isEmpty = last > from && text.charCodeAt(last - 1) === slash;
    const to = isEmpty ? last - 1 : last;
    let at = nameEnd(text, from, to);
    if (at === from) this.#refuse("ill_formed", "name of an element");
    const name = nameOf(text, from, at);
    const attributes: string[] = [];
    for (;;) {
      const begin = spaceEnd(text, at, to);
      if (begin === to) break;
      const end = nameEnd(text, begin, to);
      if (begin === at || end === begin) this.#refuse("ill_formed", "name of an attribute");
      const sign = spaceEnd(text, end, to);
      const open =
        sign < to && text.charCodeAt(sign) === equals ? spaceEnd(text, sign + 1, to) : to;
      const quote = open < to ? text[open] : undefined;
      if (quote !== '"' && quote !== "'")
        return this.#refuse("ill_formed", "attribute without a value");
      const close = text.indexOf(quote, open + 1);
      const value = text.slice(open + 1, close);
      attributes.push(
        nameOf(text, begin, end),
        this.#isDoubtful ? this.#meant(readValue(value)) : value,
      );
      at = close + 1;
    }
    // The root's is kept for as long as the stream lasts.
    this.#names.push(this.#names.length === 0 ? detach(name) : name);
    this.#sink.onOpen(name, attributes);
    if (!isEmpty) return;
    this.#names.pop();
    this.#sink.onClose();
  }

  #readCloseTag(text: string): void {
    const last = text.indexOf(">", this.end);
    if (last === -1) return this.#keep(text, this.end);
    const tag = this.#join(text.slice(this.end, last));
    const name = this.#names.pop();
    if (
      name === undefined ||
      !tag.startsWith(name, 2) ||
      spaceEnd(tag, name.length + 2, tag.length) !== tag.length
    )
      this.#refuse("ill_formed", "closing tag of another element");
    this.end = last + 1;
    this.#markup = null;
    this.#sink.onClose();
  }

  #readCdata(text: string): void {
    const data = this.#tail + text.slice(this.end);
    const last = data.indexOf("]]>");
    if (last === -1) {
      this.#pieces.push(data.slice(0, -2));
      this.#tail = data.slice(-2);
      this.end = text.length;
      return;
    }
    this.end += last + 3 - this.#tail.length;
    this.#markup = null;
    this.#sink.onText(this.#meant(readCdata(this.#join(data.slice(0, last)))));
  }

  #readDeclaration(text: string): void {
    const last = text.indexOf(">", this.end);
    if (last === -1) return this.#keep(text, this.end);
    const found = declarationForm.exec(this.#join(text.slice(this.end, last + 1)));
    if (found === null) return this.#refuse("ill_formed", "XML declaration");
    this.end = last + 1;
    this.#markup = null;
    this.#isFresh = false;
    this.#sink.onDeclaration(found[1] ?? found[2] ?? null);
  }

  #meant(text: string | TextFault): string {
    return typeof text === "string" ? text : this.#sink.onFault(text);
  }

  #refuse(kind: TextFault["kind"], what: string): never {
    return this.#sink.onFault({ kind, what });
  }

  #keep(text: string, from: number): void {
    const rest = text.slice(from);
    // A few characters cut out of a large packet would keep all of it alive for as long as nothing follows.
    if (rest !== "") this.#pieces.push(rest.length * 2 < text.length ? detach(rest) : rest);
    this.end = text.length;
  }

  #join(last: string): string {
    if (this.#pieces.length === 0) return last;
    const whole = this.#pieces.join("") + last;
    this.#pieces = [];
    return whole;
  }
}
