import { isIP, SocketAddress } from "node:net";
import type { X2xAgreement } from "#contract/x2x.ts";
import type { Primitives } from "#protocol/primitives.ts";
import { parseDomain } from "#protocol/xmpp/address.ts";
import { type Agreement, agreementFaults, type Side } from "#protocol/x2x/agreement.ts";
import { type AcceptingLink, type PlaceClash, placeClash } from "#protocol/x2x/places.ts";
import { HttpProblem, problemOf } from "./problem.ts";
import { hostName } from "./link-input.ts";

/**
 * An agreement in canonical form, so that both halves have one fingerprint: domains in A-labels and sorted, addresses
 * as the system writes them, pins in lower case without colons.
 */
export function canonicalAgreement(given: X2xAgreement, primitives: Primitives): Agreement {
  const [ours, theirs] = given.sides;
  return {
    ...given,
    language: given.language?.toLowerCase() ?? null,
    sides: [canonicalSide(ours, 0, primitives), canonicalSide(theirs, 1, primitives)],
  };
}

/** Refuses an agreement that cannot work, with the field at fault. */
export function refuseFaults(agreement: Agreement): void {
  const faults = agreementFaults(agreement);
  if (faults.length === 0) return;
  throw new HttpProblem("x2x.agreement", {
    errors: faults.map(({ code, field }) => ({ field: `agreement.${field}`, message: code })),
  });
}

/** A link as it is, or is to be saved. */
export interface PlacedLink extends AcceptingLink {
  readonly id: string | null;
  readonly name: string;
  readonly isEnabled: boolean;
}

/** Links that cannot listen where this one is to; those that are switched off do not count. */
export function clashesOf(
  wanted: Omit<PlacedLink, "name">,
  others: readonly PlacedLink[],
): { code: PlaceClash; field: string; link: string }[] {
  if (!wanted.isEnabled) return [];
  return others.flatMap((other) => {
    const code = other.isEnabled && other.id !== wanted.id ? placeClash(wanted, other) : null;
    return code === null ? [] : [{ code, field: "sides.0.listens.port", link: other.name }];
  });
}

/** Throws `x2x.place` with the field and the first link that listens there. */
export function refuseClash(wanted: Omit<PlacedLink, "name">, others: readonly PlacedLink[]): void {
  const [clash] = clashesOf(wanted, others);
  if (clash === undefined) return;
  const { code, field, link } = clash;
  throw new HttpProblem("x2x.place", {
    params: { link },
    errors: [{ field: `agreement.${field}`, message: code }],
  });
}

function canonicalSide(
  side: X2xAgreement["sides"][number],
  index: number,
  primitives: Primitives,
): Side {
  const { domains, listens, opens, certificate } = side;
  return {
    domains: sorted(
      domains.map((name) => {
        const parsed = parseDomain(name, primitives);
        if (!parsed.ok) throw problemOf(parsed.problem);
        return parsed.value.ascii;
      }),
    ),
    listens: listens === null ? null : { ...listens, host: hostName(listens.host, primitives) },
    opens:
      opens === null
        ? null
        : {
            ...opens,
            addresses: sorted(
              opens.addresses.map((address) =>
                ipAddress(address, `agreement.sides.${index}.opens.addresses`),
              ),
            ),
            hostName: opens.hostName === null ? null : hostName(opens.hostName, primitives),
          },
    certificate:
      certificate === null
        ? null
        : {
            by: certificate.by,
            pins: sorted(certificate.pins.map((pin) => pin.replaceAll(":", "").toLowerCase())),
          },
  };
}

/** As the system writes addresses of connections; throws `x2x.address` with the field that has no address. */
export function ipAddress(text: string, field: string): string {
  const family = isIP(text);
  if (family === 0)
    throw new HttpProblem("x2x.address", {
      params: { address: text },
      errors: [{ field, message: "x2x.address" }],
    });
  return new SocketAddress({ address: text, family: family === 4 ? "ipv4" : "ipv6" }).address;
}

function sorted(values: readonly string[]): string[] {
  return [...new Set(values)].toSorted();
}
