import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { User } from "#contract/people.ts";
import { query } from "../../api/query.ts";
import { useMay, useSession } from "../../api/session.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { Facts } from "../../components/facts.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { Status } from "../../components/status.tsx";
import { Time } from "../../components/time.tsx";
import { peopleText } from "../../text/people.ts";
import { useText } from "../../text/use-text.tsx";
import { Invitations } from "./invitations.tsx";
import { InviteDialog } from "./invite-dialog.tsx";
import { UserActions } from "./user-actions.tsx";

/** People, their roles, and invitations. Owners change; everybody else looks. */
export function UsersPage() {
  const t = useText(peopleText);
  const isOwner = useMay("owner");
  const me = useSession().user?.id;
  const users = useQuery(query("GET /api/v1/users"));
  const [isInviting, setIsInviting] = useState(false);
  const columns = useMemo<Column<User>[]>(
    () => [
      {
        id: "name",
        header: t("name"),
        cell: (user) => (
          <>
            <b>{user.name}</b> {user.id === me && <span className="wg-dimmed">({t("you")})</span>}
          </>
        ),
      },
      { id: "role", header: t("role"), cell: (user) => t(user.role) },
      {
        id: "state",
        header: t("state"),
        cell: (user) =>
          user.disabledAt === null ? (
            <Status tone="ok">{t("active")}</Status>
          ) : (
            <Status tone="idle">
              {t("disabled")} <Time at={user.disabledAt} />
            </Status>
          ),
      },
      {
        id: "since",
        header: t("since"),
        cell: (user) => <Time at={user.createdAt} style="date" />,
      },
      ...(isOwner
        ? [
            {
              id: "actions",
              header: "",
              cell: (user: User) => <UserActions user={user} />,
              align: "end" as const,
            },
          ]
        : []),
    ],
    [t, me, isOwner],
  );
  const items = users.data?.items;
  return (
    <>
      <PageHeader
        title={t("title")}
        description={isOwner ? t("intro") : t("onlyOwners")}
        actions={
          isOwner && (
            <Button leftSection={<IconPlus size={16} />} onClick={() => setIsInviting(true)}>
              {t("invite")}
            </Button>
          )
        }
      />
      <DataTable
        caption={t("title")}
        columns={columns}
        rowId={(user) => user.id}
        page={items === undefined ? undefined : { items, next: null, total: items.length }}
        error={users.error}
        empty={null}
      />
      <div style={{ marginTop: "var(--wg-gap)" }}>
        {isOwner && <Invitations />}
        <Panel title={t("rolesTitle")}>
          <Facts
            items={[
              [t("owner"), t("ownerMeans")],
              [t("admin"), t("adminMeans")],
              [t("auditor"), t("auditorMeans")],
            ]}
          />
        </Panel>
      </div>
      {isOwner && <InviteDialog isOpen={isInviting} onClose={() => setIsInviting(false)} />}
    </>
  );
}
