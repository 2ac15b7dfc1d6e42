import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Invitation } from "#contract/people.ts";
import { query, useCall } from "../../api/query.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { Panel } from "../../components/panel.tsx";
import { useNotify } from "../../components/toasts.tsx";
import { Time } from "../../components/time.tsx";
import { peopleText } from "../../text/people.ts";
import { useText } from "../../text/use-text.tsx";

/** Invitations that nobody has taken up yet. */
export function Invitations() {
  const t = useText(peopleText);
  const notify = useNotify();
  const invitations = useQuery(query("GET /api/v1/users/invitations"));
  const withdraw = useCall("DELETE /api/v1/users/invitations/:id", {
    onSuccess: () => notify(t("withdrawn")),
  });
  const { mutate } = withdraw;
  const columns = useMemo<Column<Invitation>[]>(
    () => [
      { id: "role", header: t("role"), cell: (entry) => t(entry.role) },
      { id: "by", header: t("invitedBy"), cell: (entry) => entry.createdBy },
      {
        id: "expires",
        header: t("expires"),
        cell: (entry) => <Time at={entry.expiresAt} style="moment" />,
      },
      {
        id: "actions",
        header: "",
        align: "end",
        cell: (entry) => (
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => mutate({ params: { id: entry.id } })}
          >
            {t("withdraw")}
          </Button>
        ),
      },
    ],
    [t, mutate],
  );
  const items = invitations.data?.items;
  return (
    <Panel title={t("invitations")} description={t("invitationsIntro")}>
      <DataTable
        caption={t("invitations")}
        columns={columns}
        rowId={(entry) => entry.id}
        page={items === undefined ? undefined : { items, next: null, total: items.length }}
        error={invitations.error ?? withdraw.error}
        empty={<p className="wg-dimmed">{t("noInvitations")}</p>}
      />
    </Panel>
  );
}
