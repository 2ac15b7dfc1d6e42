import { SaxesParser, type SaxesTagPlain } from "saxes";
import type { XmlElement } from "./element.ts";
import { ns } from "./namespaces.ts";
import { detachScope, emptyScope, expandTag, type ExpandedTag, type Scope } from "./scope.ts";
import type { StreamErrorCondition } from "./stream-error.ts";
import { createUtf8Decoder, detach, utf8Length } from "./utf8.ts";

export interface ReaderOptions {
  /** Content namespaces that the peer's header may have; its elements are given as `jabber:client`. */
  readonly contentNamespaces: readonly string[];
  /** Raw bytes of one first-level element, and of the header (RFC 6120 §13.12). */
  readonly maxElementBytes: number;
  readonly maxDepth: number;
  /**
   * What to do with an element that is too big or too deep. `close`: policy-violation, the stream
   * ends. A number: read past it, up to that many bytes, and report it as `refused`, because on a
   * stream that carries everybody's stanzas one sender must not end it for the others.
   */
  readonly oversize: "close" | number;
}

export interface StreamHeader {
  readonly to: string | null;
  readonly from: string | null;
  readonly id: string | null;
  readonly version: string | null;
  readonly lang: string | null;
  readonly contentNamespace: string;
  /** Prefixes declared on the header, with their namespaces: dialback is announced so. */
  readonly prefixes: Readonly<Record<string, string>>;
}

export type ReaderEvent =
  | { readonly kind: "opened"; readonly header: StreamHeader; readonly trailingBytes: number }
  | {
      readonly kind: "element";
      readonly element: XmlElement;
      readonly sizeBytes: number;
      /** Bytes that came after it in the same write: data after `<proceed/>` is injected. */
      readonly trailingBytes: number;
    }
  /** Too big or too deep: `head` has the name and attributes, no children. */
  | {
      readonly kind: "refused";
      readonly head: XmlElement;
      readonly reason: "size" | "depth";
      readonly sizeBytes: number;
    }
  | { readonly kind: "closed" }
  | {
      readonly kind: "failed";
      readonly condition: StreamErrorCondition;
      readonly reason: string;
      /** Nothing that could be a stream header was read: the peer speaks something else. */
      readonly beforeHeader: boolean;
    };

export interface StreamReader {
  /** Events of these bytes, in order. After `closed` or `failed` it is dead and gives none. */
  write(bytes: Uint8Array): ReaderEvent[];
  /**
   * From now on elements may be that big, the one under way included; `oversize` as in the options,
   * and unchanged when left out. For a peer that is authenticated without a restart.
   */
  raiseLimit(maxElementBytes: number, oversize?: ReaderOptions["oversize"]): void;
  readonly isDead: boolean;
}

/**
 * A strict, incremental reader of one XML stream (RFC 6120 §4, §11): fatal UTF-8 across writes, no
 * comment, PI, DTD or undeclared entity, namespace rules, limits on bytes and depth, time linear in
 * the input however it is cut. An element is given out only when what follows it in the same write
 * did not prove it ill-formed, so `<message></iq>` never is. For a restarted stream make a new one.
 */
export function createStreamReader(options: ReaderOptions): StreamReader {
  const reader = new Reader(options);
  return {
    write: (bytes) => reader.write(bytes),
    raiseLimit: (maxElementBytes, oversize) => reader.raiseLimit(maxElementBytes, oversize),
    get isDead() {
      return reader.isDead;
    },
  };
}

interface ParserHandlers {
  xmldeclHandler: (declaration: { encoding?: string }) => void;
  commentHandler: () => void;
  doctypeHandler: () => void;
  piHandler: () => void;
  cdataHandler: (text: string) => void;
  textHandler: (text: string) => void;
  openTagHandler: (tag: SaxesTagPlain) => void;
  closeTagHandler: () => void;
  errorHandler: (error: Error) => void;
  /** The text and the element of last; kept until the next ones if they are not let go. */
  chunk: string;
  tag: SaxesTagPlain | null;
}

