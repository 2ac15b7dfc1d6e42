import type { LocalDomain } from "#contract/domains.ts";

/** What stands in the form of a domain, as typed. */
export interface DomainDraft {
  readonly label: string;
  readonly pingTarget: string;
  readonly advertisedHost: string;
  readonly advertisedPort: string;
  readonly advertisedAddresses: string;
  readonly insideHost: string;
  readonly insidePort: string;
}

export type DomainTerms = Pick<
  LocalDomain,
  | "label"
  | "pingTarget"
  | "advertisedHost"
  | "advertisedPort"
  | "advertisedAddresses"
  | "insideHost"
  | "insidePort"
>;

/** The terms of a domain as they are typed. */
export function draftOf(terms: DomainTerms): DomainDraft {
  return {
    label: terms.label,
    pingTarget: terms.pingTarget ?? "",
    advertisedHost: terms.advertisedHost ?? "",
    advertisedPort: String(terms.advertisedPort),
    advertisedAddresses: terms.advertisedAddresses.join("\n"),
    insideHost: terms.insideHost ?? "",
    insidePort: String(terms.insidePort),
  };
}

/** The terms that were typed; null while a port or an address is none. The appliance judges the rest. */
export function termsOf(draft: DomainDraft): {
  readonly terms: DomainTerms | null;
  readonly badAddress: string | null;
} {
  const addresses = draft.advertisedAddresses.split(/[\s,;]+/).filter((one) => one !== "");
  const badAddress = addresses.find((one) => !looksLikeAddress(one)) ?? null;
  const isReady = badAddress === null && isPort(draft.advertisedPort) && isPort(draft.insidePort);
  return {
    badAddress,
    terms: isReady
      ? {
          label: draft.label.trim(),
          pingTarget: orNone(draft.pingTarget),
          advertisedHost: orNone(draft.advertisedHost),
          advertisedPort: Number(draft.advertisedPort),
          advertisedAddresses: addresses,
          insideHost: orNone(draft.insideHost),
          insidePort: Number(draft.insidePort),
        }
      : null,
  };
}

/** Puts the cleaned value in the place of the name that was refused. */
export function withSuggestion(draft: DomainDraft, wrong: string, suggestion: string): DomainDraft {
  const mended = (text: string) => (text.trim() === wrong ? suggestion : text);
  return {
    ...draft,
    pingTarget: mended(draft.pingTarget),
    advertisedHost: mended(draft.advertisedHost),
  };
}

/** A whole number from 1 to 65535. */
export function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text.trim()) && Number(text) >= 1 && Number(text) <= 65_535;
}

function orNone(text: string): string | null {
  return text.trim() === "" ? null : text.trim();
}

export function looksLikeAddress(text: string): boolean {
  const isIpv4 = /^\d{1,3}(\.\d{1,3}){3}$/.test(text);
  return (
    (isIpv4 && text.split(".").every((part) => Number(part) <= 255)) ||
    /^[0-9a-f]*:[0-9a-f:.]+$/i.test(text)
  );
}
