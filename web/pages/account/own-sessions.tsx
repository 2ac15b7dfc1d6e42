import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { SessionEntry } from "#contract/people.ts";
import { query, useCall } from "../../api/query.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { Panel } from "../../components/panel.tsx";
import { Status } from "../../components/status.tsx";
import { Time } from "../../components/time.tsx";
import { useNotify } from "../../components/toasts.tsx";
import { peopleText } from "../../text/people.ts";
import { useText } from "../../text/use-text.tsx";
import { deviceOf } from "./device.ts";

/** Where one is signed in, each with an end. */
export function OwnSessions() {
  const t = useText(peopleText);
  const notify = useNotify();
  const sessions = useQuery(query("GET /api/v1/session/list"));
  const end = useCall("DELETE /api/v1/session/list/:id", {
    onSuccess: () => notify(t("sessionEnded")),
  });
  const { mutate } = end;
  const columns = useMemo<Column<SessionEntry>[]>(
    () => [
      {
        id: "device",
        header: t("device"),
        cell: (entry) => (
          <span title={entry.userAgent}>{deviceOf(entry.userAgent) ?? t("unknownDevice")}</span>
        ),
      },
      {
        id: "address",
        header: t("address"),
        cell: (entry) => <span className="wg-mono">{entry.address}</span>,
      },
      { id: "seen", header: t("lastSeen"), cell: (entry) => <Time at={entry.lastSeenAt} /> },
      {
        id: "since",
        header: t("signedInAt"),
        cell: (entry) => <Time at={entry.createdAt} style="moment" />,
      },
      {
        id: "actions",
        header: "",
        align: "end",
        cell: (entry) =>
          entry.isCurrent ? (
            <Status tone="ok">{t("thisOne")}</Status>
          ) : (
            <Button
              size="compact-sm"
              variant="default"
              aria-label={t("endSessionOf", {
                device: deviceOf(entry.userAgent) ?? t("unknownDevice"),
              })}
              onClick={() => mutate({ params: { id: entry.id } })}
            >
              {t("endSession")}
            </Button>
          ),
      },
    ],
    [t, mutate],
  );
  const items = sessions.data;
  return (
    <Panel title={t("sessionsTitle")} description={t("sessionsIntro")}>
      <DataTable
        caption={t("sessionsTitle")}
        columns={columns}
        rowId={(entry) => entry.id}
        page={items === undefined ? undefined : { items, next: null, total: items.length }}
        error={sessions.error ?? end.error}
        empty={null}
      />
    </Panel>
  );
}
