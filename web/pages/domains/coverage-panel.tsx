import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { NameCoverage } from "#contract/certificates.ts";
import type { LocalDomain } from "#contract/domains.ts";
import { query } from "../../api/query.ts";
import { useMay } from "../../api/session.ts";
import { Facts } from "../../components/facts.tsx";
import { Panel } from "../../components/panel.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { Status } from "../../components/status.tsx";
import { domainsText } from "../../text/domains.ts";
import { useText } from "../../text/use-text.tsx";
import { isKeptElsewhere } from "./advertised-place.ts";

/** Whether a certificate that is here covers the domain and its wave name. */
export function CoveragePanel({ domain }: { readonly domain: LocalDomain }) {
  const t = useText(domainsText);
  const mayChange = useMay("admin");
  const certificates = useQuery(query("GET /api/v1/certificates"));
  const items = certificates.data?.items;
  const own = domain.links.flatMap(({ kind, name }) => (kind === "component" ? [] : [name]));
  const usual = [domain.domain, `wave.${domain.domain}`];
  const names = new Set(isKeptElsewhere(domain) ? own : [...usual, ...own]);
  return (
    <Panel
      title={t("coverageTitle")}
      description={t("coverageIntro")}
      actions={
        mayChange &&
        items?.length === 0 && (
          <Button
            size="compact-sm"
            variant="default"
            renderRoot={(props) => <Link to="/certificates/new" {...props} />}
          >
            {t("toCertificates")}
          </Button>
        )
      }
    >
      <ProblemNotice error={certificates.error} />
      {items?.length === 0 && <p className="wg-dimmed">{t("noCertificate")}</p>}
      <div style={{ display: "grid", gap: "0.875rem" }}>
        {items?.map((certificate) => (
          <div key={certificate.id}>
            <h3>
              <Link to="/certificates/$id" params={{ id: certificate.id }}>
                {t("coverageIn", { label: certificate.label || (certificate.names[0] ?? "?") })}
              </Link>
            </h3>
            <Facts
              items={certificate.coverage
                .filter((row) => names.has(row.name))
                .map((row) => [
                  row.name,
                  row.isCovered ? (
                    <Covered key={row.name} row={row} id={certificate.id} />
                  ) : (
                    <Status key={row.name} tone="warning">
                      {t("notCovered")}
                    </Status>
                  ),
                ])}
            />
          </div>
        ))}
      </div>
    </Panel>
  );
}

/** What our own streams show must be put to use as well; what is another server's must be installed there. */
function Covered({ row, id }: { readonly row: NameCoverage; readonly id: string }) {
  const t = useText(domainsText);
  const by = row.by ?? row.name;
  if (row.xmpp === null) return <Status tone="ok">{t("covered", { by })}</Status>;
  return row.xmpp.active?.id === id ? (
    <Status tone="ok">{t("coveredUsed", { by })}</Status>
  ) : (
    <Status tone={row.xmpp.active === null ? "warning" : "idle"}>
      {t("coveredUnused", { by })}
    </Status>
  );
}
