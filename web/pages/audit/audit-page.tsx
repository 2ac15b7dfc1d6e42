import { Button, NativeSelect } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import type { AuditEntry } from "#contract/people.ts";
import { query } from "../../api/query.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Time } from "../../components/time.tsx";
import { auditText, resourceKey } from "../../text/audit.ts";
import { useText } from "../../text/use-text.tsx";
import { EntryDialog } from "./entry-dialog.tsx";

const route = getRouteApi("/signed-in/audit");
const RESOURCES = [
  "certificates",
  "domains",
  "incidents",
  "links",
  "peers",
  "session",
  "settings",
  "streams",
  "tokens",
  "traces",
  "users",
  "x2x-links",
] as const;

/** Who changed what, when, from where. */
export function AuditPage() {
  const t = useText(auditText);
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const audit = useQuery({
    ...query("GET /api/v1/audit", { query: search }),
    placeholderData: keepPreviousData,
  });
  const [shown, setShown] = useState<AuditEntry | null>(null);
  const columns = useMemo<Column<AuditEntry>[]>(
    () => [
      { id: "when", header: t("when"), cell: (entry) => <Time at={entry.at} /> },
      { id: "who", header: t("who"), cell: (entry) => <b>{entry.actor}</b> },
      {
        id: "what",
        header: t("what"),
        cell: (entry) => (
          <>
            {t("sentence", { action: entry.action, resource: resourceKey(entry.resource) })}
            <SubjectOf entry={entry} />
          </>
        ),
      },
      {
        id: "from",
        header: t("from"),
        cell: (entry) => <span className="wg-mono">{entry.address ?? t("absent")}</span>,
      },
      {
        id: "details",
        header: "",
        align: "end",
        cell: (entry) => (
          <Button size="compact-sm" variant="default" onClick={() => setShown(entry)}>
            {t("details")}
          </Button>
        ),
      },
    ],
    [t],
  );
  return (
    <>
      <PageHeader title={t("title")} description={t("intro")} />
      <DataTable
        caption={t("title")}
        columns={columns}
        rowId={(entry) => String(entry.id)}
        page={audit.data}
        error={audit.error}
        isStale={audit.isPlaceholderData}
        search={search}
        searchLabel={t("searchLabel")}
        onSearch={(patch) =>
          void navigate({
            search: (now) => ({ ...now, ...patch }),
            replace: patch.cursor === undefined,
          })
        }
        isFiltered={search.resource !== undefined}
        onClearFilters={() => void navigate({ search: {} })}
        filters={
          <NativeSelect
            label={t("resourceLabel")}
            value={search.resource ?? ""}
            data={[
              { value: "", label: t("everything") },
              ...RESOURCES.map((resource) => ({
                value: resource,
                label: t("resourceName", { resource: resourceKey(resource) }),
              })),
            ]}
            onChange={(event) => {
              const resource = event.currentTarget.value || undefined;
              void navigate({ search: (now) => ({ ...now, resource, cursor: undefined }) });
            }}
          />
        }
        empty={
          <EmptyState icon={IconHistory} title={t("emptyTitle")}>
            {t("emptyBody")}
          </EmptyState>
        }
      />
      <EntryDialog entry={shown} onClose={() => setShown(null)} />
    </>
  );
}

/** The name of what was changed, where the record has one. */
function SubjectOf({ entry }: { readonly entry: AuditEntry }) {
  const record: unknown = entry.after ?? entry.before;
  if (typeof record !== "object" || record === null) return null;
  for (const key of ["domain", "name", "label", "remote"] as const) {
    const value: unknown = (record as Readonly<Record<string, unknown>>)[key];
    if (typeof value === "string" && value !== "" && value !== entry.actor)
      return (
        <>
          {" "}
          <span className="wg-mono">{value}</span>
        </>
      );
  }
  return null;
}
