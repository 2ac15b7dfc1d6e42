import { parseIpAddress } from "#protocol/resolution/ip-address.ts";
import type { LookupReport } from "#protocol/resolution/evidence.ts";
import type { DnsResolver } from "./dns.ts";

/** Names to addresses and back, for links whose other end was agreed on: no SRV, no tracing. */
export interface HostNames {
  /** IP addresses, IPv6 first; none when there are none or nobody answers. Never rejects. */
  readonly addressesOf: (host: string) => Promise<readonly string[]>;
  /** Names by reverse DNS (RFC 1035 §3.5), and whether the answer is secured. Never rejects. */
  readonly reverse: (address: string) => Promise<{
    readonly names: readonly string[];
    /** DNSSEC validated it, on this very machine: what comes over a network anybody may have set the bit in. */
    readonly isSecure: boolean;
    readonly resolver: string;
  }>;
}

export function createHostNames(deps: {
  readonly dns: Pick<DnsResolver, "ask">;
  /** Whether the resolver of this machine was said to validate. */
  readonly isLocalValidating: () => boolean;
}): HostNames {
  const { dns } = deps;
  return {
    async addressesOf(host) {
      const answers = await Promise.all(
        (["AAAA", "A"] as const).map((type) => dns.ask({ name: host, type }, false)),
      );
      return answers.flatMap((reports, index) => dataOf(reports, index === 0 ? "AAAA" : "A"));
    },
    async reverse(address) {
      const reports = await dns.ask({ name: reverseName(address), type: "PTR" }, true);
      const report = decidingOf(reports);
      const resolver = report?.resolver ?? "";
      const isLocal = /^(?:127\.|\[::1\]|::1)/.test(resolver);
      const isSecure = report?.authenticData === true && isLocal && deps.isLocalValidating();
      const names = dataOf(reports, "PTR").map((name) => name.replace(/\.$/, "").toLowerCase());
      return { names, isSecure, resolver };
    },
  };
}

/** `1.0.0.127.in-addr.arpa`, or nibbles below `ip6.arpa` (RFC 3596 §2.5). */
export function reverseName(address: string): string {
  const parsed = parseIpAddress(address);
  if (parsed === null) throw new Error(`${address} is no IP address`);
  if (parsed.family === 4) return `${parsed.text.split(".").toReversed().join(".")}.in-addr.arpa`;
  return `${nibblesOf(parsed.text).split("").toReversed().join(".")}.ip6.arpa`;
}

function nibblesOf(text: string): string {
  const [head = "", tail] = text.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const gap = Array.from(
    { length: tail === undefined ? 0 : 8 - left.length - right.length },
    () => "0",
  );
  return [...left, ...gap, ...right].map((group) => group.padStart(4, "0")).join("");
}

function decidingOf(reports: readonly LookupReport[]): LookupReport | undefined {
  return reports.find(({ deciding }) => deciding);
}

function dataOf(reports: readonly LookupReport[], type: string): string[] {
  const report = decidingOf(reports);
  if (report?.outcome !== "answer") return [];
  return report.records.filter((record) => record.type === type).map(({ data }) => data);
}
