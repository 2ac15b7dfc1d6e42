import { ns } from "./namespaces.ts";
import type { StreamHeader } from "./reader.ts";
import { escapeAttribute } from "./serialize.ts";

/** Our stream header with XML declaration; `version` null leaves it out (XEP-0114 has none). */
export function formatHeader(header: {
  readonly contentNamespace: string;
  readonly to: string | null;
  readonly from?: string | null;
  readonly id?: string | null;
  readonly version?: string | null;
  /** To be declared, by prefix; `stream` always is. */
  readonly prefixes?: Readonly<Record<string, string>>;
}): string {
  const version = header.version === undefined ? "1.0" : header.version;
  return (
    "<?xml version='1.0'?>" +
    openTag({ ...header, version, lang: version === null ? null : "en" }, header.prefixes ?? {})
  );
}

/** A header that was received, as one line of a transcript. */
export function describeHeader(header: StreamHeader): string {
  return openTag(header, header.prefixes);
}

function openTag(
  header: {
    readonly contentNamespace: string;
    readonly to?: string | null;
    readonly from?: string | null;
    readonly id?: string | null;
    readonly version?: string | null;
    readonly lang?: string | null;
  },
  prefixes: Readonly<Record<string, string>>,
): string {
  const attributes: [string, string | null | undefined][] = [
    ["xmlns", header.contentNamespace],
    ["xmlns:stream", ns.streams],
    ...Object.entries(prefixes)
      .filter(([prefix]) => prefix !== "stream")
      .map(([prefix, uri]): [string, string] => [`xmlns:${prefix}`, uri]),
    ["from", header.from],
    ["to", header.to],
    ["id", header.id],
    ["version", header.version],
    ["xml:lang", header.lang],
  ];
  const text = attributes
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => ` ${name}="${escapeAttribute(value ?? "")}"`);
  return `<stream:stream${text.join("")}>`;
}
