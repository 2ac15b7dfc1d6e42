import { useQuery } from "@tanstack/react-query";
import { query } from "../../api/query.ts";

/** A name that this appliance federates itself, and the certificate that is in use for it. */
export interface OwnName {
  readonly name: string;
  readonly certificate: {
    readonly id: string;
    readonly label: string;
    readonly notAfter: string;
    readonly fingerprint: string | null;
  } | null;
}

/** Null while they are being read. */
export function useOwnNames(): readonly OwnName[] | null {
  const { data } = useQuery(query("GET /api/v1/certificates"));
  if (data === undefined) return null;
  return data.xmpp.map(({ name, active }) => ({
    name,
    certificate:
      active === null
        ? null
        : {
            ...active,
            fingerprint:
              data.items.find(({ id }) => id === active.id)?.chain[0]?.fingerprintSha256 ?? null,
          },
  }));
}

/** Which of our domains' certificates the link shows: that of the first, in order, that has one. */
export function shownCertificate(
  domains: readonly string[],
  own: readonly OwnName[],
): { readonly name: string; readonly certificate: NonNullable<OwnName["certificate"]> } | null {
  for (const domain of domains.toSorted()) {
    const found = own.find(({ name }) => name === domain)?.certificate ?? null;
    if (found !== null) return { name: domain, certificate: found };
  }
  return null;
}
