import { Button } from "@mantine/core";
import { IconCertificate, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Certificate } from "#contract/certificates.ts";
import { query } from "../../api/query.ts";
import { useMay } from "../../api/session.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Status } from "../../components/status.tsx";
import { certificatesText } from "../../text/certificates.ts";
import { useText } from "../../text/use-text.tsx";
import { HttpsNotice } from "./https-notice.tsx";
import { LifeLeft } from "./life-left.tsx";
import { titleOf } from "./life.ts";
import { namesInUse } from "./names.ts";
import { XmppPanel } from "./xmpp-panel.tsx";

/** Our own certificates, the nearest to its end easy to see, and what HTTPS does with them. */
export function CertificatesPage() {
  const t = useText(certificatesText);
  const mayChange = useMay("admin");
  const certificates = useQuery(query("GET /api/v1/certificates"));
  const columns = useCertificateColumns();
  const items = certificates.data?.items;
  const addButton = mayChange && (
    <Button
      leftSection={<IconPlus size={16} />}
      renderRoot={(props) => <Link to="/certificates/new" {...props} />}
    >
      {t("add")}
    </Button>
  );
  return (
    <>
      <PageHeader
        title={t("title")}
        description={t("intro")}
        actions={items !== undefined && items.length > 0 && addButton}
      />
      {certificates.data !== undefined && (
        <>
          <HttpsNotice https={certificates.data.https} />
          <XmppPanel names={certificates.data.xmpp} certificates={certificates.data.items} />
        </>
      )}
      <DataTable
        caption={t("title")}
        columns={columns}
        rowId={(certificate) => certificate.id}
        page={items === undefined ? undefined : { items, next: null, total: items.length }}
        error={certificates.error}
        empty={
          <EmptyState icon={IconCertificate} title={t("emptyTitle")} action={addButton}>
            {t("emptyBody")}
          </EmptyState>
        }
      />
    </>
  );
}

const SHOWN_NAMES = 3;

function useCertificateColumns(): Column<Certificate>[] {
  const t = useText(certificatesText);
  return useMemo(
    () => [
      {
        id: "name",
        header: t("name"),
        cell: (certificate) => (
          <Link to="/certificates/$id" params={{ id: certificate.id }}>
            <b>{titleOf(certificate)}</b>
          </Link>
        ),
      },
      {
        id: "names",
        header: t("names"),
        cell: ({ names }) => (
          <>
            <span className="wg-mono">{names.slice(0, SHOWN_NAMES).join(", ")}</span>
            {names.length > SHOWN_NAMES && (
              <span className="wg-dimmed">
                {" "}
                {t("moreNames", { count: names.length - SHOWN_NAMES })}
              </span>
            )}
          </>
        ),
      },
      {
        id: "ends",
        header: t("ends"),
        cell: (certificate) => <LifeLeft certificate={certificate} />,
      },
      {
        id: "use",
        header: t("use"),
        cell: ({ id, uses, coverage }) =>
          uses.length === 0 ? (
            <span className="wg-dimmed">{t("unused")}</span>
          ) : (
            <div style={{ display: "grid" }}>
              {uses.includes("https") && <Status tone="ok">{t("httpsUse")}</Status>}
              {uses.includes("xmpp") && (
                <Status tone="ok">
                  {t("xmppUse", { count: namesInUse(id, coverage).length })}
                </Status>
              )}
            </div>
          ),
      },
    ],
    [t],
  );
}
