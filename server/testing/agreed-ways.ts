import type { AgreedLink, CrossReport } from "#protocol/resolution/evidence.ts";
import type { AgreedWays } from "#resolver/agreed-ways.ts";

/** Nothing is agreed with anybody. */
export const noAgreedWays: AgreedWays = {
  linksOf: () => [],
  cross: () => Promise.reject(new Error("no link is agreed")),
};

/** A link “to acme” with acme.example and its wave. name, as it stands. */
export function agreedLink(changes: Partial<AgreedLink> = {}): AgreedLink {
  return {
    id: "00000000-0000-4000-8000-0000000000aa",
    name: "to acme",
    domains: ["acme.example", "wave.acme.example"],
    priority: 10,
    fallsBack: false,
    state: "idle",
    provenAt: null,
    roundTripMs: null,
    lastError: null,
    nextAttemptAt: null,
    certificate: null,
    ...changes,
  };
}

/** What a ping across such links says; by default that the first link has answered. */
export function crossReport(
  links: readonly AgreedLink[],
  changes: Partial<CrossReport> = {},
): CrossReport {
  return {
    kind: "answered",
    linkId: links[0]?.id ?? null,
    roundTripMs: 7,
    carriedBy: "link",
    finding: null,
    seconds: 20,
    links,
    ...changes,
  };
}

/** Links whose ping ends so. `crossed` remembers who was pinged. */
export function scriptedWays(
  links: readonly AgreedLink[],
  changes: Partial<CrossReport> = {},
): AgreedWays & { readonly crossed: string[] } {
  const crossed: string[] = [];
  return {
    crossed,
    linksOf: () => links,
    async cross(_from, to) {
      crossed.push(to);
      await Promise.resolve();
      return crossReport(links, changes);
    },
  };
}
