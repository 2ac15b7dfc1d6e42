import { isIP } from "node:net";
import { printable } from "#protocol/printable.ts";
import {
  children,
  content,
  DerError,
  oid,
  onlyChild,
  string,
  TAG,
  type DerElement,
} from "./der.ts";
import { parseDistinguishedName, type DistinguishedName } from "./distinguished-name.ts";

/** A GeneralName (RFC 5280 §4.2.1.6), its text exactly as it was presented: nothing is trusted to be a host name. */
export type GeneralName =
  | { readonly kind: "dns" | "email" | "uri" | "srv" | "xmpp"; readonly value: string }
  | { readonly kind: "ip"; readonly value: Uint8Array }
  | { readonly kind: "directory"; readonly value: DistinguishedName }
  | { readonly kind: "other"; readonly value: string };

const srvName = "1.3.6.1.5.5.7.8.7";
const xmppAddr = "1.3.6.1.5.5.7.8.5";
/** The most names one certificate may hold; public authorities stop at 100 to 1000. */
export const maxNames = 1000;

/** The names in a GeneralNames sequence; more than `maxNames` are refused. */
export function parseGeneralNames(sequence: DerElement): GeneralName[] {
  return children(sequence, maxNames).map(parseGeneralName);
}

export function parseGeneralName(element: DerElement): GeneralName {
  switch (element.tag) {
    case 0xa0:
      return parseOtherName(element);
    case 0x81:
      return { kind: "email", value: latin1(element) };
    case 0x82:
      return { kind: "dns", value: latin1(element) };
    case 0x86:
      return { kind: "uri", value: latin1(element) };
    case 0x87:
      return { kind: "ip", value: content(element) };
    case 0xa4:
      return { kind: "directory", value: parseDistinguishedName(onlyChild(element, "name")) };
    case 0xa3:
    case 0xa5:
    case 0x88:
      return { kind: "other", value: `tag ${element.tag & 0x1f}` };
    default:
      throw new DerError("unknown kind of name");
  }
}

/** How a name is listed: host names bare, the others with their kind before them. */
export function showGeneralName(name: GeneralName): string {
  switch (name.kind) {
    case "dns":
      return printable(name.value);
    case "ip":
      return `ip:${showAddress(name.value)}`;
    case "directory":
      return `directory:${name.value.text}`;
    default:
      return `${name.kind}:${printable(name.value)}`;
  }
}

/** Text of a 4- or 16-octet address; anything else in hexadecimal. */
function showAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const hex = Buffer.from(bytes).toString("hex");
  if (bytes.length !== 16) return hex;
  const groups = (hex.match(/.{4}/g) ?? []).map((group) => Number.parseInt(group, 16).toString(16));
  const long = groups.join(":");
  return isIP(long) === 6 ? new URL(`http://[${long}]`).hostname.slice(1, -1) : hex;
}

/** RFC 4985 SRVName and RFC 6120 §13.7.1.4 XmppAddr; of any other, or one in a wrong string type, only the kind is kept. */
function parseOtherName(element: DerElement): GeneralName {
  const [type, wrapped] = children(element, 2);
  const id = oid(type);
  if (wrapped?.tag !== 0xa0) throw new DerError("otherName without a value");
  const value = onlyChild(wrapped, "otherName value");
  if (id === srvName && value.tag === TAG.ia5String) return { kind: "srv", value: string(value) };
  if (id === xmppAddr && value.tag === TAG.utf8String)
    return { kind: "xmpp", value: string(value) };
  return { kind: "other", value: id };
}

function latin1(element: DerElement): string {
  return Buffer.from(content(element)).toString("latin1");
}
