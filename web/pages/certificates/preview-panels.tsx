import type { CertificatePreview } from "#contract/certificates.ts";
import { Facts } from "../../components/facts.tsx";
import { Panel } from "../../components/panel.tsx";
import { Time } from "../../components/time.tsx";
import { certificatesText } from "../../text/certificates.ts";
import { useText } from "../../text/use-text.tsx";
import { CertificateCards } from "./certificate-cards.tsx";
import { CheckList } from "./check-list.tsx";
import { CoverageList } from "./coverage-list.tsx";

/** What the appliance says of an upload before it is saved. */
export function PreviewPanels({ preview }: { readonly preview: CertificatePreview }) {
  const t = useText(certificatesText);
  const { chain, checks, coverage, compared } = preview;
  return (
    <>
      <Panel title={t("checksTitle")} description={t("checksIntro")}>
        <CheckList checks={checks} />
      </Panel>
      {chain.length > 0 && (
        <Panel title={chain[0]?.commonName ?? chain[0]?.subject ?? ""}>
          <CertificateCards chain={chain} />
        </Panel>
      )}
      {chain.length > 0 && (
        <Panel title={t("coverageTitle")}>
          <CoverageList coverage={coverage} />
        </Panel>
      )}
      {compared !== null && (
        <Panel title={t("comparedTitle")}>
          {compared.isSame ? (
            <p>{t("comparedSame")}</p>
          ) : (
            <Facts
              items={[
                [t("namesLost"), compared.namesLost.join(", ") || t("noNames")],
                [t("namesGained"), compared.namesGained.join(", ") || t("noNames")],
                [t("endsThen"), <Time key="end" at={compared.notAfter} style="moment" />],
                [t("issuerThen"), compared.issuer],
              ]}
            />
          )}
        </Panel>
      )}
    </>
  );
}
