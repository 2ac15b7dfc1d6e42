import assert from "node:assert/strict";
import { type SaxesAttributeNS, SaxesParser, type SaxesTagNS } from "saxes";
import { noAttributes, type XmlElement } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { createStreamReader } from "#protocol/xmpp/reader.ts";
import { drawWildness, fromReceiver, mutateScript, mutateText, type Random } from "./mutation.ts";

/** What changes the meaning of all that follows, put into the text at random places. */
const syntax =
  "< > / ' \" = & ; ]]> <![CDATA[ \r\n \t &#x41; &amp; &#13; &#0; &#xD800; &nbsp; é \u0300 a: : 0 - ! ? xmlns:a='b' a='b' <!-- --> <?x?>".split(
    " ",
  );

/**
 * One mutated stream through the reader and through another parser of XML, as different from it as can be had: the same
 * first-level elements come out before the first fault, whatever each calls that.
 */
export function fuzzOracle(random: Random): void {
  const words: string[] = Object.values(fromReceiver);
  const script = mutateScript(random, words, () => random.pick(words));
  const percent = drawWildness(random);
  let text = script.map((word) => mutateText(random, word, percent)).join("");
  for (let more = random.below(4); more > 0; more--) {
    const at = random.below(text.length + 1);
    text = text.slice(0, at) + random.pick(syntax) + text.slice(at);
  }
  // The reader refuses a byte order mark before anything else, and tests of its own say so; the other passes over it.
  if (!text.isWellFormed() || text.startsWith("\ufeff")) return;
  const ours = readOurs(text);
  const { elements, last } = readTheirs(text);
  if (last === "incomparable") return;
  // It closes an element before it sees that the closing tag was another's.
  const theirs = last === "condemned" ? elements.slice(0, -1) : elements;
  const told = `${ours.length} and ${theirs.length} elements: ${text}`;
  assert.deepEqual(ours, theirs, told);
}

function readOurs(text: string): XmlElement[] {
  const reader = createStreamReader({
    contentNamespaces: [ns.server],
    maxElementBytes: 1e9,
    maxDepth: 1e9,
    oversize: "close",
  });
  return reader
    .write(new TextEncoder().encode(text))
    .flatMap((event) => (event.kind === "element" ? [event.element] : []));
}

interface Open extends XmlElement {
  readonly children: (XmlElement | string)[];
}

type Verdict = "sound" | "condemned" | "incomparable";

function readTheirs(text: string): { elements: XmlElement[]; last: Verdict } {
  const parser = new SaxesParser({ xmlns: true, defaultXMLVersion: "1.0", forceXMLVersion: true });
  const elements: XmlElement[] = [];
  const open: Open[] = [];
  let givenAt = -1;
  let last: Verdict = "sound";
  const over = new Error("over");
  const end = () => {
    throw over;
  };
  for (const kind of ["comment", "processinginstruction", "doctype"] as const) parser.on(kind, end);
  parser.on("xmldecl", ({ encoding }) => {
    if (encoding !== undefined && encoding.toLowerCase() !== "utf-8") end();
  });
  parser.on("error", () => {
    if (parser.position === givenAt) last = "condemned";
    end();
  });
  const addText = (more: string) => {
    const children = open.at(-1)?.children;
    if (open.length === 1 && /[^ \t\r\n]/.test(more)) end();
    const before = children?.at(-1);
    if (children === undefined || more === "") return;
    if (typeof before === "string") children[children.length - 1] = before + more;
    else children.push(more);
  };
  parser.on("text", addText);
  parser.on("cdata", (more) => (open.length < 2 ? end() : addText(more)));
  parser.on("opentag", (tag) => {
    if ([tag, ...Object.values(tag.attributes)].some(isTooLenient)) last = "incomparable";
    if (last === "incomparable" || (open.length === 0 && !isStream(tag))) end();
    if (open.length === 1 && tag.prefix !== "" && tag.uri === ns.server) end();
    open.push(elementOf(tag));
  });
  parser.on("closetag", () => {
    const done = open.pop();
    if (open.length === 0 || done === undefined) return end();
    if (open.length > 1) return void open.at(-1)?.children.push(done);
    elements.push(done);
    givenAt = parser.position;
  });
  try {
    // We pass over what a peer may have sent behind the last element before a restart.
    parser.write(text.replace(/^[ \t\r\n]+(?=<\?xml)/, ""));
  } catch (error) {
    if (error !== over) throw error;
  }
  return { elements, last };
}

/**
 * It trims the names of namespaces, lets the part behind a prefix begin with what no name begins with, and takes names that
 * we leave to nobody: of a later edition of XML, and of namespaces that are no IRIs.
 */
function isTooLenient(one: SaxesTagNS | SaxesAttributeNS): boolean {
  const notInNamespaces = /[^!#-;=?-[\]_a-z~\u0080-\uffff]/;
  if ("value" in one && isDeclaration(one) && notInNamespaces.test(one.value)) return true;
  if (/[^\0-\xff]/.test(one.local.replaceAll("\u0300", ""))) return true;
  return one.prefix !== "" && !/^[\p{L}_]/u.test(one.local);
}

function isStream({ uri, local, ns: declared }: SaxesTagNS): boolean {
  return uri === ns.streams && local === "stream" && declared[""] === ns.server;
}

function elementOf(tag: SaxesTagNS): Open {
  const attributes = noAttributes();
  for (const { name, prefix, local, uri, value } of Object.values(tag.attributes)) {
    if (isDeclaration({ name, prefix })) continue;
    attributes[prefix === "" || name === "xml:lang" ? name : `{${uri}}${local}`] = value;
  }
  const namespace = tag.uri === ns.server ? ns.stanza : tag.uri;
  return { name: tag.local, namespace, attributes, children: [] };
}

function isDeclaration({ name, prefix }: Pick<SaxesAttributeNS, "name" | "prefix">): boolean {
  return name === "xmlns" || prefix === "xmlns";
}
