import { Button } from "@mantine/core";
import { IconKey, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { Token } from "#contract/people.ts";
import { query, useCall } from "../../api/query.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Status } from "../../components/status.tsx";
import { Time } from "../../components/time.tsx";
import { useNotify } from "../../components/toasts.tsx";
import { peopleText } from "../../text/people.ts";
import { useText } from "../../text/use-text.tsx";
import { NewTokenDialog } from "./new-token-dialog.tsx";

/** API tokens: what each is for, when it was last used, and an end to it. */
export function TokensPage() {
  const t = useText(peopleText);
  const tokens = useQuery(query("GET /api/v1/tokens"));
  const [isMaking, setIsMaking] = useState(false);
  const [revoked, setRevoked] = useState<Token | null>(null);
  const columns = useTokenColumns(setRevoked);
  const items = tokens.data?.items;
  const makeButton = (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setIsMaking(true)}>
      {t("newToken")}
    </Button>
  );
  return (
    <>
      <PageHeader
        title={t("tokensTitle")}
        description={t.rich("tokensIntro", {
          a: (chunks) => <a href="/api/v1/openapi.json">{chunks}</a>,
        })}
        actions={items !== undefined && items.length > 0 && makeButton}
      />
      <DataTable
        caption={t("tokensTitle")}
        columns={columns}
        rowId={(token) => token.id}
        page={items === undefined ? undefined : { items, next: null, total: items.length }}
        error={tokens.error}
        empty={
          <EmptyState icon={IconKey} title={t("tokensEmptyTitle")} action={makeButton}>
            {t("tokensEmptyBody")}
          </EmptyState>
        }
      />
      <NewTokenDialog isOpen={isMaking} onClose={() => setIsMaking(false)} />
      <RevokeDialog token={revoked} onClose={() => setRevoked(null)} />
    </>
  );
}

function useTokenColumns(onRevoke: (token: Token) => void): Column<Token>[] {
  const t = useText(peopleText);
  return useMemo(
    () => [
      { id: "name", header: t("tokenName"), cell: (token) => <b>{token.name}</b> },
      { id: "role", header: t("role"), cell: (token) => t(token.role) },
      {
        id: "by",
        header: t("madeBy"),
        cell: (token) =>
          token.isSuspended ? (
            <>
              {token.createdBy} <Status tone="idle">{t("makerDisabled")}</Status>
            </>
          ) : (
            token.createdBy
          ),
      },
      {
        id: "used",
        header: t("lastUsed"),
        cell: (token) =>
          token.lastUsedAt === null ? t("neverUsed") : <Time at={token.lastUsedAt} />,
      },
      {
        id: "expires",
        header: t("expires"),
        cell: (token) =>
          token.expiresAt === null ? (
            t("noExpiry")
          ) : Date.parse(token.expiresAt) < Date.now() ? (
            <Status tone="failed">
              {t("expired")} <Time at={token.expiresAt} />
            </Status>
          ) : (
            <Time at={token.expiresAt} style="date" />
          ),
      },
      {
        id: "actions",
        header: "",
        align: "end",
        cell: (token) => (
          <Button size="compact-sm" variant="default" onClick={() => onRevoke(token)}>
            {t("revoke")}
          </Button>
        ),
      },
    ],
    [t, onRevoke],
  );
}

function RevokeDialog({
  token,
  onClose,
}: {
  readonly token: Token | null;
  readonly onClose: () => void;
}) {
  const t = useText(peopleText);
  const notify = useNotify();
  const revoke = useCall("DELETE /api/v1/tokens/:id");
  const name = token?.name ?? "";
  return (
    <ConfirmDialog
      isOpen={token !== null}
      title={t("revokeTitle", { name })}
      confirmLabel={t("revoke")}
      isBusy={revoke.isPending}
      error={revoke.error}
      onClose={() => {
        revoke.reset();
        onClose();
      }}
      onConfirm={() => {
        if (token === null) return;
        revoke.mutate(
          { params: { id: token.id } },
          {
            onSuccess() {
              notify(t("revokeDone", { name }));
              onClose();
            },
          },
        );
      }}
    >
      {t("revokeBody")}
    </ConfirmDialog>
  );
}
