import type { XmlElement } from "./element.ts";
import { ns } from "./namespaces.ts";
import { notCharacters } from "./xml-characters.ts";

export interface SerializeOptions {
  /**
   * The content namespace of the stream that the text goes into: `jabber:client` elements of the
   * stanza itself are written in it, without a declaration. A stanza forwarded inside a payload
   * keeps its own. Without it the text stands alone and declares everything.
   */
  readonly contentNamespace?: string;
  /** Namespaces for which the stream header declares a prefix, with that; `stream` always is one. */
  readonly prefixes?: ReadonlyMap<string, string>;
}

const noPrefixes: ReadonlyMap<string, string> = new Map();

/**
 * The element as XML text. Never recurses and never throws, however deep the tree; characters that
 * XML 1.0 cannot carry become U+FFFD (RFC 6120 §11.3).
 */
export function serialize(root: XmlElement, options: SerializeOptions = {}): string {
  const prefixes = options.prefixes ?? noPrefixes;
  const content = options.contentNamespace;
  const first = open(root, content ?? "", content !== undefined, content, prefixes);
  const stack: Frame[] = [first];
  let text = first.start;
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const child = frame.element.children[frame.next++];
    if (child === undefined) {
      text += frame.end;
      stack.pop();
    } else if (typeof child === "string") {
      text += escapeText(child);
    } else {
      const inner = open(child, frame.scope, frame.isStanza, content, prefixes);
      text += inner.start;
      stack.push(inner);
    }
  }
  return text;
}

export function escapeText(text: string): string {
  if (!doubtfulText.test(text)) return text;
  return sanitize(text).replace(/[&<>\r]/g, escapeCharacter);
}

export function escapeAttribute(text: string): string {
  if (!doubtfulAttribute.test(text)) return text;
  return sanitize(text).replace(/[&<>"'\t\n\r]/g, escapeCharacter);
}

interface Frame {
  readonly element: XmlElement;
  /** Default namespace in force inside. */
  readonly scope: string;
  /** Whether it and all above it belong to the stanza itself, not to a payload. */
  readonly isStanza: boolean;
  readonly start: string;
  readonly end: string;
  next: number;
}

function open(
  element: XmlElement,
  outerScope: string,
  outerIsStanza: boolean,
  content: string | undefined,
  prefixes: ReadonlyMap<string, string>,
): Frame {
  const isStanza = outerIsStanza && element.namespace === ns.stanza;
  const namespace = isStanza && content !== undefined ? content : element.namespace;
  const prefix = namespace === ns.streams ? "stream" : prefixes.get(namespace);
  const name = prefix === undefined ? element.name : `${prefix}:${element.name}`;
  let start = `<${name}`;
  let scope = outerScope;
  if (prefix === undefined && namespace !== outerScope) {
    scope = namespace;
    start += ` xmlns="${escapeAttribute(namespace)}"`;
  }
  start += attributes(element);
  if (element.children.length === 0)
    return { element, scope, isStanza, start: `${start}/>`, end: "", next: 0 };
  return { element, scope, isStanza, start: `${start}>`, end: `</${name}>`, next: 0 };
}

function attributes(element: XmlElement): string {
  let text = "";
  let generated = 0;
  for (const key of Object.keys(element.attributes)) {
    const value = escapeAttribute(element.attributes[key] ?? "");
    // The last one: a namespace may have braces of its own, and what is behind it is written as it is.
    const close = key.startsWith("{") ? key.lastIndexOf("}") : -1;
    if (close === -1) {
      text += ` ${key}="${value}"`;
    } else if (key.slice(1, close) === ns.xml) {
      text += ` xml:${key.slice(close + 1)}="${value}"`;
    } else {
      const prefix = `a${generated++}`;
      const namespace = escapeAttribute(key.slice(1, close));
      text += ` xmlns:${prefix}="${namespace}" ${prefix}:${key.slice(close + 1)}="${value}"`;
    }
  }
  return text;
}

/** Anything that may have to be written in another way; most texts are looked through once and have none. */
const doubtfulText = /[^\t\n -%'-;=?-\ud7ff\ue000-\ufffd]/;
const doubtfulAttribute = /[^ !#-%(-;=?-\ud7ff\ue000-\ufffd]/;

const unsendable = new RegExp(notCharacters, "g");

function sanitize(text: string): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed();
  return whole.replace(unsendable, "\ufffd");
}

function escapeCharacter(character: string): string {
  switch (character) {
    case "&":
      return "&amp;";
    case "<":
      return "&lt;";
    case ">":
      return "&gt;";
    case '"':
      return "&quot;";
    case "'":
      return "&apos;";
    default:
      return `&#${character.charCodeAt(0)};`;
  }
}
