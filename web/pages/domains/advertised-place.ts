import type { LocalDomain } from "#contract/domains.ts";
import type { Link } from "#contract/links.ts";

/** What others dial to reach a name that the appliance federates: as set for it, else its own port, else the domain's. */
export function advertisedPlace(
  { host, port, ownPorts }: Pick<Link, "host" | "port" | "ownPorts">,
  domain: Pick<LocalDomain, "domain" | "advertisedHost" | "advertisedPort">,
): { readonly host: string; readonly port: string } {
  const usual = host === null ? domain.advertisedPort : 5269;
  return {
    host: host ?? domain.advertisedHost ?? domain.domain,
    port: String((host === null ? null : port) ?? ownPorts?.port ?? usual),
  };
}

/** Whether another server keeps the domain without us: names below it are federated from here, and nothing is attached. */
export function isKeptElsewhere(domain: {
  readonly domain: string;
  readonly links: readonly Pick<Link, "kind" | "name">[];
}): boolean {
  const { links } = domain;
  const hasNative = links.length > 0 && links.every(({ kind }) => kind !== "component");
  return hasNative && linkOfDomain(domain) === null;
}

/** The link of the domain itself, where the appliance federates it: names below it lead to the same place. */
export function linkOfDomain<T extends Pick<Link, "kind" | "name">>(domain: {
  readonly domain: string;
  readonly links: readonly T[];
}): T | null {
  return (
    domain.links.find(({ kind, name }) => kind !== "component" && name === domain.domain) ?? null
  );
}
