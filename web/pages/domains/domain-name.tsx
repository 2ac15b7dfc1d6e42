import type { LocalDomain } from "#contract/domains.ts";

/** A domain as people read it, and as it is on the wire where that differs. */
export function DomainName({
  domain,
}: {
  readonly domain: Pick<LocalDomain, "domain" | "unicode">;
}) {
  if (domain.domain === domain.unicode) return <>{domain.domain}</>;
  return (
    <>
      {domain.unicode} <span className="wg-mono wg-dimmed">{domain.domain}</span>
    </>
  );
}
