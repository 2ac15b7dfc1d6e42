import { isIP, SocketAddress } from "node:net";
import type { X2xAgreement } from "#contract/x2x.ts";
import type { Primitives } from "#protocol/primitives.ts";
import { parseDomain } from "#protocol/xmpp/address.ts";
import { type Agreement, agreementFaults, type Side } from "#protocol/x2x/agreement.ts";
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
