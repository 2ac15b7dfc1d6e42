import { chooseItems, isLikely, viewInfos } from "./disco.ts";
import type { Path } from "./connect.ts";
import { isAgreed } from "./agreed.ts";
import { pathTo, type Walk } from "./walk.ts";

/**
 * Asks early for what later steps are likely to need, as soon as the list of services is known and
 * however far our own connection has come. Nothing is concluded here.
 */
export function lookAhead(walk: Walk): void {
  const { items, begin } = walk;
  if (items === null || items.state === "pending" || items.state === "not_sent") return;
  const { domain, guess } = begin;
  const isAnswered = items.state === "listed" || items.state === "empty" || items.state === "error";
  const asked = isAnswered ? askedEntities(walk) : [];
  const infos = viewInfos(asked, walk.facts);
  walk.wants.push(...infos.wants);
  const next = infos.winner ?? asked.find((name) => isLikely(name, domain));
  if (next !== undefined && next !== domain && !isAgreed(begin, next)) {
    const path = pathTo(walk, next);
    const isKnown = infos.winner !== null && !isAgreed(begin, domain);
    if (isKnown && isElsewhere(path, pathTo(walk, domain))) path.dial();
  }
  if (items.state === "listed" || infos.winner !== null || guess === null) return;
  if (!isAgreed(begin, guess)) pathTo(walk, guess);
  walk.wants.push({ kind: "disco", query: "info", to: guess, attempt: 1 });
}

/** Whom to ask what they are: the listed items, or the domain itself when it lists none. */
export function askedEntities(walk: Walk): string[] {
  const { items, begin } = walk;
  return items?.state === "listed" && items.report !== null
    ? chooseItems(items.report, begin.domain).ask
    : [begin.domain];
}

/** No address and port of the service is one of the domain's, so it will have to be dialled. */
function isElsewhere(service: Path, base: Path): boolean {
  const { hosts } = base.resolution;
  if (hosts.length === 0 || hosts.some((host) => host.state === "pending")) return false;
  const [first] = service.resolution.hosts.filter((host) => host.endpoints.length > 0);
  if (first === undefined) return false;
  const known = new Set(hosts.flatMap((host) => host.endpoints.map(placeOf)));
  return first.endpoints.every((endpoint) => !known.has(placeOf(endpoint)));
}

function placeOf(endpoint: { address: string; candidate: { port: number } }): string {
  return `${endpoint.address} ${endpoint.candidate.port}`;
}
