import { ns } from "../xmpp/namespaces.ts";
import {
  createStreamReader,
  type ReaderEvent,
  type ReaderOptions,
  type StreamReader,
} from "../xmpp/reader.ts";

/** What a peer speaks whose first bytes are not those of an agreed stanza. */
export type Foreign = "stream_header" | "tls" | "compressed" | "http" | "other";

/** Of the events of any stream, `opened` never comes: the stream is implied. */
export type X2xEvent =
  | Exclude<ReaderEvent, { kind: "opened" }>
  /** The connection does not begin as agreed (XEP-0361 §4.1); nothing more is read. */
  | { readonly kind: "foreign"; readonly what: Foreign };

export interface X2xReader {
  write(bytes: Uint8Array): X2xEvent[];
}

/** XEP-0361 §4.1: every element is a child of this one, which is never sent. */
const implied = `<stream:stream xmlns='${ns.server}' xmlns:stream='${ns.streams}'>`;

/** So many bytes tell what a connection begins with. */
const headBytes = 16;

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

/** A handshake record of any version. */
const tlsHead = "\u0016\u0003";
/** RFC 1950 §2.2: deflate with a window of 32 kB, at each level. */
const zlibHeads = ["x\u0001", "x\u005e", "x\u009c", "x\u00da"];
const methods = ["GET ", "POST ", "HEAD ", "PUT ", "OPTIONS ", "CONNECT ", "HTTP/"];

/** What no X2X peer begins with; `undecided`: more bytes will tell; null: nothing against it. */
function judgeHead(head: string): Foreign | "undecided" | null {
  if (/^<\?xml|^<stream:stream[\s>/]|^<[\w.-]+:stream\s/.test(head)) return "stream_header";
  if (head === "" || head.startsWith("<")) return null;
  if (head.startsWith(tlsHead)) return "tls";
  if (zlibHeads.some((one) => head.startsWith(one))) return "compressed";
  if (methods.some((method) => head.startsWith(method))) return "http";
  const known = [tlsHead, ...zlibHeads, ...methods];
  return known.some((one) => one.startsWith(head)) ? "undecided" : "other";
}
