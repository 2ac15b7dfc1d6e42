/** Ports out of "5280, 443": in order, each once; or the first that is none. */
export function parsePorts(
  text: string,
): { ok: true; ports: number[] } | { ok: false; bad: string } {
  const ports: number[] = [];
  for (const part of text.split(/[\s,;]+/).filter((one) => one !== "")) {
    const port = Number(part);
    if (!/^\d{1,5}$/.test(part) || port < 1 || port > 65_535) return { ok: false, bad: part };
    if (!ports.includes(port)) ports.push(port);
  }
  return { ok: true, ports };
}

/** Resolvers out of lines, with port 53 where none is named; or the first that cannot be one. */
export function parseResolvers(
  text: string,
): { ok: true; resolvers: string[] } | { ok: false; bad: string } {
  const resolvers: string[] = [];
  for (const part of text.split(/[\s,;]+/).filter((one) => one !== "")) {
    const resolver = withPort(part);
    if (resolver === null) return { ok: false, bad: part };
    if (!resolvers.includes(resolver)) resolvers.push(resolver);
  }
  return { ok: true, resolvers };
}

// The appliance decides what an address is; here only what is surely none is caught.
function withPort(part: string): string | null {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(part)) return `${part}:53`;
  if (/^\d{1,3}(\.\d{1,3}){3}:\d{1,5}$/.test(part)) return part;
  if (/^\[[0-9a-f:.]+\]:\d{1,5}$/i.test(part)) return part;
  if (/^[0-9a-f]*:[0-9a-f:.]+$/i.test(part)) return `[${part}]:53`;
  return null;
}

/** A whole number within bounds; empty is null where that is allowed; undefined: it is none. */
export function parseCount(
  text: string,
  bounds: { readonly min: number; readonly max: number; readonly mayBeEmpty: boolean },
): number | null | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return bounds.mayBeEmpty ? null : undefined;
  const count = Number(trimmed);
  if (!/^\d{1,9}$/.test(trimmed) || count < bounds.min || count > bounds.max) return undefined;
  return count;
}
