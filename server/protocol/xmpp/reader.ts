import type { XmlElement } from "./element.ts";
import { ns } from "./namespaces.ts";
import {
  detachScope,
  emptyScope,
  expandTag,
  type ExpandedTag,
  type Scope,
  tooMuchNamespace,
  unshareable,
} from "./scope.ts";
import type { StreamErrorCondition } from "./stream-error.ts";
import { Tokenizer } from "./tokenizer.ts";
import { createUtf8Decoder, detach, utf8Length } from "./utf8.ts";

export interface ReaderOptions {
  /** Content namespaces that the peer's header may have; its elements are given as `jabber:client`. */
  readonly contentNamespaces: readonly string[];
  /** Raw bytes of one first-level element, and of the header (RFC 6120 §13.12). */
  readonly maxElementBytes: number;
  readonly maxDepth: number;
  /**
   * What to do with an element that is too big, too deep, or has names that others cannot read. `close`: policy-violation, the stream
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

/** Too big, too deep, or with names that are well-formed and that not every parser takes. */
export type RefusalReason = "size" | "depth" | "name";

export type ReaderEvent =
  | { readonly kind: "opened"; readonly header: StreamHeader; readonly trailingBytes: number }
  | {
      readonly kind: "element";
      readonly element: XmlElement;
      readonly sizeBytes: number;
      /** Bytes that came after it in the same write: data after `<proceed/>` is injected. */
      readonly trailingBytes: number;
    }
  /** `head` has the name and attributes, no children. */
  | {
      readonly kind: "refused";
      readonly head: XmlElement;
      readonly reason: RefusalReason;
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

interface OpenElement extends XmlElement {
  readonly children: (XmlElement | string)[];
}

const halt = Symbol("stream reader halted");

class Reader {
  isDead = false;
  #options: ReaderOptions;
  readonly #tokenizer: Tokenizer;
  readonly #decoder = createUtf8Decoder();
  #events: ReaderEvent[] = [];
  #isFresh = true;
  #header: StreamHeader | null = null;
  #depth = 0;
  #stack: OpenElement[] = [];
  #scopes: Scope[] = [];
  #refused: { head: XmlElement; reason: RefusalReason } | null = null;
  /** Length of the namespaces in this first-level element, each as often as an element or attribute brings it in. */
  #namespaceUnits = 0;
  /** This write's text, with a byte cursor. */
  #text = "";
  #textBytes = 0;
  #cursorUnits = 0;
  #cursorBytes = 0;
  /** Bytes since the last first-level boundary that came in earlier writes. */
  #pendingBytes = 0;
  /** Byte offset of that boundary in this write, if it lies here. */
  #boundaryBytes = 0;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#tokenizer = new Tokenizer({
      onDeclaration: (encoding) => {
        if (encoding !== null && encoding.toLowerCase() !== "utf-8")
          this.#fail("unsupported-encoding", "encoding");
      },
      onOpen: (name, attributes) => this.#open(name, attributes),
      onClose: () => this.#close(),
      onText: (text) => this.#addText(text),
      onStray: () => this.#failOnText(),
      onFault: ({ kind, what }) =>
        this.#fail(kind === "restricted" ? "restricted-xml" : "not-well-formed", what),
    });
  }

  raiseLimit(maxElementBytes: number, oversize = this.#options.oversize): void {
    this.#options = { ...this.#options, maxElementBytes, oversize };
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
    return events;
  }

  #feed(bytes: Uint8Array): void {
    const { text, bytes: textBytes, isBroken } = this.#decoder.decode(bytes);
    if (this.#isFresh && text.startsWith("\ufeff"))
      this.#fail("unsupported-encoding", "byte_order_mark");
    if (text !== "") this.#isFresh = false;
    this.#text = text;
    this.#textBytes = textBytes;
    this.#cursorUnits = 0;
    this.#cursorBytes = 0;
    this.#boundaryBytes = 0;
    this.#tokenizer.write(text);
    if (isBroken) this.#fail("unsupported-encoding", "utf8");
    if (this.#depth < 2) this.#passBetween();
    this.#pendingBytes += textBytes - this.#boundaryBytes;
    this.#enforceSize(this.#pendingBytes + this.#decoder.carriedBytes);
  }

  /** White space between first-level elements is part of none of them: keepalives come there. */
  #passBetween(): void {
    const { isBetween, start } = this.#tokenizer;
    if (isBetween) this.#moveBoundary(this.#text.length);
    else if (start !== -1) this.#moveBoundary(start);
  }

  #failOnText(): never {
    const condition = this.#header === null ? "not-well-formed" : "bad-format";
    this.#fail(condition, "text_between_elements");
  }

  #open(qualified: string, pairs: readonly string[]): void {
    this.#depth++;
    if (this.#refused !== null) return;
    if (this.#depth - 1 > this.#options.maxDepth) return this.#refuse("depth");
    if (this.#depth === 2) {
      if (this.#tokenizer.start !== -1) this.#moveBoundary(this.#tokenizer.start);
      this.#namespaceUnits = 0;
    }
    const { maxElementBytes, oversize } = this.#options;
    // Before anything is made of it: a read may bring more than the limit. Of a first-level element whom to answer must be known.
    const isWorthALook = this.#depth === 2 && oversize !== "close";
    if (!isWorthALook && this.#sizeUntil(this.#tokenizer.end) > maxElementBytes)
      return this.#refuse("size");
    const room = maxElementBytes - this.#namespaceUnits;
    const tag = expandTag(qualified, pairs, this.#scopes.at(-1) ?? emptyScope, room);
    if (tag === tooMuchNamespace) return this.#refuse("size");
    if (tag === unshareable) return this.#refuse("name");
    if (typeof tag === "string") this.#fail("not-well-formed", tag);
    if (this.#depth === 1) {
      // For as long as the stream lasts.
      this.#scopes.push(detachScope(tag.scope));
      return this.#openStream(tag);
    }
    this.#scopes.push(tag.scope);
    const { name, prefix, attributes } = tag;
    const isContent = tag.namespace === this.#header?.contentNamespace;
    const namespace = isContent ? ns.stanza : tag.namespace;
    if (this.#depth === 2 && prefix !== "" && isContent) this.#fail("bad-namespace-prefix", prefix);
    if (namespace !== (this.#stack.at(-1)?.namespace ?? ns.stanza))
      this.#namespaceUnits += namespace.length;
    this.#namespaceUnits += tag.attributeNamespaces;
    this.#stack.push({ name, namespace, attributes, children: [] });
    // A prefix says in two bytes what is long when the element is written: it must not become much larger than it came.
    if (this.#namespaceUnits > maxElementBytes) this.#refuse("size");
  }

  #close(): void {
    this.#depth--;
    if (this.#depth === 0) {
      this.#events.push({ kind: "closed" });
      this.isDead = true;
      throw halt;
    }
    const finished = this.#refused === null ? this.#stack.pop() : undefined;
    if (this.#refused === null) this.#scopes.pop();
    if (this.#depth > 1) {
      const parent = this.#stack.at(-1);
      if (finished !== undefined) parent?.children.push(finished);
      return;
    }
    const { end } = this.#tokenizer;
    const sizeBytes = this.#sizeUntil(end);
    this.#moveBoundary(end);
    if (finished !== undefined && sizeBytes > this.#options.maxElementBytes) {
      this.#stack = [finished];
      this.#refuse("size");
    }
    if (this.#refused !== null) this.#events.push({ kind: "refused", ...this.#refused, sizeBytes });
    else if (finished !== undefined) {
      const trailingBytes = this.#textBytes - this.#boundaryBytes;
      this.#events.push({ kind: "element", element: finished, sizeBytes, trailingBytes });
    }
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
    this.#moveBoundary(this.#tokenizer.end);
    const trailingBytes = this.#textBytes - this.#boundaryBytes;
    this.#events.push({ kind: "opened", header: this.#header, trailingBytes });
  }

  #addText(text: string): void {
    if (this.#refused !== null || text === "") return;
    if (this.#depth < 2) {
      if (/[^ \t\r\n]/.test(text)) this.#failOnText();
      return this.#moveBoundary(this.#tokenizer.end);
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

  #refuse(reason: RefusalReason): void {
    const first = this.#stack[0];
    // Without a finished open tag there is nobody to answer.
    if (this.#options.oversize === "close" || first === undefined)
      this.#fail("policy-violation", reason);
    const { name, namespace, attributes } = first;
    this.#refused = { head: { name, namespace, attributes, children: [] }, reason };
    this.#stack = [];
  }

  /** A first-level element ended or begins there. */
  #moveBoundary(units: number): void {
    this.#pendingBytes = 0;
    this.#boundaryBytes = this.#bytesUntil(units);
  }

  /** Bytes of the first-level element under way, or of the header, up to that place in this write. */
  #sizeUntil(units: number): number {
    return this.#pendingBytes + this.#bytesUntil(units) - this.#boundaryBytes;
  }

  /** Bytes of this write up to that place, which is not before the one that was asked for last. */
  #bytesUntil(units: number): number {
    if (this.#text.length === this.#textBytes) return units;
    this.#cursorBytes += utf8Length(this.#text, this.#cursorUnits, units);
    this.#cursorUnits = units;
    return this.#cursorBytes;
  }

  #fail(condition: StreamErrorCondition, reason: string): never {
    this.isDead = true;
    const beforeHeader = this.#header === null;
    this.#events.push({ kind: "failed", condition, reason, beforeHeader });
    throw halt;
  }
}