interface OpenElement extends XmlElement {
  readonly children: (XmlElement | string)[];
}

/** What the parser calls ill-formed and RFC 6120 §11.1 restricted: a DTD amid the stream, and what only a DTD could define. */
const restrictedFaults = new Set([
  "inappropriately located doctype declaration.",
  "undefined entity.",
]);

const halt = Symbol("stream reader halted");

class Reader {
  isDead = false;
  #options: ReaderOptions;
  readonly #parser = new SaxesParser({
    position: false,
    defaultXMLVersion: "1.0",
    forceXMLVersion: true,
  });
  readonly #decoder = createUtf8Decoder();
  #events: ReaderEvent[] = [];
  /** A finished event, given out when the next parser event or the end of the write clears it. */
  #held: ReaderEvent | null = null;
  #heldAt = -1;
  #header: StreamHeader | null = null;
  #depth = 0;
  #stack: OpenElement[] = [];
  #scopes: Scope[] = [];
  #refused: { head: XmlElement; reason: "size" | "depth" } | null = null;
  /** Length of the namespaces in this first-level element, each as often as an element or attribute brings it in. */
  #namespaceUnits = 0;
  /** Code units given to the parser before this write, and this write's text with a byte cursor. */
  #unitsBefore = 0;
  #text = "";
  #textBytes = 0;
  #cursorUnits = 0;
  #cursorBytes = 0;
  /** Bytes since the last first-level boundary that came in earlier writes. */
  #pendingBytes = 0;
  /** Byte offset of that boundary in this write, if it lies here. */
  #boundaryBytes = 0;
  /** The same place in code units. */
  #boundaryUnits = 0;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#listen();
  }

  raiseLimit(maxElementBytes: number, oversize = this.#options.oversize): void {
    this.#options = { ...this.#options, maxElementBytes, oversize };
  }

  #listen(): void {
    // By name and not by `on()`, which stores under a computed key: past a dozen of those the engine
    // turns the parser into a dictionary, and it reads three times slower.
    const parser = this.#parser as unknown as ParserHandlers;
    parser.xmldeclHandler = ({ encoding }) => {
      if (encoding !== undefined && encoding.toLowerCase() !== "utf-8")
        this.#fail("unsupported-encoding", "encoding");
    };
    parser.commentHandler = () => this.#fail("restricted-xml", "comment");
    parser.doctypeHandler = () => this.#fail("restricted-xml", "doctype");
    parser.piHandler = () => this.#fail("restricted-xml", "pi");
    parser.cdataHandler = (text) => {
      if (this.#depth < 2) this.#fail("restricted-xml", "cdata");
      this.#addText(text);
    };
    parser.textHandler = (text) => this.#addText(text);
    parser.openTagHandler = (tag) => this.#open(tag);
    parser.closeTagHandler = () => this.#close();
    // The parser goes on after an error; we do not. It closes an element before it finds that the
    // closing tag was another's, so an error at the very place of what is held condemns that too.
    parser.errorHandler = (error) => {
      if (this.#parser.position === this.#heldAt) this.#held = null;
      const isRestricted = restrictedFaults.has(error.message);
      this.#fail(isRestricted ? "restricted-xml" : "not-well-formed", error.message.slice(0, 200));
    };
  }

  write(bytes: Uint8Array): ReaderEvent[] {
    if (this.isDead) return [];
    this.#events = [];
    try {
      this.#feed(bytes);
    } catch (error) {
      if (error !== halt) throw error;
    }
    const events = this.#events;
    this.#events = [];
    // An idle stream keeps nothing of its last packet.
    this.#text = "";
    (this.#parser as unknown as ParserHandlers).chunk = "";
    return events;
  }

  #feed(bytes: Uint8Array): void {
    const decoded = this.#decoder.decode(bytes);
    if (this.#unitsBefore === 0 && decoded.text.startsWith("\ufeff"))
      this.#fail("unsupported-encoding", "byte_order_mark");
    const text = this.#atBoundary() ? this.#skipWhitespace(decoded.text) : decoded.text;
    this.#text = text;
    this.#textBytes = decoded.bytes - (decoded.text.length - text.length);
    this.#cursorUnits = 0;
    this.#cursorBytes = 0;
    this.#boundaryBytes = 0;
    this.#boundaryUnits = 0;
    if (text !== "") this.#parser.write(text);
    this.#unitsBefore += text.length;
    this.#release();
    if (this.isDead) return;
    if (decoded.isBroken) this.#fail("unsupported-encoding", "utf8");
    // What is behind the last element is judged as at the beginning of the next write.
    const isBetween = this.#atBoundary() && this.#header !== null;
    if (isBetween && this.#skipWhitespace(text.slice(this.#boundaryUnits)) === "") {
      this.#boundaryBytes = this.#textBytes;
      (this.#parser as unknown as ParserHandlers).tag = null;
    }
    this.#pendingBytes += this.#textBytes - this.#boundaryBytes;
    this.#enforceSize(this.#pendingBytes + this.#decoder.carriedBytes);
  }

  /** Between two first-level elements: keepalives are dropped here, or they would pile up unread. */
  #atBoundary(): boolean {
    return this.#depth <= 1 && this.#pendingBytes === 0;
  }

  #skipWhitespace(text: string): string {
    const kept = text.replace(/^[ \t\r\n]+/, "");
    // A space may also be written as a reference; the parser knows.
    if (kept === "" || /^[<&]/.test(kept)) return kept;
    return this.#failOnText();
  }

  #failOnText(): never {
    const condition = this.#header === null ? "not-well-formed" : "bad-format";
    this.#fail(condition, "text_between_elements");
  }

  #open(tag: SaxesTagPlain): void {
    this.#release();
    this.#depth++;
    if (this.#refused !== null) return;
    if (this.#depth - 1 > this.#options.maxDepth) return this.#refuse("depth");
    const expanded = expandTag(tag, this.#scopes.at(-1) ?? emptyScope);
    if (typeof expanded === "string") this.#fail("not-well-formed", expanded);
    this.#scopes.push(expanded.scope);
    if (this.#depth === 1) {
      this.#openStream(expanded);
      // The parser keeps its tag, and we its scope, as long as the stream lasts.
      Object.assign(tag, { name: detach(tag.name), attributes: {} });
      this.#scopes[0] = detachScope(expanded.scope);
      return;
    }
    const { name, prefix, attributes } = expanded;
    const isContent = expanded.namespace === this.#header?.contentNamespace;
    if (this.#depth === 2 && prefix !== "" && isContent) this.#fail("bad-namespace-prefix", prefix);
    const namespace = isContent ? ns.stanza : expanded.namespace;
    if (this.#depth === 2) this.#namespaceUnits = 0;
    if (namespace !== (this.#stack.at(-1)?.namespace ?? ns.stanza))
      this.#namespaceUnits += namespace.length;
    this.#namespaceUnits += expanded.attributeNamespaces;
    this.#stack.push({ name, namespace, attributes, children: [] });
    // A prefix says in two bytes what is long when the element is written: it must not become much larger than it came.
    if (this.#namespaceUnits > this.#options.maxElementBytes) this.#refuse("size");
  }

  #close(): void {
    this.#release();
    this.#depth--;
    if (this.#depth === 0) {
      this.#hold({ kind: "closed" });
      return;
    }
    const finished = this.#refused === null ? this.#stack.pop() : undefined;
    if (this.#refused === null) this.#scopes.pop();
    if (this.#depth > 1) {
      const parent = this.#stack.at(-1);
      if (finished !== undefined) parent?.children.push(finished);
      return;
    }
    const offset = this.#bytesSoFar();
    const sizeBytes = this.#pendingBytes + offset - this.#boundaryBytes;
    const trailingBytes = this.#textBytes - offset;
    this.#moveBoundary(0);
    if (finished !== undefined && sizeBytes > this.#options.maxElementBytes) {
      this.#stack = [finished];
      this.#refuse("size");
    }
    if (this.#refused !== null) this.#hold({ kind: "refused", ...this.#refused, sizeBytes });
    else if (finished !== undefined)
      this.#hold({ kind: "element", element: finished, sizeBytes, trailingBytes });
    this.#refused = null;
    this.#stack = [];
    this.#scopes.length = 1;
  }

  #openStream(tag: ExpandedTag): void {
    if (tag.namespace !== ns.streams) this.#fail("invalid-namespace", tag.namespace.slice(0, 200));
    if (tag.name !== "stream") this.#fail("bad-format", tag.name.slice(0, 200));
    const contentNamespace = tag.scope.defaultNamespace;
    if (!this.#options.contentNamespaces.includes(contentNamespace))
      this.#fail("invalid-namespace", contentNamespace.slice(0, 200));
    const attribute = (name: string) => {
      const value = tag.attributes[name];
      return value === undefined ? null : detach(value);
    };
    this.#header = {
      to: attribute("to"),
      from: attribute("from"),
      id: attribute("id"),
      version: attribute("version"),
      lang: attribute("xml:lang"),
      contentNamespace: detach(contentNamespace),
      prefixes: Object.fromEntries(detachScope(tag.scope).prefixes ?? []),
    };
    const offset = this.#bytesSoFar();
    if (this.#pendingBytes + offset > this.#options.maxElementBytes)
      this.#fail("policy-violation", "size");
    this.#moveBoundary(0);
    const trailingBytes = this.#textBytes - offset;
    this.#hold({ kind: "opened", header: this.#header, trailingBytes });
  }

  #addText(text: string): void {
    this.#release();
    if (this.#refused !== null || text === "") return;
    if (this.#depth < 2) {
      if (/[^ \t\r\n]/.test(text)) this.#failOnText();
      // The parser gives text when it has read the `<` behind it: there the next element begins.
      if (this.#depth === 1) this.#moveBoundary(1);
      return;
    }
    const children = this.#stack.at(-1)?.children;
    if (children === undefined) return;
    const last = children.length - 1;
    const before = children[last];
    if (typeof before === "string") children[last] = before + text;
    else children.push(text);
  }

  #enforceSize(bytes: number): void {
    const { maxElementBytes, oversize } = this.#options;
    if (bytes <= maxElementBytes) return;
    if (oversize === "close" || bytes > oversize) this.#fail("policy-violation", "size");
    if (this.#refused === null) this.#refuse("size");
  }

  #refuse(reason: "size" | "depth"): void {
    const first = this.#stack[0];
    // Without a finished open tag there is nobody to answer.
    if (this.#options.oversize === "close" || first === undefined)
      this.#fail("policy-violation", reason);
    const { name, namespace, attributes } = first;
    this.#refused = { head: { name, namespace, attributes, children: [] }, reason };
    this.#stack = [];
  }

  /** A first-level element has ended, or begins, so many ASCII characters before what was read. */
  #moveBoundary(back: number): void {
    this.#pendingBytes = 0;
    this.#boundaryBytes = this.#bytesSoFar() - back;
    this.#boundaryUnits = this.#unitsSoFar() - back;
  }

  #unitsSoFar(): number {
    return this.#parser.position - this.#unitsBefore;
  }

  #bytesSoFar(): number {
    const units = this.#unitsSoFar();
    if (this.#text.length === this.#textBytes) return units;
    this.#cursorBytes += utf8Length(this.#text, this.#cursorUnits, units);
    this.#cursorUnits = units;
    return this.#cursorBytes;
  }

  #hold(event: ReaderEvent): void {
    this.#held = event;
    this.#heldAt = this.#parser.position;
  }

  #release(): void {
    const held = this.#held;
    if (held === null) return;
    this.#held = null;
    this.#events.push(held);
    if (held.kind === "closed") {
      this.isDead = true;
      throw halt;
    }
  }

  #fail(condition: StreamErrorCondition, reason: string): never {
    this.#release();
    this.isDead = true;
    const beforeHeader = this.#header === null;
    this.#events.push({ kind: "failed", condition, reason, beforeHeader });
    throw halt;
  }
}
