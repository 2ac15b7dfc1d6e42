import type { NameCoverage } from "#contract/certificates.ts";

type FederatedName = NameCoverage & { readonly xmpp: NonNullable<NameCoverage["xmpp"]> };

/** Names whose streams are ours, and which the certificate covers: it can be used for them. */
export function coveredNames(coverage: readonly NameCoverage[]): FederatedName[] {
  return coverage.filter((one): one is FederatedName => one.isCovered && one.xmpp !== null);
}

/** Names whose streams show the certificate. */
export function namesInUse(id: string, coverage: readonly NameCoverage[]): string[] {
  return coverage.filter(({ xmpp }) => xmpp?.active?.id === id).map(({ name }) => name);
}
