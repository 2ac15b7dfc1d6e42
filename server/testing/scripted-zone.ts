import {
  authority,
  respond,
  startScriptedDns,
  type ScriptedDns,
  type ScriptedQuery,
} from "./scripted-dns.ts";

/**
 * What a name has: record data in presentation form (`A`, `AAAA`, `SRV`; `CNAME` answers any type), a
 * response code, or silence. Names that are not given do not exist.
 */
export type Zone = Readonly<
  Record<string, readonly string[] | "SERVFAIL" | "REFUSED" | "silent" | "broken">
>;

/** A scripted DNS server that serves a zone honestly. */
export function startZone(address: string, zone: Zone): Promise<ScriptedDns> {
  return startScriptedDns(address, (query) => answer(query, zone));
}

function answer(query: ScriptedQuery, zone: Zone): Buffer[] {
  const told = zone[`${query.type} ${query.name}`] ?? zone[`CNAME ${query.name}`];
  if (told === "silent") return [];
  if (told === "broken") return [respond(query, []).subarray(0, 14)];
  if (typeof told === "string") return [respond(query, [], { rcode: told })];
  const authorities = [authority("example", 60)];
  if (told === undefined) {
    const isKnown = Object.keys(zone).some((key) => key.split(" ")[1]?.endsWith(query.name));
    return [respond(query, [], { rcode: isKnown ? "NOERROR" : "NXDOMAIN", authorities })];
  }
  const isAlias = zone[`${query.type} ${query.name}`] === undefined;
  if (isAlias) {
    const [target = ""] = told;
    const further = zone[`${query.type} ${target}`];
    const rest = Array.isArray(further)
      ? further.map((data) => record(target, query.type, data))
      : [];
    const chain = [{ type: "CNAME" as const, name: query.name, data: target, ttl: 60 }, ...rest];
    return [respond(query, chain, rest.length > 0 ? {} : { authorities })];
  }
  return [
    respond(
      query,
      told.map((data) => record(query.name, query.type, data)),
    ),
  ];
}

function record(name: string, type: string, data: string) {
  if (type !== "SRV") return { type: type as "A", name, data, ttl: 60 };
  const [priority, weight, port, target = "."] = data.split(" ");
  const numbers = { priority: Number(priority), weight: Number(weight), port: Number(port) };
  return { type: "SRV" as const, name, ttl: 60, data: { ...numbers, target } };
}
