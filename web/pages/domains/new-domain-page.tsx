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
import { ChooseStep, type Way } from "./choose-step.tsx";
import { NameStep } from "./name-step.tsx";
import { NativeStep } from "./native-step.tsx";
import { TestStep } from "./test-step.tsx";
import { WizardSteps } from "./wizard-steps.tsx";

const route = getRouteApi("/signed-in/domains/new");

/** Leads from a name to one that others can reach, with or without another server; where one stands is in the address. */
export function NewDomainPage() {
  const t = useText(domainsText);
  const shell = useText(shellText);
  const { domain: domainId, link: linkId, way } = route.useSearch();
  const navigate = route.useNavigate();
  const mayChange = useMay("admin");
  const isNative = way === "beside" || way === "instead";
  const number = domainId === undefined ? 1 : linkId !== undefined ? 4 : way === undefined ? 2 : 3;
  const labels = [t("stepName"), t("stepChoose"), t(isNative ? "stepFederate" : "stepAttach")];
  return (
    <>
      <PageHeader
        title={t("newTitle")}
        crumbs={[{ label: t("title"), to: "/domains" }]}
        description={
          <WizardSteps labels={isNative ? labels : [...labels, t("stepTest")]} current={number} />
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
          way={way}
          onWay={(chosen) => void navigate({ search: { domain: domainId, way: chosen } })}
          onLink={(id) => void navigate({ search: { domain: domainId, link: id } })}
        />
      )}
    </>
  );
}

function LaterSteps(props: {
  readonly domainId: string;
  readonly linkId: string | undefined;
  readonly way: Way | undefined;
  readonly onWay: (way: Way) => void;
  readonly onLink: (id: string) => void;
}) {
  const { domainId, linkId, way } = props;
  const navigate = route.useNavigate();
  const domain = useQuery(query("GET /api/v1/domains/:id", { params: { id: domainId } }));
  if (domain.error !== null) return <ProblemNotice error={domain.error} />;
  if (domain.data === undefined) return <PageLoading />;
  const link = domain.data.links.find((one) => one.id === linkId);
  if (link !== undefined) return <TestStep domain={domain.data} link={link} />;
  if (way === undefined) return <ChooseStep domain={domain.data} onDone={props.onWay} />;
  if (way === "component") return <AttachStep domain={domain.data} onDone={props.onLink} />;
  return (
    <NativeStep
      domain={domain.data}
      way={way}
      onDone={() => void navigate({ to: "/domains/$id", params: { id: domainId } })}
    />
  );
}
