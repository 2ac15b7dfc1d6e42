import type { LocalDomain } from "#contract/domains.ts";
import type { Link } from "#contract/links.ts";

/** What others dial to reach a name that the appliance federates: its own place, else the domain's. */
export function advertisedPlace(
  link: Pick<Link, "host" | "port">,
  domain: Pick<LocalDomain, "domain" | "advertisedHost" | "advertisedPort">,
): { readonly host: string; readonly port: string } {
  if (link.host !== null) return { host: link.host, port: String(link.port ?? 5269) };
  return { host: domain.advertisedHost ?? domain.domain, port: String(domain.advertisedPort) };
}

/** Whether the appliance federates the domain itself: then names below it lead to the same place. */
export function isFederatedHere(domain: Pick<LocalDomain, "domain" | "links">): boolean {
  return domain.links.some(({ kind, name }) => kind !== "component" && name === domain.domain);
}
