import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import type { DnsServer } from "./dns-exchange.ts";

/** The resolvers of /etc/resolv.conf, at most three, as the C library uses them. */
export async function systemResolvers(file = "/etc/resolv.conf"): Promise<DnsServer[]> {
  const text = await readFile(file, "utf8").catch(() => "");
  const servers = parseResolvConf(text);
  // resolv.conf(5): without a nameserver line the resolver on this machine is asked.
  return servers.length > 0 ? servers : [{ address: "127.0.0.1", port: 53 }];
}

export function parseResolvConf(text: string): DnsServer[] {
  return text
    .split("\n")
    .flatMap((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? [])
    .filter((address) => isIP(address.replace(/%.*$/, "")) !== 0)
    .slice(0, 3)
    .map((address) => ({ address, port: 53 }));
}
