import type { DnsOutcome, DnsRecord, DnsType } from "./evidence.ts";
import { parseIpAddress } from "./ip-address.ts";

/** A decoded DNS message, not trusted yet: what the wire codec gave, whatever it gave. */
export interface RawMessage {
  readonly rcode: string;
  readonly answers: readonly RawRecord[];
  readonly authorities: readonly RawRecord[];
}
export interface RawRecord {
  readonly name: unknown;
  readonly type: unknown;
  readonly class: unknown;
  readonly ttl: unknown;
  readonly data: unknown;
}

export interface Answer {
  readonly outcome: DnsOutcome;
  /** CNAME links first, in order, then the records asked for; or, for `nodata`, what came instead. */
  readonly records: DnsRecord[];
  readonly leftOut: number;
  readonly negativeTtl: number | null;
  /** Why it is malformed. */
  readonly reason: string | null;
  /** The chain leaves this message: ask for this name next. */
  readonly continueWith: string | null;
}

/** Aliases followed from one question (RFC 1034 §3.6.2 sets no number; resolvers stop about here). */
export const maxChain = 8;
/** Records of one answer that are kept. */
export const maxRecords = 64;
const maxTtl = 604_800;

/**
 * Reads what a message says about a question. Only records that the chain of aliases from the
 * question's name reaches count; RDATA is checked, since the codec passes short addresses and
 * mangled names; more than `maxRecords` are cut; loops and long chains make the answer malformed.
 */
export function readAnswer(
  message: RawMessage,
  question: { readonly name: string; readonly type: DnsType },
): Answer {
  const refused = { SERVFAIL: "servfail", REFUSED: "refused", NOTAUTH: "refused" } as const;
  if (message.rcode in refused)
    return empty(refused[message.rcode as keyof typeof refused], message);
  if (message.rcode !== "NOERROR" && message.rcode !== "NXDOMAIN") {
    const said = message.rcode.toLowerCase().slice(0, 32);
    return { ...empty("malformed", message), reason: `rcode_${said}` };
  }
  const records: DnsRecord[] = [];
  for (const raw of message.answers.slice(0, 4_096)) {
    const record = checkRecord(raw);
    if (record === "bad") return { ...empty("malformed", message), reason: "rdata" };
    if (record !== null) records.push(record);
  }
  return follow(message, records, question);
}

function follow(
  message: RawMessage,
  records: readonly DnsRecord[],
  question: { readonly name: string; readonly type: DnsType },
): Answer {
  const chain: DnsRecord[] = [];
  const seen = new Set<string>();
  let name = lower(question.name);
  for (;;) {
    if (seen.has(name))
      return { ...empty("malformed", message), records: chain, reason: "cname_loop" };
    seen.add(name);
    const alias = records.find((record) => record.type === "CNAME" && lower(record.name) === name);
    if (alias === undefined || question.type === "CNAME") break;
    chain.push(alias);
    if (chain.length > maxChain)
      return { ...empty("malformed", message), records: chain, reason: "cname_chain" };
    name = lower(alias.data);
  }
  const found = records.filter((r) => r.type === question.type && lower(r.name) === name);
  if (found.length > 0)
    return {
      outcome: "answer",
      records: [...chain, ...found.slice(0, maxRecords)],
      leftOut: Math.max(0, found.length - maxRecords),
      negativeTtl: null,
      reason: null,
      continueWith: null,
    };
  const isOpen = chain.length > 0 && message.rcode === "NOERROR" && soaOf(message) === null;
  const others = records.filter((r) => r.type !== "CNAME" && lower(r.name) === name);
  return {
    ...empty(message.rcode === "NXDOMAIN" ? "nxdomain" : "nodata", message),
    records: [...chain, ...others.slice(0, maxRecords)],
    continueWith: isOpen ? name : null,
  };
}

/** The record in presentation form; null for types and classes that do not matter, "bad" if broken. */
function checkRecord(raw: RawRecord): DnsRecord | null | "bad" {
  const { name, type, data } = raw;
  if (typeof name !== "string" || typeof type !== "string" || raw.class !== "IN") return null;
  const text = readData(type, data);
  if (text === null) return null;
  if (text === "bad" || !isWireName(name)) return "bad";
  const ttl = typeof raw.ttl === "number" && raw.ttl >= 0 ? Math.min(raw.ttl, maxTtl) : 0;
  return { name: absolute(name), type, ttl: Math.trunc(ttl), data: text };
}

function readData(type: string, data: unknown): string | null {
  if (type === "A" || type === "AAAA") {
    const address = typeof data === "string" ? parseIpAddress(data) : null;
    return address?.family === (type === "A" ? 4 : 6) ? address.text : "bad";
  }
  if (type === "CNAME" || type === "PTR")
    return typeof data === "string" && isWireName(data) ? absolute(data) : "bad";
  if (type !== "SRV") return null;
  if (typeof data !== "object" || data === null) return "bad";
  const { priority, weight, port, target } = data as Record<string, unknown>;
  if (!isUint16(priority) || !isUint16(weight) || !isUint16(port)) return "bad";
  if (typeof target !== "string" || !isWireName(target)) return "bad";
  return `${priority} ${weight} ${port} ${absolute(target)}`;
}

/** RFC 2308 §5: a "no" may be kept for the lesser of the SOA's TTL and its minimum. */
function soaOf(message: RawMessage): number | null {
  const soa = message.authorities.find((record) => record.type === "SOA");
  if (soa === undefined || typeof soa.ttl !== "number") return null;
  const data = soa.data;
  const minimum =
    typeof data === "object" && data !== null && "minimum" in data ? data.minimum : soa.ttl;
  const least = Math.min(soa.ttl, typeof minimum === "number" ? minimum : soa.ttl);
  return Number.isFinite(least) && least >= 0 ? Math.trunc(Math.min(least, maxTtl)) : null;
}

function empty(outcome: DnsOutcome, message: RawMessage): Answer {
  const isNo = outcome === "nodata" || outcome === "nxdomain";
  return {
    outcome,
    records: [],
    leftOut: 0,
    negativeTtl: isNo ? soaOf(message) : null,
    reason: null,
    continueWith: null,
  };
}

/** A name as it may come from the wire: labels of 1-63 printable characters, 253 in all; `.` is the root. */
export function isWireName(name: string): boolean {
  const bare = name.endsWith(".") ? name.slice(0, -1) : name;
  if (bare === "") return true;
  return bare.length <= 253 && bare.split(".").every((label) => /^[\x21-\x7e]{1,63}$/.test(label));
}

/** A name that we may ask for: LDH and underscore labels, 253 characters at most. */
export function isAskable(name: string): boolean {
  return name.length <= 253 && /^(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}$/i.test(name);
}

function absolute(name: string): string {
  return name.endsWith(".") ? name : `${name}.`;
}

function lower(name: string): string {
  return absolute(name).toLowerCase();
}

function isUint16(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 65_535;
}
