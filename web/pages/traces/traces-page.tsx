import "@mantine/core/styles/Checkbox.layer.css";
import "@mantine/core/styles/InlineInput.layer.css";
import { Checkbox, NativeSelect } from "@mantine/core";
import { IconPinFilled, IconRoute } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo } from "react";
import type { TraceSummary } from "#contract/traces.ts";
import { query } from "../../api/query.ts";
import { useMay } from "../../api/session.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { FindingText } from "../../components/finding.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { Time, useTimeFormat } from "../../components/time.tsx";
import { tracesListText } from "../../text/traces-list.ts";
import { traceWords } from "../../text/traces.ts";
import { useText } from "../../text/use-text.tsx";
import { TraceForm } from "./trace-form.tsx";
import classes from "./traces-page.module.css";
import { VerdictChips } from "./verdict-bar.tsx";

const route = getRouteApi("/signed-in/traces");

/** All traces: start one, find one. Search, filters, sort and place are in the address. */
export function TracesPage() {
  const t = useText(tracesListText);
  const may = useMay("admin");
  const { pinned, ...search } = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, isPlaceholderData } = useQuery({
    ...query("GET /api/v1/traces", {
      query: { ...search, ...(pinned === "true" ? { pinned: true } : {}) },
    }),
    placeholderData: keepPreviousData,
  });
  const isFiltered =
    pinned !== undefined ||
    [search.xmpp, search.wave, search.trigger, search.domain].some((value) => value !== undefined);
  const columns = useTraceColumns();

  return (
    <>
      <PageHeader title={t("title")} description={t("description")} />
      {may && (
        <Panel title={t("formTitle")}>
          <TraceForm isFocused={data?.total === 0} />
        </Panel>
      )}
      <div style={{ marginTop: "1.5rem" }}>
        <DataTable
          caption={t("caption")}
          columns={columns}
          rowId={(row) => row.id}
          page={data}
          error={error}
          isStale={isPlaceholderData}
          search={search}
          onSearch={(patch) => void navigate({ search: (old) => ({ ...old, ...patch }) })}
          searchLabel={t("search")}
          filters={<Filters />}
          isFiltered={isFiltered}
          onClearFilters={() => void navigate({ search: {} })}
          empty={
            <EmptyState icon={IconRoute} title={t("emptyTitle")}>
              {t("emptyBody")}
            </EmptyState>
          }
        />
      </div>
    </>
  );
}

/** Columns of traces, also for the traces of one peer. */
export function useTraceColumns(): readonly Column<TraceSummary>[] {
  const t = useText(tracesListText);
  const time = useTimeFormat();
  return useMemo(
    () => [
      {
        id: "domain",
        header: t("colDomain"),
        sort: "domain",
        cell: (row) => (
          <span className={classes.name}>
            <Link to="/t/$id" params={{ id: row.id }}>
              {row.domain}
            </Link>
            {row.isPinned && <IconPinFilled size={14} role="img" aria-label={t("pinned")} />}
          </span>
        ),
      },
      { id: "verdict", header: t("colVerdict"), cell: (row) => <VerdictChips trace={row} /> },
      {
        id: "finding",
        header: t("colFinding"),
        cell: (row) =>
          row.headline === null ? (
            <span className="wg-dimmed">
              {t(
                row.state === "running"
                  ? "running"
                  : row.state === "cancelled"
                    ? "cancelled"
                    : "nothing",
              )}
            </span>
          ) : (
            <FindingText finding={row.headline} />
          ),
      },
      {
        id: "when",
        header: t("colWhen"),
        sort: "startedAt",
        cell: (row) => <Time at={row.startedAt} />,
      },
      {
        id: "took",
        header: t("colTook"),
        sort: "duration",
        align: "end",
        cell: (row) =>
          row.durationMs === null ? (
            ""
          ) : (
            <span className="wg-nowrap">{time.duration(row.durationMs)}</span>
          ),
      },
      {
        id: "by",
        header: t("colBy"),
        cell: (row) =>
          row.trigger === "person" && row.requestedBy !== null
            ? row.requestedBy
            : t(`trigger.${row.trigger}`),
      },
    ],
    [t, time],
  );
}

function Filters() {
  const t = useText(tracesListText);
  const words = useText(traceWords);
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const set = (patch: Record<string, string | undefined>) =>
    void navigate({ search: (old) => ({ ...old, ...patch, cursor: undefined }) });
  const any = { value: "", label: t("any") };
  return (
    <>
      <NativeSelect
        label={t("filterXmpp")}
        value={search.xmpp ?? ""}
        data={[
          any,
          ...(["reachable", "warning", "unreachable", "unknown"] as const).map((value) => ({
            value,
            label: words(`xmpp.${value}`),
          })),
        ]}
        onChange={(event) => set({ xmpp: event.currentTarget.value || undefined })}
      />
      <NativeSelect
        label={t("filterWave")}
        value={search.wave ?? ""}
        data={[
          any,
          ...(["found", "guessed", "none", "unknown"] as const).map((value) => ({
            value,
            label: words(`wave.${value}`),
          })),
        ]}
        onChange={(event) => set({ wave: event.currentTarget.value || undefined })}
      />
      <NativeSelect
        label={t("filterTrigger")}
        value={search.trigger ?? ""}
        data={[
          any,
          ...(["person", "check", "ping", "self_test"] as const).map((value) => ({
            value,
            label: t(`trigger.${value}`),
          })),
        ]}
        onChange={(event) => set({ trigger: event.currentTarget.value || undefined })}
      />
      <Checkbox
        label={t("pinnedOnly")}
        checked={search.pinned === "true"}
        style={{ paddingBottom: "0.5rem" }}
        onChange={(event) => set({ pinned: event.currentTarget.checked ? "true" : undefined })}
      />
    </>
  );
}
