import type { DnsOutcome, DnsRecord } from "./evidence.ts";
import { classifyAddress, parseIpAddress } from "./ip-address.ts";
import { isNo } from "./lookups.ts";
import { note, type Note } from "./notes.ts";
import { parseSrvData } from "./srv.ts";

/** What the outside should find for one of our own domains. */
export interface Advertised {
  readonly domain: string;
  /** The wave service's name: the disco item, or the guess. */
  readonly waveName: string;
  /** 2: the domain itself is the wave service; 3: an item below it; 4: no item, so the guess. */
  readonly rule: 2 | 3 | 4;
  readonly host: string;
  readonly port: number;
  /** Where the host should lead; empty: not told. */
  readonly addresses: readonly string[];
}

/** One record set that is needed, by the Wave documents' rule that asks for it. */
export interface NeededRecord {
  readonly kind: "srv" | "address";
  readonly name: string;
  /** The domain whose record it is. */
  readonly owner: string;
  readonly rule: 1 | 3 | 4 | 5;
  /** Whether it leads to our server, so that its content counts and not only its being there. */
  readonly isTarget: boolean;
}

/** What one resolver says of a name, for each type asked. */
export interface Seen {
  readonly resolver: string;
  readonly isOutside: boolean;
  readonly type: "SRV" | "A" | "AAAA";
  readonly outcome: DnsOutcome;
  readonly records: DnsRecord[];
}

export interface Judged {
  readonly status: "ok" | "missing" | "wrong" | "unknown";
  readonly isSplit: boolean;
  readonly message: Note | null;
}

export const suggestedTtl = 3600;

/** The record sets of the Wave documents' rules 1 to 5, each name once. */
export function neededRecords(wanted: Advertised): NeededRecord[] {
  const { domain, waveName, rule, host } = wanted;
  const srv = (owner: string, by: 1 | 3 | 4): NeededRecord => ({
    kind: "srv",
    name: `_xmpp-server._tcp.${owner}`,
    owner,
    rule: by,
    isTarget: true,
  });
  const address = (name: string, isTarget: boolean): NeededRecord => ({
    kind: "address",
    name,
    owner: name,
    rule: 5,
    isTarget,
  });
  const names = [domain, waveName].filter((name) => name !== host);
  return [
    srv(domain, 1),
    ...(rule === 2 || waveName === domain ? [] : [srv(waveName, rule)]),
    address(host, true),
    ...[...new Set(names)].map((name) => address(name, false)),
  ];
}

/** Targets that the outside sees beside ours, such as a second server for failover. */
export function otherTargets(seen: readonly Seen[], wanted: Advertised): string[] {
  const targets = seen
    .filter(({ type, outcome }) => type === "SRV" && outcome === "answer")
    .flatMap(({ records }) => records.flatMap(({ data }) => parseSrvData(data)?.target ?? []));
  const known = new Set([wanted.host, wanted.domain, wanted.waveName, ""]);
  return [...new Set(targets)].filter((target) => !known.has(target)).slice(0, 8);
}

/** Judges what resolvers say against what is needed; outside counts, inside is only compared. */
export function judgeRecord(
  needed: NeededRecord,
  seen: readonly Seen[],
  wanted: Advertised,
  /** Addresses known to be ours, beside those advertised. */
  own: readonly string[],
): Judged {
  const outside = seen.filter(({ isOutside }) => isOutside);
  const isSplit = splits(seen);
  const heard = outside.filter(({ outcome }) => outcome === "answer" || isNo(outcome));
  if (heard.length === 0) return { status: "unknown", isSplit: false, message: null };
  const { status, message } =
    needed.kind === "srv"
      ? judgeSrv(needed, heard, wanted)
      : judgeAddresses(needed, heard, wanted, own);
  return { status, isSplit, message: message ?? (isSplit ? splitNote(needed, seen) : null) };
}

