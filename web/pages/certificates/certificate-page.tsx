import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { query } from "../../api/query.ts";
import { useMay } from "../../api/session.ts";
import { CodeBlock } from "../../components/code-block.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { Status } from "../../components/status.tsx";
import { Time } from "../../components/time.tsx";
import { PageLoading } from "../../shell/frame.tsx";
import { certificatesText } from "../../text/certificates.ts";
import { useText } from "../../text/use-text.tsx";
import { CertificateActions } from "./certificate-actions.tsx";
import { CertificateCards } from "./certificate-cards.tsx";
import { CheckList } from "./check-list.tsx";
import { CoverageList } from "./coverage-list.tsx";
import { titleOf } from "./life.ts";
import { ServedPanel } from "./served-panel.tsx";

const route = getRouteApi("/signed-in/certificates/$id");

/** One certificate: what it is, what it is good for, and what is really served. */
export function CertificatePage() {
  const t = useText(certificatesText);
  const { id } = route.useParams();
  const mayChange = useMay("admin");
  const { data, error } = useQuery(query("GET /api/v1/certificates/:id", { params: { id } }));
  const crumbs = [{ label: t("title"), to: "/certificates" }] as const;
  if (data === undefined)
    return error === null ? (
      <PageLoading />
    ) : (
      <>
        <PageHeader title={t("title")} crumbs={crumbs} />
        <ProblemNotice error={error} />
      </>
    );
  const isActive = data.uses.includes("https");
  return (
    <>
      <PageHeader
        title={titleOf(data)}
        crumbs={crumbs}
        mark={
          <>
            {isActive && (
              <Status tone="ok" isPill>
                {t("active")}
              </Status>
            )}
            {data.uses.includes("xmpp") && (
              <Status tone="ok" isPill>
                {t("activeXmpp")}
              </Status>
            )}
          </>
        }
        description={t.rich("uploadedBy", {
          who: data.createdBy,
          time: () => <Time key="at" at={data.createdAt} />,
        })}
        actions={mayChange && <CertificateActions certificate={data} />}
      />
      {data.uses.length > 0 && <ServedPanel certificate={data} />}
      <Panel title={t("checksTitle")}>
        <CheckList checks={data.checks} />
      </Panel>
      <Panel title={t("detailsTitle")}>
        <CertificateCards chain={data.chain} />
      </Panel>
      <Panel title={t("coverageTitle")}>
        <CoverageList coverage={data.coverage} id={data.id} />
      </Panel>
      <Panel title={t("pemTitle")} description={t("pemIntro")}>
        <CodeBlock
          code={data.chain.map((one) => one.pem.trim()).join("\n")}
          label={t("pemLabel")}
        />
      </Panel>
    </>
  );
}
