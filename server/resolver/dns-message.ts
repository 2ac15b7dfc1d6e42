import { randomInt } from "node:crypto";
import {
  AUTHENTIC_DATA,
  decode,
  encode,
  RECURSION_DESIRED,
  type DecodedPacket,
  type OptAnswer,
} from "dns-packet";
import type { RawMessage, RawRecord } from "#protocol/resolution/dns-answer.ts";

export interface Question {
  readonly name: string;
  readonly type: "SRV" | "A" | "AAAA" | "PTR";
}

/** What a packet from a resolver is: its answer, broken, or not an answer to this question at all. */
export type Received =
  | {
      readonly kind: "answer";
      readonly message: RawMessage;
      readonly isTruncated: boolean;
      readonly authenticData: boolean;
    }
  | { readonly kind: "broken" }
  | { readonly kind: "foreign" };

/** The largest answer that we take by UDP (the DNS flag day's value: no fragments). */
const udpPayloadSize = 1232;

/** A query with a random id; asks for recursion and for the AD bit (RFC 6840 §5.7). */
export function encodeQuery(question: Question, hasEdns: boolean): { id: number; bytes: Buffer } {
  const id = randomInt(65_536);
  const bytes = encode({
    type: "query",
    id,
    flags: RECURSION_DESIRED | AUTHENTIC_DATA,
    questions: [{ name: question.name, type: question.type, class: "IN" }],
    ...(hasEdns ? { additionals: [edns()] } : {}),
  });
  return { id, bytes };
}

function edns(): OptAnswer {
  return {
    type: "OPT",
    name: ".",
    udpPayloadSize,
    extendedRcode: 0,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [],
  };
}

/**
 * Reads a packet. `foreign` is anything that does not answer this very question (id, name, type), so
 * that a forged packet is passed over and the true one still waited for.
 */
export function decodeAnswer(bytes: Buffer, id: number, question: Question): Received {
  if (bytes.length < 12 || bytes.readUInt16BE(0) !== id) return { kind: "foreign" };
  let packet: DecodedPacket;
  try {
    packet = decode(bytes);
  } catch {
    return { kind: "broken" };
  }
  if (packet.type !== "response") return { kind: "foreign" };
  const rcode = "rcode" in packet ? String(packet.rcode) : "UNKNOWN";
  const [asked, ...more] = packet.questions ?? [];
  // A server that does not understand the query may leave the question out (RFC 1035 §4.1.1).
  const isBare = asked === undefined && (rcode === "FORMERR" || rcode === "NOTIMP");
  if (!isBare && (more.length > 0 || !isSameQuestion(asked, question))) return { kind: "foreign" };
  return {
    kind: "answer",
    message: {
      rcode,
      answers: (packet.answers ?? []) as readonly RawRecord[],
      authorities: (packet.authorities ?? []) as readonly RawRecord[],
    },
    isTruncated: packet.flag_tc,
    authenticData: packet.flag_ad,
  };
}

function isSameQuestion(
  asked: { name: string; type: string; class?: string | undefined } | undefined,
  question: Question,
): boolean {
  if (asked === undefined) return false;
  const isSameName = asked.name.toLowerCase() === question.name.toLowerCase();
  return isSameName && asked.type === question.type && (asked.class ?? "IN") === "IN";
}