function judgeSrv(
  needed: NeededRecord,
  heard: readonly Seen[],
  wanted: Advertised,
): Omit<Judged, "isSplit"> {
  const { name, owner } = needed;
  const answer = heard.find(({ outcome }) => outcome === "answer");
  if (answer === undefined)
    return { status: "missing", message: note("record.missing", { name, type: "SRV" }) };
  const records = answer.records.filter(({ type }) => type === "SRV");
  const parsed = records.flatMap(({ data }) => parseSrvData(data) ?? []);
  const ours = parsed.filter(({ target }) => target === wanted.host);
  if (ours.some(({ port }) => port === wanted.port)) return { status: "ok", message: null };
  const [first] = ours;
  if (first !== undefined)
    return {
      status: "wrong",
      message: note("srv.port", { domain: owner, port: first.port, expected: wanted.port }),
    };
  const expected = `10 0 ${wanted.port} ${wanted.host}.`;
  const found = records.map(({ data }) => data);
  return {
    status: "wrong",
    message: note("record.differs", { name, type: "SRV", found, expected }),
  };
}

function judgeAddresses(
  needed: NeededRecord,
  heard: readonly Seen[],
  wanted: Advertised,
  own: readonly string[],
): Omit<Judged, "isSplit"> {
  const { name } = needed;
  const found = [
    ...new Set(
      heard.flatMap(({ type, records }) =>
        records.filter((record) => record.type === type).map(({ data }) => data),
      ),
    ),
  ];
  if (found.length === 0)
    return { status: "missing", message: note("record.missing", { name, type: "A" }) };
  if (!needed.isTarget) return { status: "ok", message: null };
  const expected = wanted.addresses.length > 0 ? wanted.addresses : own;
  const canonical = new Set(expected.map((text) => parseIpAddress(text)?.text ?? text));
  const strange = found.filter((address) => !canonical.has(address));
  if (strange.length === 0) return { status: "ok", message: null };
  const hidden = strange.find((text) => !isPublic(text));
  if (hidden !== undefined) {
    const parsed = parseIpAddress(hidden);
    const kind = parsed === null ? "reserved" : classifyAddress(parsed);
    return {
      status: "wrong",
      message: note("policy.private_addr", { host: name, address: hidden, kind }),
    };
  }
  // Nothing was declared and this machine has no public address: behind a NAT that cannot be known.
  if (expected.length === 0) return { status: "unknown", message: null };
  return {
    status: "wrong",
    message: note("addr.not_mine", { host: name, addresses: strange, expected: [...expected] }),
  };
}

function isPublic(text: string): boolean {
  const parsed = parseIpAddress(text);
  return parsed !== null && classifyAddress(parsed) === "public";
}

/** Whether inside and outside give different answers to a question of the same type. */
function splits(seen: readonly Seen[]): boolean {
  return pairs(seen).some(({ inside, outside }) => saying(inside) !== saying(outside));
}

function splitNote(needed: NeededRecord, seen: readonly Seen[]): Note | null {
  const pair = pairs(seen).find(({ inside, outside }) => saying(inside) !== saying(outside));
  if (pair === undefined) return null;
  const { inside, outside } = pair;
  return note("dns.disagree", {
    question: needed.name,
    type: inside.type,
    first: inside.resolver,
    firstSays: saying(inside),
    second: outside.resolver,
    secondSays: saying(outside),
    ttl: outside.records[0]?.ttl ?? null,
  });
}

function pairs(seen: readonly Seen[]): { inside: Seen; outside: Seen }[] {
  const isHeard = ({ outcome }: Seen) => outcome === "answer" || isNo(outcome);
  return (["SRV", "A", "AAAA"] as const).flatMap((type) => {
    const inside = seen.find((one) => one.type === type && !one.isOutside && isHeard(one));
    const outside = seen.find((one) => one.type === type && one.isOutside && isHeard(one));
    return inside === undefined || outside === undefined ? [] : [{ inside, outside }];
  });
}

function saying(seen: Seen): string {
  if (seen.outcome !== "answer") return "none";
  const data = seen.records.filter(({ type }) => type === seen.type).map((record) => record.data);
  return data
    .map((text) => text.toLowerCase())
    .sort()
    .join(", ");
}
