/** Noun, id or null for a list, route, input: what the live feed matches its changes against. */
export type QueryKey = readonly [noun: string, id: string | null, route: string, input: unknown];

// What is shown with something else: a change of the left is a change of the right.
const SHOWN_WITH: Readonly<Record<string, readonly string[]>> = {
  links: ["domains", "connections", "overview", "x2x-links"],
  domains: ["self-tests", "overview", "certificates"],
  connections: ["domains", "overview", "streams"],
  certificates: ["domains", "overview", "x2x-links"],
  peers: ["overview", "status", "checks", "x2x-links"],
  checks: ["peers", "overview", "status"],
  incidents: ["overview", "status", "peers"],
  traces: ["overview"],
  pings: ["domains"],
  users: ["session"],
  settings: ["status", "overview"],
};

/** Whether a query shows something of the changed resource: `noun`, `noun/id`, or `*` for everything. */
export function isConcerned(key: readonly unknown[], resource: string): boolean {
  if (resource === "*") return true;
  const [noun = "", id] = resource.split("/");
  const [keyNoun, keyId] = key;
  if (typeof keyNoun !== "string") return false;
  if (Object.hasOwn(SHOWN_WITH, noun) && SHOWN_WITH[noun]?.includes(keyNoun) === true) return true;
  return keyNoun === noun && (id === undefined || keyId === null || keyId === id);
}
