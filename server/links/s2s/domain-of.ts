import type { Primitives } from "#protocol/primitives.ts";
import { type Domain, parseDomain } from "#protocol/xmpp/address.ts";
import { domainOf } from "#protocol/xmpp/stanza-admission.ts";
import { detached } from "#links/detached.ts";

const maxKept = 10_000;
const maxKeptAddresses = 4_096;
/** What is no domain name can be longer, and of any length. */
const maxKeptLength = 253;

/** The canonical domain of an address, or null; remembered, as the same few come by again and again. */
export function createDomainOf(
  primitives: Primitives,
): (address: string | undefined) => Domain | null {
  const domains = new Map<string, Domain | null>();
  /** By whole address: nothing need be cut out of one that was read before. */
  const addresses = new Map<string, Domain | null>();

  function read(text: string): Domain | null {
    const known = domains.get(text);
    if (known !== undefined) return known;
    const own = detached(text);
    const parsed = parseDomain(own, primitives);
    const domain = parsed.ok ? parsed.value.ascii : null;
    if (text.length > maxKeptLength) return domain;
    if (domains.size >= maxKept) domains.clear();
    domains.set(own, domain);
    return domain;
  }

  return (address) => {
    if (address === undefined) return null;
    const known = addresses.get(address);
    if (known !== undefined) return known;
    const domain = read(domainOf(address));
    if (address.length > maxKeptLength) return domain;
    if (addresses.size >= maxKeptAddresses) addresses.clear();
    addresses.set(detached(address), domain);
    return domain;
  };
}
