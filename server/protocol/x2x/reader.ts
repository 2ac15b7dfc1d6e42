import { ns } from "../xmpp/namespaces.ts";
import {
  createStreamReader,
  type ReaderEvent,
  type ReaderOptions,
  type StreamReader,
} from "../xmpp/reader.ts";
import type { DeflateFault } from "./compression.ts";

/** What a peer speaks whose first bytes are not those of an agreed stanza. */
export type Foreign =
  | "stream_header"
  | "tls"
  | "http"
  | "compressed"
  /** Compressed as agreed, but with another preset dictionary, or none. */
  | "other_dictionary"
  /** XML as it is, where compression was agreed. */
  | "uncompressed"
  | "other";

/** Of the events of any stream, `opened` never comes: the stream is implied. */
export type X2xEvent =
  | Exclude<ReaderEvent, { kind: "opened" }>
  /** The connection does not begin as agreed (XEP-0361 §4.1); nothing more is read. */
  | { readonly kind: "foreign"; readonly what: Foreign }
  /** What it is compressed to cannot be read, or must not be. */
  | { readonly kind: "undeflatable"; readonly fault: DeflateFault };

export interface X2xReader {
  write(bytes: Uint8Array): X2xEvent[];
}

/** XEP-0361 §4.1: every element is a child of this one, which is never sent. */
const implied = `<stream:stream xmlns='${ns.server}' xmlns:stream='${ns.streams}'>`;

/** So many bytes tell what a connection begins with. */
export const headBytes = 16;

/** A reader that begins where the stream headers would have been read. */
export function createX2xReader(options: Omit<ReaderOptions, "contentNamespaces">): X2xReader {
  const reader: StreamReader = createStreamReader({ ...options, contentNamespaces: [ns.server] });
  reader.write(new TextEncoder().encode(implied));
  let head = "";
  let isForeign = false;

  function noteHead(bytes: Uint8Array): void {
    const text = String.fromCharCode(...bytes.subarray(0, 64));
    head = `${head}${head === "" ? text.trimStart() : text}`.slice(0, headBytes);
  }

  return {
    write(bytes) {
      if (isForeign) return [];
      const isBeginning = head.length < headBytes;
      if (isBeginning) noteHead(bytes);
      const what = isBeginning ? judgeHead(head) : null;
      if (what === "undecided") return [];
      if (what !== null) {
        isForeign = true;
        return [{ kind: "foreign", what }];
      }
      return reader.write(bytes) as X2xEvent[];
    },
  };
}

/** A handshake record of any version, and an alert: what TLS says to whom it does not understand. */
const tlsHeads = ["\u0016\u0003", "\u0015\u0003"];
const methods = ["GET ", "POST ", "HEAD ", "PUT ", "OPTIONS ", "CONNECT ", "HTTP/"];

/** RFC 1950 §2.2: deflate with any window, and a check of both bytes. */
export function isZlibHead(head: string): boolean {
  const [method, flags] = [head.charCodeAt(0), head.charCodeAt(1)];
  return (method & 0x8f) === 8 && (method * 256 + flags) % 31 === 0;
}

/** What no X2X peer begins with; `undecided`: more bytes will tell; null: nothing against it. */
export function judgeHead(head: string): Foreign | "undecided" | null {
  if (/^<\?xml|^<stream:stream[\s>/]|^<[\w.-]+:stream\s/.test(head)) return "stream_header";
  if (head === "" || head.startsWith("<")) return null;
  if (tlsHeads.some((one) => head.startsWith(one))) return "tls";
  if (methods.some((method) => head.startsWith(method))) return "http";
  if (isZlibHead(head)) return "compressed";
  const known = [...tlsHeads, "x", ...methods];
  return known.some((one) => one.startsWith(head)) ? "undecided" : "other";
}
