import type { Primitives } from "#protocol/primitives.ts";
import { type Domain, parseDomain } from "#protocol/xmpp/address.ts";
import { detached } from "#links/detached.ts";

const maxKept = 10_000;
/** What is no domain name can be longer, and of any length. */
const maxKeptLength = 253;

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
    const own = detached(text);
    const parsed = parseDomain(own, primitives);
    const domain = parsed.ok ? parsed.value.ascii : null;
    if (text.length > maxKeptLength) return domain;
    if (known.size >= maxKept) known.clear();
    known.set(own, domain);
    return domain;
  };
}
