import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { LocalDomain } from "#contract/domains.ts";
import { query } from "../../api/query.ts";

/** What is a name of ours: what goes on with it is between ourselves, and no peer's. */
export function useOwnNames(): ReadonlySet<string> {
  const { data } = useQuery(query("GET /api/v1/domains"));
  return useMemo(() => ownNamesOf(data?.items ?? []), [data]);
}

export function ownNamesOf(
  domains: readonly {
    readonly domain: string;
    readonly links: readonly Pick<LocalDomain["links"][number], "name">[];
  }[],
): ReadonlySet<string> {
  return new Set(
    domains.flatMap(({ domain, links }) => [domain, ...links.map(({ name }) => name)]),
  );
}
