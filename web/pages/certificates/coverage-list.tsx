import type { Certificate } from "#contract/certificates.ts";
import { Facts } from "../../components/facts.tsx";
import { Status } from "../../components/status.tsx";
import { useUnicodeNames } from "../../components/unicode-names.ts";
import { certificatesText } from "../../text/certificates.ts";
import { useText } from "../../text/use-text.tsx";

/** Each name that we serve, and whether the certificate covers it. */
export function CoverageList({ coverage }: { readonly coverage: Certificate["coverage"] }) {
  const t = useText(certificatesText);
  const unicode = useUnicodeNames();
  if (coverage.length === 0) return <p className="wg-dimmed">{t("noDomains")}</p>;
  return (
    <Facts
      items={coverage.map(({ name, isCovered, by }) => [
        unicode(name) === name ? name : `${unicode(name)} (${name})`,
        <Status key={name} tone={isCovered ? "ok" : "warning"}>
          {isCovered ? t("covered", { by: by ?? name }) : t("notCovered")}
        </Status>,
      ])}
    />
  );
}
