/** A parsed IP address: 4 or 16 bytes, and one canonical spelling (RFC 5952 for IPv6). */
export interface IpAddress {
  readonly family: 4 | 6;
  readonly bytes: readonly number[];
  readonly text: string;
}

/** What kind of place an address names; only `public` is dialled unless a setting allows more. */
export type AddressKind =
  | "public"
  | "unspecified"
  | "loopback"
  | "private"
  | "link_local"
  | "shared"
  | "documentation"
  | "benchmark"
  | "multicast"
  | "broadcast"
  | "reserved";

/** Parses dotted IPv4 (four decimal parts, no leading zeros) or IPv6 without a zone; else null. */
export function parseIpAddress(text: string): IpAddress | null {
  const v4 = parseIpv4(text);
  if (v4 !== null) return { family: 4, bytes: v4, text: v4.join(".") };
  const v6 = parseIpv6(text);
  return v6 === null ? null : { family: 6, bytes: v6, text: formatIpv6(v6) };
}

/**
 * Classifies by the special-purpose registries (RFC 6890 and successors). An IPv6 address that leads
 * to an IPv4 one (mapped, NAT64, 6to4, Teredo) is what that IPv4 address is, so that none of them is
 * a way round the rule.
 */
export function classifyAddress(address: IpAddress): AddressKind {
  if (address.family === 4) return classifyIpv4(address.bytes);
  const embedded = embeddedIpv4(address.bytes);
  if (embedded !== null) return classifyIpv4(embedded);
  return find(v6Blocks, address.bytes) ?? classifyUnlistedIpv6(address.bytes);
}

/** Whether the dial policy permits the address; broadcast, multicast and "unspecified" never. */
export function mayDial(kind: AddressKind, allowPrivate: boolean): boolean {
  if (kind === "public") return true;
  if (kind === "unspecified" || kind === "multicast" || kind === "broadcast") return false;
  return allowPrivate && kind !== "reserved";
}

interface Block {
  readonly prefix: readonly number[];
  readonly bits: number;
  readonly kind: AddressKind;
}

const v4Blocks: readonly Block[] = [
  block("0.0.0.0", 8, "unspecified"),
  block("10.0.0.0", 8, "private"),
  block("100.64.0.0", 10, "shared"),
  block("127.0.0.0", 8, "loopback"),
  block("169.254.0.0", 16, "link_local"),
  block("172.16.0.0", 12, "private"),
  block("192.0.0.0", 24, "reserved"),
  block("192.0.2.0", 24, "documentation"),
  block("192.88.99.0", 24, "reserved"),
  block("192.168.0.0", 16, "private"),
  block("198.18.0.0", 15, "benchmark"),
  block("198.51.100.0", 24, "documentation"),
  block("203.0.113.0", 24, "documentation"),
  block("224.0.0.0", 4, "multicast"),
  block("255.255.255.255", 32, "broadcast"),
  block("240.0.0.0", 4, "reserved"),
];

const v6Blocks: readonly Block[] = [
  block("::", 128, "unspecified"),
  block("::1", 128, "loopback"),
  block("100::", 64, "reserved"),
  block("2001:2::", 48, "benchmark"),
  block("2001:db8::", 32, "documentation"),
  block("3fff::", 20, "documentation"),
  block("5f00::", 16, "reserved"),
  block("fc00::", 7, "private"),
  block("fe80::", 10, "link_local"),
  block("fec0::", 10, "private"),
  block("ff00::", 8, "multicast"),
];

const globalUnicast = block("2000::", 3, "public");

function classifyIpv4(bytes: readonly number[]): AddressKind {
  return find(v4Blocks, bytes) ?? "public";
}

function classifyUnlistedIpv6(bytes: readonly number[]): AddressKind {
  return contains(globalUnicast, bytes) ? "public" : "reserved";
}

// RFC 4291 §2.5.5 (compatible, mapped), RFC 6052 and 8215 (NAT64), RFC 3056 (6to4), RFC 4380 (Teredo).
const carriers: readonly {
  block: Block;
  read: (bytes: readonly number[]) => readonly number[] | null;
}[] = [
  { block: block("::ffff:0:0", 96, "public"), read: (bytes) => bytes.slice(12) },
  { block: block("::ffff:0:0:0", 96, "public"), read: (bytes) => bytes.slice(12) },
  {
    block: block("::", 96, "public"),
    read: (bytes) =>
      bytes.slice(12).every((b, i) => b === 0 || (i === 3 && b === 1)) ? null : bytes.slice(12),
  },
  { block: block("64:ff9b::", 96, "public"), read: (bytes) => bytes.slice(12) },
  // A local-use NAT64 prefix leads into the operator's own network, whatever it embeds.
  { block: block("64:ff9b:1::", 48, "public"), read: () => [10, 0, 0, 0] },
  { block: block("2002::", 16, "public"), read: (bytes) => bytes.slice(2, 6) },
  { block: block("2001::", 32, "public"), read: (bytes) => bytes.slice(12).map((b) => b ^ 0xff) },
];

function embeddedIpv4(bytes: readonly number[]): readonly number[] | null {
  const carrier = carriers.find((candidate) => contains(candidate.block, bytes));
  return carrier === undefined ? null : carrier.read(bytes);
}

function block(text: string, bits: number, kind: AddressKind): Block {
  const prefix = parseIpv4(text) ?? parseIpv6(text);
  if (prefix === null) throw new Error(`${text} is no address`);
  return { prefix, bits, kind };
}

function find(blocks: readonly Block[], bytes: readonly number[]): AddressKind | null {
  return blocks.find((candidate) => contains(candidate, bytes))?.kind ?? null;
}

function contains(candidate: Block, bytes: readonly number[]): boolean {
  if (candidate.prefix.length !== bytes.length) return false;
  return candidate.prefix.every((byte, index) => {
    const bits = Math.min(8, Math.max(0, candidate.bits - index * 8));
    const mask = (0xff << (8 - bits)) & 0xff;
    return (byte & mask) === ((bytes[index] ?? 0) & mask);
  });
}

function parseIpv4(text: string): number[] | null {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part))) return null;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : null;
}

function parseIpv6(text: string): number[] | null {
  if (text.length > 45 || !/^[0-9a-fA-F:.]+$/.test(text)) return null;
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const head = parseGroups(halves[0] ?? "", halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? "", true) : [];
  if (head === null || tail === null) return null;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 2) return null;
  return [...head, ...new Array<number>(missing).fill(0), ...tail];
}

function parseGroups(text: string, mayEndInIpv4: boolean): number[] | null {
  if (text === "") return [];
  const groups = text.split(":");
  const bytes: number[] = [];
  for (const [index, group] of groups.entries()) {
    if (mayEndInIpv4 && index === groups.length - 1 && group.includes(".")) {
      const v4 = parseIpv4(group);
      if (v4 === null) return null;
      bytes.push(...v4);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return null;
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    }
  }
  return bytes;
}

/** RFC 5952 §4: lower case, no leading zeros, the longest run of two or more zero groups as `::`. */
function formatIpv6(bytes: readonly number[]): string {
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0)).toString(16),
  );
  let best = { start: 0, length: 0 };
  for (let start = 0; start < 8; start += 1) {
    let length = 0;
    while (groups[start + length] === "0") length += 1;
    if (length > best.length) best = { start, length };
  }
  if (best.length < 2) return groups.join(":");
  const head = groups.slice(0, best.start).join(":");
  return `${head}::${groups.slice(best.start + best.length).join(":")}`;
}
