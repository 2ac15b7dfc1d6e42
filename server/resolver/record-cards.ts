import { findings as catalogue } from "#contract/findings.ts";
import type { RecordCard } from "#contract/self-tests.ts";
import { toFinding } from "#protocol/resolution/diagnosis.ts";
import { parseIpAddress } from "#protocol/resolution/ip-address.ts";
import { decidingReport } from "#protocol/resolution/lookups.ts";
import {
  judgeRecord,
  neededRecords,
  otherTargets,
  publishedTargets,
  suggestedTtl,
  type Advertised,
  type NeededRecord,
  type Seen,
} from "#protocol/resolution/own-records.ts";
import type { DnsResolver } from "./dns.ts";

export interface CardDeps {
  readonly inside: DnsResolver;
  readonly outside: DnsResolver;
  /** Addresses of this machine that are public. */
  readonly own: readonly string[];
}

/** One card per record set that is needed, and per further target that the outside sees. */
export async function buildCards(wanted: Advertised, deps: CardDeps): Promise<RecordCard[]> {
  const needed = neededRecords(wanted);
  const looked = await Promise.all(needed.map((record) => lookUp(record, deps)));
  const outside = looked.flat().filter(({ isOutside }) => isOutside);
  const led = new Set(publishedTargets(outside));
  const cards = needed.map((record, index) => {
    const isAdvised = record.isAdvised && !led.has(record.name);
    return toCard({ ...record, isAdvised }, looked[index] ?? [], wanted, deps.own);
  });
  const further = await Promise.all(
    otherTargets(outside, wanted).map(async (name) => {
      const nothing = { target: null, addresses: null, isAdvised: false };
      const record = { kind: "address", name, owner: name, rule: 5, ...nothing } as const;
      return toCard(record, await lookUp(record, deps), wanted, deps.own);
    }),
  );
  return [...cards, ...further];
}

async function lookUp(record: NeededRecord, deps: CardDeps): Promise<Seen[]> {
  const types = record.kind === "srv" ? (["SRV"] as const) : (["A", "AAAA"] as const);
  const seen = await Promise.all(
    [deps.inside, deps.outside].flatMap((resolver) =>
      types.map(async (type): Promise<Seen[]> => {
        if (resolver.servers.length === 0) return [];
        const reports = await resolver.ask({ name: record.name, type }, true);
        const isOutside = resolver === deps.outside;
        // Inside only the one counts that this machine goes by.
        const told = isOutside ? reports : [firstOf(reports)].flatMap((one) => one ?? []);
        return told.map(({ resolver: name, outcome, records }) => ({
          ...{ resolver: name, isOutside, type, outcome, records },
        }));
      }),
    ),
  );
  return seen.flat();
}

function firstOf(reports: Awaited<ReturnType<DnsResolver["ask"]>>) {
  const work = { kind: "lookup", name: "", type: "A" } as const;
  const fact = { work, reports, isDecided: true, isFinal: true, startedAt: 0, endedAt: 0 };
  return decidingReport(fact);
}

function toCard(
  record: NeededRecord,
  seen: readonly Seen[],
  wanted: Advertised,
  own: readonly string[],
): RecordCard {
  const { status, isSplit, message } = judgeRecord(record, seen, own);
  const { kind, name, rule, isAdvised } = record;
  const fields = fieldsOf(record, wanted, own);
  return {
    id: `${kind} ${name}`,
    ...{ kind, name, rule, isAdvised, status, isSplit, fields },
    zoneLines: fields.map(zoneLine),
    dig: digLines(record),
    seen: seen.map((one) => ({ ...one, records: [...one.records] })),
    message: message === null ? null : toFinding({ ...message, owner: "us" }, catalogue),
  };
}

function fieldsOf(
  record: NeededRecord,
  wanted: Advertised,
  own: readonly string[],
): RecordCard["fields"] {
  const ttl = suggestedTtl;
  if (record.target !== null)
    return [
      {
        type: "SRV",
        service: record.target.service,
        protocol: "_tcp",
        name: record.owner,
        priority: 10,
        weight: 0,
        port: record.target.port,
        target: record.target.host,
        ttl,
      },
    ];
  return addressesFor(record, wanted, own).map((address) => {
    const type = parseIpAddress(address)?.family === 6 ? "AAAA" : "A";
    return { type, name: record.name, address, ttl };
  });
}

function addressesFor(
  { name, addresses }: NeededRecord,
  wanted: Advertised,
  own: readonly string[],
): readonly string[] {
  if (addresses !== null && name !== wanted.host) return addresses.length > 0 ? addresses : own;
  return [wanted.host, wanted.domain, wanted.waveName].includes(name) ? wanted.addresses : [];
}

function zoneLine(field: RecordCard["fields"][number]): string {
  if (field.type !== "SRV") return `${field.name}. ${field.ttl} IN ${field.type} ${field.address}`;
  const { service, protocol, name, ttl, priority, weight, port, target } = field;
  return `${service}.${protocol}.${name}. ${ttl} IN SRV ${priority} ${weight} ${port} ${target}.`;
}

/** As the Wave documents test it: `dig +short -t SRV _xmpp-server._tcp.example.com`. */
function digLines({ kind, name }: NeededRecord): string[] {
  const types = kind === "srv" ? ["SRV"] : ["A", "AAAA"];
  return types.map((type) => `dig +short -t ${type} ${name}`);
}
