import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { X2xLink } from "#contract/x2x.ts";
import { query, useCall } from "../../api/query.ts";
import { useMay } from "../../api/session.ts";
import { Notice } from "../../components/notice.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { useNotify } from "../../components/toasts.tsx";
import { PageLoading } from "../../shell/frame.tsx";
import { shellText } from "../../text/shell.ts";
import { useText } from "../../text/use-text.tsx";
import { x2xText } from "../../text/x2x.ts";
import { CheckNotices, CheckProblem } from "./check-notices.tsx";
import { DirectionFields } from "./direction-fields.tsx";
import { agreementOf, draftOf, faultsOf, ownTermsOf, requestOf, type X2xDraft } from "./draft.ts";
import { type FieldsProps, useFaultAt, useTerms } from "./fields.ts";
import { Fingerprint } from "./fingerprint.tsx";
import { HabitsFields } from "./habits-fields.tsx";
import { IdentityFields } from "./identity-fields.tsx";
import { SecurityFields } from "./security-fields.tsx";
import { useCheck } from "./use-check.ts";
import { WhoFields } from "./who-fields.tsx";
import classes from "./x2x.module.css";

const route = getRouteApi("/signed-in/connections/x2x/$id/edit");

/** Changes a link, and says what the other side has to change, too. */
export function EditX2xPage() {
  const t = useText(x2xText);
  const shell = useText(shellText);
  const may = useMay("admin");
  const { id } = route.useParams();
  const { data, error } = useQuery(query("GET /api/v1/x2x-links/:id", { params: { id } }));
  if (data === undefined && error === null) return <PageLoading />;
  return (
    <>
      <PageHeader
        title={t("editTitle", { name: data?.name ?? "" })}
        description={t("editAbout")}
        crumbs={[
          { label: t("crumb"), to: "/connections" },
          { label: t("title"), to: "/connections/x2x" },
        ]}
      />
      <ProblemNotice error={error} />
      {!may && <Notice tone="info">{shell("readOnly")}</Notice>}
      {/* A change by somebody else begins the form anew. */}
      {may && data !== undefined && <EditForm key={data.updatedAt} link={data} />}
    </>
  );
}

const SECTIONS = [
  ["who", WhoFields],
  ["direction", DirectionFields],
  ["security", SecurityFields],
  ["identity", IdentityFields],
  ["habits", HabitsFields],
] as const;

function EditForm({ link }: { readonly link: X2xLink }) {
  const t = useText(x2xText);
  const terms = useTerms();
  const { id } = link;
  const [draft, setDraft] = useState<X2xDraft>(() => draftOf(link));
  const { consent, ...others } = faultsOf(draft);
  const isWhole = Object.keys(others).length === 0;
  const agreement = agreementOf(draft);
  const check = useCheck(
    isWhole
      ? { agreement, id, isEnabled: link.isEnabled, listenAddress: ownTermsOf(draft).listenAddress }
      : null,
  );
  const fingerprint = isWhole ? check.data?.fingerprint : undefined;
  const isSame = fingerprint === link.fingerprint;
  // What was agreed to open is not asked again while the agreement stays.
  const isConsented = isSame || consent === undefined;
  const save = useSave(link, isSame);
  const fields: FieldsProps = {
    draft,
    set: (part) => setDraft((now) => ({ ...now, ...part })),
    faultAt: useFaultAt(others),
  };
  return (
    <form
      className={classes.stack}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate({ params: { id }, body: requestOf(draft) });
      }}
    >
      {SECTIONS.map(([step, Fields]) => (
        <Panel key={step} title={terms(`step.${step}`)}>
          <Fields {...fields} />
        </Panel>
      ))}
      {isWhole && <CheckNotices agreement={agreement} check={check.data} error={check.error} />}
      <Panel title={t("fingerprint")}>
        {isSame ? (
          <Notice tone="ok" title={t("fingerprintSame")} />
        ) : (
          <Notice tone="warning" title={t("editAbout")} />
        )}
        <div className={classes.sides} style={{ marginTop: "0.875rem" }}>
          <div className={classes.side}>
            {!isSame && <h3>{t("fingerprintOld")}</h3>}
            <Fingerprint digits={link.fingerprint} />
          </div>
          {!isSame && fingerprint !== undefined && (
            <div className={classes.side}>
              <h3>{t("fingerprintNew")}</h3>
              <Fingerprint digits={fingerprint} />
            </div>
          )}
        </div>
      </Panel>
      <CheckProblem error={save.error} />
      <div className={classes.foot}>
        <Button
          type="submit"
          loading={save.isPending}
          disabled={
            !isWhole || !isConsented || check.isPlaceholderData || check.data?.faults.length !== 0
          }
        >
          {t("saveChanges")}
        </Button>
        <Button
          variant="default"
          renderRoot={(props) => <Link to="/connections/x2x/$id" params={{ id }} {...props} />}
        >
          {terms("leave")}
        </Button>
      </div>
    </form>
  );
}

/** To the link; by way of its new half if there is something to tell the other side. */
function useSave({ id }: X2xLink, isSame: boolean) {
  const t = useText(x2xText);
  const notify = useNotify();
  const navigate = useNavigate();
  return useCall("PATCH /api/v1/x2x-links/:id", {
    onSuccess() {
      notify(t("saved"));
      if (isSame) void navigate({ to: "/connections/x2x/$id", params: { id } });
      else
        void navigate({
          to: "/connections/x2x/$id/half",
          params: { id },
          search: { why: "changed" },
        });
    },
  });
}
