import { useQuery } from "@tanstack/react-query";
import type { LocalDomain } from "#contract/domains.ts";
import { query } from "../api/query.ts";

/** Reads names of our own domains as people do: `xn--bcher-kva.example` as `bücher.example`. */
export function useUnicodeNames(): (name: string) => string {
  const domains = useQuery(query("GET /api/v1/domains")).data?.items ?? [];
  return (name) => unicodeOf(name, domains);
}

/** The name, or a name below one of `domains`, in Unicode; any other stays as it is. */
export function unicodeOf(
  name: string,
  domains: readonly Pick<LocalDomain, "domain" | "unicode">[],
): string {
  const above = domains.find(({ domain }) => name === domain || name.endsWith(`.${domain}`));
  return above === undefined ? name : name.slice(0, -above.domain.length) + above.unicode;
}
