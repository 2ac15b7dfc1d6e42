import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { query } from "../../api/query.ts";
import { useMay } from "../../api/session.ts";
import { Notice } from "../../components/notice.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { PageLoading } from "../../shell/frame.tsx";
import { domainsText } from "../../text/domains.ts";
import { shellText } from "../../text/shell.ts";
import { useText } from "../../text/use-text.tsx";
import { AttachStep } from "./attach-step.tsx";
import { NameStep } from "./name-step.tsx";
import { TestStep } from "./test-step.tsx";
import { WizardSteps } from "./wizard-steps.tsx";

const route = getRouteApi("/signed-in/domains/new");

/** Leads from a name to an attached, tested component; where one stands is in the address. */
export function NewDomainPage() {
  const t = useText(domainsText);
  const shell = useText(shellText);
  const { domain: domainId, link: linkId } = route.useSearch();
  const navigate = route.useNavigate();
  const mayChange = useMay("admin");
  const number = domainId === undefined ? 1 : linkId === undefined ? 2 : 3;
  return (
    <>
      <PageHeader
        title={t("newTitle")}
        crumbs={[{ label: t("title"), to: "/domains" }]}
        description={
          <WizardSteps labels={[t("stepName"), t("stepAttach"), t("stepTest")]} current={number} />
        }
      />
      {!mayChange && <Notice tone="info">{shell("readOnly")}</Notice>}
      {mayChange && domainId === undefined && (
        <NameStep onDone={(id) => void navigate({ search: { domain: id } })} />
      )}
      {mayChange && domainId !== undefined && (
        <LaterSteps
          domainId={domainId}
          linkId={linkId}
          onLink={(id) => void navigate({ search: { domain: domainId, link: id } })}
        />
      )}
    </>
  );
}

function LaterSteps(props: {
  readonly domainId: string;
  readonly linkId: string | undefined;
  readonly onLink: (id: string) => void;
}) {
  const { domainId, linkId } = props;
  const domain = useQuery(query("GET /api/v1/domains/:id", { params: { id: domainId } }));
  if (domain.error !== null) return <ProblemNotice error={domain.error} />;
  if (domain.data === undefined) return <PageLoading />;
  const link = domain.data.links.find((one) => one.id === linkId);
  if (link === undefined) return <AttachStep domain={domain.data} onDone={props.onLink} />;
  return <TestStep domain={domain.data} link={link} />;
}
