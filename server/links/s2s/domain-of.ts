import type { Primitives } from "#protocol/primitives.ts";
import { type Domain, parseDomain } from "#protocol/xmpp/address.ts";

const maxKept = 10_000;

/** The canonical domain of an address, or null; remembered, as the same few come by again and again. */
export function createDomainOf(
  primitives: Primitives,
): (address: string | undefined) => Domain | null {
  const known = new Map<string, Domain | null>();
  return (address) => {
    if (address === undefined) return null;
    const slash = address.indexOf("/");
    const bare = slash === -1 ? address : address.slice(0, slash);
    const text = bare.slice(bare.indexOf("@") + 1);
    const remembered = known.get(text);
    if (remembered !== undefined) return remembered;
    const parsed = parseDomain(text, primitives);
    const domain = parsed.ok ? parsed.value.ascii : null;
    if (known.size >= maxKept) known.clear();
    known.set(text, domain);
    return domain;
  };
}
