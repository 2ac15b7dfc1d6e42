import type { XmlElement } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { serialize } from "#protocol/xmpp/serialize.ts";

/** As it goes over the wire. */
export function write(stanza: XmlElement): string {
  return serialize(stanza, { contentNamespace: ns.server });
}

/** In bytes; no character of UTF-16 takes more than three. */
export function isTooLarge(xml: string, limitBytes: number): boolean {
  return xml.length * 3 > limitBytes && Buffer.byteLength(xml) > limitBytes;
}

/** RFC 6120 §8.1.5: a stanza that names no language has that of its stream. */
export function inLanguage(stanza: XmlElement, language: string | null): XmlElement {
  if (language === null || stanza.attributes["xml:lang"] !== undefined) return stanza;
  return { ...stanza, attributes: { ...stanza.attributes, "xml:lang": language } };
}

/** The domainpart as it is written, of an address of ours that was parsed before. */
export function domainOf(address: string): string {
  const bare = address.split("/", 1)[0] ?? "";
  return bare.slice(bare.indexOf("@") + 1).toLowerCase();
}
