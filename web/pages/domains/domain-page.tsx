import { ActionIcon, Button, Menu } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { LocalDomain } from "#contract/domains.ts";
import { query, useCall } from "../../api/query.ts";
import { useMay } from "../../api/session.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { ScriptMix } from "../../components/script-mix.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { useNotify } from "../../components/toasts.tsx";
import { PageLoading } from "../../shell/frame.tsx";
import { domainsText } from "../../text/domains.ts";
import { useText } from "../../text/use-text.tsx";
import { ViaLocal } from "../x2x/via-links.tsx";
import { AttachmentPanel } from "./attachment-panel.tsx";
import { CoveragePanel } from "./coverage-panel.tsx";
import { EditDomainDialog } from "./edit-domain-dialog.tsx";
import { NatPanel } from "./nat-panel.tsx";
import { PingPanel } from "./ping-panel.tsx";
import { SelfTestPanel } from "./self-test-panel.tsx";

const route = getRouteApi("/signed-in/domains/$id");

/** Everything about one domain that we serve. */
export function DomainPage() {
  const t = useText(domainsText);
  const { id } = route.useParams();
  const mayChange = useMay("admin");
  const domain = useQuery(query("GET /api/v1/domains/:id", { params: { id } }));
  const [isEditing, setIsEditing] = useState(false);
  if (domain.data === undefined)
    return domain.error === null ? (
      <PageLoading />
    ) : (
      <>
        <PageHeader title={t("domain")} crumbs={[{ label: t("title"), to: "/domains" }]} />
        <ProblemNotice error={domain.error} />
      </>
    );
  const { data } = domain;
  return (
    <>
      <PageHeader
        title={data.unicode}
        crumbs={[{ label: t("title"), to: "/domains" }]}
        description={
          <>
            {data.unicode !== data.domain && (
              <p>
                {t.rich("looksLike", {
                  ascii: (
                    <span key="ascii" className="wg-mono">
                      {data.domain}
                    </span>
                  ),
                })}
              </p>
            )}
            <ScriptMix scripts={data.scripts} />
            {data.label !== "" && <p>{data.label}</p>}
            <ViaLocal names={data.links.map(({ name }) => name)} />
          </>
        }
        actions={mayChange && <DomainActions domain={data} onEdit={() => setIsEditing(true)} />}
      />
      <AttachmentPanel domain={data} />
      <SelfTestPanel domain={data} />
      <PingPanel domain={data} />
      <NatPanel domain={data} onEdit={() => setIsEditing(true)} />
      <CoveragePanel domain={data} />
      {isEditing && <EditDomainDialog domain={data} onClose={() => setIsEditing(false)} />}
    </>
  );
}

function DomainActions({
  domain,
  onEdit,
}: {
  readonly domain: LocalDomain;
  readonly onEdit: () => void;
}) {
  const t = useText(domainsText);
  const notify = useNotify();
  const navigate = useNavigate();
  const [isRemoving, setIsRemoving] = useState(false);
  const remove = useCall("DELETE /api/v1/domains/:id", {
    onSuccess() {
      notify(t("removed", { domain: domain.unicode }));
      void navigate({ to: "/domains" });
    },
  });
  return (
    <>
      <Button variant="default" onClick={onEdit}>
        {t("edit")}
      </Button>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon
            variant="default"
            size={36}
            aria-label={t("moreFor", { name: domain.unicode })}
          >
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item color="red" onClick={() => setIsRemoving(true)}>
            {t("remove")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <ConfirmDialog
        isOpen={isRemoving}
        title={t("removeTitle", { domain: domain.unicode })}
        word={domain.domain}
        confirmLabel={t("remove")}
        isBusy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate({ params: { id: domain.id } })}
        onClose={() => setIsRemoving(false)}
      >
        {t("removeBody")}
      </ConfirmDialog>
    </>
  );
}
