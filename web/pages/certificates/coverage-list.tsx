import type { NameCoverage } from "#contract/certificates.ts";
import { Facts } from "../../components/facts.tsx";
import { Status } from "../../components/status.tsx";
import { useUnicodeNames } from "../../components/unicode-names.ts";
import { certificatesText } from "../../text/certificates.ts";
import { useText } from "../../text/use-text.tsx";
import { NameUseLine } from "./name-use.tsx";

interface CoverageListProps {
  readonly coverage: readonly NameCoverage[];
  /** The certificate, once it is saved. */
  readonly id?: string;
}

/** Each name that we serve, whether the certificate covers it, and what its streams show if they are ours. */
export function CoverageList({ coverage, id }: CoverageListProps) {
  const t = useText(certificatesText);
  const unicode = useUnicodeNames();
  if (coverage.length === 0) return <p className="wg-dimmed">{t("noDomains")}</p>;
  return (
    <Facts
      items={coverage.map(({ name, isCovered, by, xmpp }) => [
        unicode(name) === name ? name : `${unicode(name)} (${name})`,
        <div key={name}>
          <Status tone={isCovered ? "ok" : "warning"}>
            {isCovered ? t("covered", { by: by ?? name }) : t("notCovered")}
          </Status>
          {xmpp !== null && (
            <NameUseLine name={name} use={xmpp} {...(id === undefined ? {} : { here: id })} />
          )}
        </div>,
      ])}
    />
  );
}
