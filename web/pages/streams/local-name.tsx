import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { query } from "../../api/query.ts";

/** A name of ours, leading to the page of its domain. */
export function LocalName({ name }: { readonly name: string }) {
  const domains = useQuery(query("GET /api/v1/domains"));
  const domain = domains.data?.items.find(({ links }) => links.some((link) => link.name === name));
  if (domain === undefined) return name;
  return (
    <Link to="/domains/$id" params={{ id: domain.id }}>
      {name}
    </Link>
  );
}
