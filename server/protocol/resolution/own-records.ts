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
  /** Of its own for direct TLS (XEP-0368 §3); null: no record is asked for. */
  readonly directTlsPort: number | null;
  /** Where the host should lead; empty: not told. */
  readonly addresses: readonly string[];
  /** Names of ours that lead elsewhere than the domain, or beside it: federated by ourselves. */
  readonly others: readonly OwnName[];
  /** Another server keeps the domain, and we have `others` only: the domain's own records are none of ours. */
  readonly isDomainElsewhere: boolean;
}

/** One more name of ours, and the place that its record should name. */
export interface OwnName {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** With direct TLS, where it has a port of its own for it (XEP-0368 §3). */
  readonly directTlsPort: number | null;
}

interface SrvTarget {
  readonly service: "_xmpp-server" | "_xmpps-server";
  readonly host: string;
  readonly port: number;
}

/** One record set that is needed, by the Wave documents' rule that asks for it. */
export interface NeededRecord {
  readonly kind: "srv" | "address";
  readonly name: string;
  /** The domain whose record it is. */
  readonly owner: string;
  /** 0: no rule of theirs asks for it, a name of `others` needs it. */
  readonly rule: 0 | 1 | 3 | 4 | 5;
  /** Of an SRV record: what it should name. */
  readonly target: SrvTarget | null;
  /** Of an address record: where it should lead (empty: to ourselves), or null: anywhere. */
  readonly addresses: readonly string[] | null;
  /** The Wave documents ask for it, and whoever reads SRV records does without. */
  readonly isAdvised: boolean;
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

/** The record sets of the Wave documents' rules 1 to 5 and of our other names, each name once. */
export function neededRecords(wanted: Advertised): NeededRecord[] {
  const { domain, waveName, rule, host, others } = wanted;
  const srv = (owner: string, by: 0 | 1 | 3 | 4): NeededRecord[] => {
    const place = others.find(({ name }) => name === owner) ?? wanted;
    const targets: SrvTarget[] = [
      { service: "_xmpp-server", host: place.host, port: place.port },
      ...(place.directTlsPort === null
        ? []
        : [{ service: "_xmpps-server" as const, host: place.host, port: place.directTlsPort }]),
    ];
    return targets.map((target) => ({
      kind: "srv",
      name: `${target.service}._tcp.${owner}`,
      owner,
      rule: by,
      target,
      addresses: null,
      isAdvised: false,
    }));
  };
  const address = (name: string, by: 0 | 5, addresses: readonly string[] | null): NeededRecord => ({
    kind: "address",
    name,
    owner: name,
    rule: by,
    target: null,
    addresses,
    isAdvised: addresses === null,
  });
  if (wanted.isDomainElsewhere) {
    const srvs = others.flatMap(({ name }) =>
      srv(name, name === waveName && rule !== 2 ? rule : 0),
    );
    const hosts = new Set(srvs.flatMap(({ target }) => target?.host ?? []));
    return [...srvs, ...[...hosts].map((name) => address(name, 0, wanted.addresses))];
  }
  const hasOwnWave = rule !== 2 && waveName !== domain;
  const further = others.filter(({ name }) => name !== domain && name !== waveName);
  const srvs = [
    ...srv(domain, 1),
    ...(hasOwnWave ? srv(waveName, rule) : []),
    ...further.flatMap(({ name }) => srv(name, 0)),
  ];
  // The domain's own host first; what the others' hosts lead to was not told.
  const hosts = new Set([host, ...srvs.flatMap(({ target }) => target?.host ?? [])]);
  const names = [domain, waveName].filter((name) => !hosts.has(name));
  return [
    ...srvs,
    ...[...hosts].map((name) =>
      name === host ? address(name, 5, wanted.addresses) : address(name, 0, []),
    ),
    ...[...new Set(names)].map((name) => address(name, 5, null)),
  ];
}

/** Targets that the outside sees beside ours, such as a second server for failover. */
export function otherTargets(seen: readonly Seen[], wanted: Advertised): string[] {
  const hosts = wanted.others.map(({ host }) => host);
  const known = new Set([wanted.host, wanted.domain, wanted.waveName, ...hosts, ""]);
  return [...new Set(publishedTargets(seen))].filter((target) => !known.has(target)).slice(0, 8);
}

/** Where the SRV records that were seen lead. */
export function publishedTargets(seen: readonly Seen[]): string[] {
  return seen
    .filter(({ type, outcome }) => type === "SRV" && outcome === "answer")
    .flatMap(({ records }) => records.flatMap(({ data }) => parseSrvData(data)?.target ?? []));
}

/** Judges what resolvers say against what is needed; outside counts, inside is only compared. */
export function judgeRecord(
  needed: NeededRecord,
  seen: readonly Seen[],
  /** Addresses known to be ours, beside those advertised. */
  own: readonly string[],
): Judged {
  const outside = seen.filter(({ isOutside }) => isOutside);
  const isSplit = splits(seen);
  const heard = outside.filter(({ outcome }) => outcome === "answer" || isNo(outcome));
  if (heard.length === 0) return { status: "unknown", isSplit: false, message: null };
  const { status, message } =
    needed.kind === "srv" ? judgeSrv(needed, heard) : judgeAddresses(needed, heard, own);
  return { status, isSplit, message: message ?? (isSplit ? splitNote(needed, seen) : null) };
}

function judgeSrv(needed: NeededRecord, heard: readonly Seen[]): Omit<Judged, "isSplit"> {
  const { name, owner } = needed;
  const wanted = needed.target ?? { host: owner, port: 5269 };
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
  if (needed.addresses === null) return { status: "ok", message: null };
  const expected = needed.addresses.length > 0 ? needed.addresses : own;
  const canonical = new Set(expected.map((text) => parseIpAddress(text)?.text ?? text));
  const strange = found.filter((address) => !canonical.has(address));
  if (strange.length === 0) return { status: "ok", message: null };
  // Where an address of the same kind was declared, as in a closed network, another one is only not the right one.
  const meant = new Set(["public", ...expected.map(kindOf)]);
  const hidden = strange.find((text) => !meant.has(kindOf(text)));
  if (hidden !== undefined) {
    const kind = kindOf(hidden);
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

function kindOf(text: string) {
  const parsed = parseIpAddress(text);
  return parsed === null ? "reserved" : classifyAddress(parsed);
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
