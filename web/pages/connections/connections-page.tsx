import { Button, NativeSelect, Tooltip } from "@mantine/core";
import { IconHistory, IconPlugConnected } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Connection } from "#contract/connections.ts";
import { query } from "../../api/query.ts";
import { useMay } from "../../api/session.ts";
import { useBytes } from "../../components/bytes.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { FindingText } from "../../components/finding.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Time, useNow } from "../../components/time.tsx";
import { connectionsText } from "../../text/watch.ts";
import { useText } from "../../text/use-text.tsx";
import { useOwnNames } from "../streams/own-names.ts";
import { SectionTabs } from "../streams/section-tabs.tsx";
import { ConnectionState } from "./connection-state.tsx";
import { HistoryDialog } from "./history-dialog.tsx";

const route = getRouteApi("/signed-in/connections");

/** Links and remote domains as they are now; changes show within a second. */
export function ConnectionsPage() {
  const t = useText(connectionsText);
  const may = useMay("admin");
  const { history, ...search } = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, isPlaceholderData } = useQuery({
    ...query("GET /api/v1/connections", { query: search }),
    placeholderData: keepPreviousData,
  });
  const columns = useColumns();
  const shown = data?.items.find(({ id }) => id === history);
  const setHistory = (id: string | undefined) =>
    void navigate({ search: (old) => ({ ...old, history: id }), replace: true });

  return (
    <>
      <PageHeader title={t("title")} description={t("description")} />
      <SectionTabs />
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
        isFiltered={search.kind !== undefined || search.state !== undefined}
        onClearFilters={() => void navigate({ search: {} })}
        empty={
          <EmptyState
            icon={IconPlugConnected}
            title={t("emptyTitle")}
            action={
              may && (
                <Button renderRoot={(props) => <Link to="/domains/new" {...props} />}>
                  {t("emptyAction")}
                </Button>
              )
            }
          >
            {t("emptyBody")}
          </EmptyState>
        }
      />
      <HistoryDialog
        id={history}
        name={shown === undefined ? "" : (shown.remoteDomain ?? shown.linkName)}
        onClose={() => setHistory(undefined)}
      />
    </>
  );
}

function useColumns(): readonly Column<Connection>[] {
  const t = useText(connectionsText);
  const own = useOwnNames();
  return useMemo(
    () => [
      {
        id: "name",
        header: t("colName"),
        sort: "name",
        cell: (row) => (
          <div style={{ minWidth: "min(100%, 10rem)", overflowWrap: "break-word" }}>
            {row.remoteDomain === null || row.linkKind === "component" ? (
              <strong>{row.remoteDomain ?? row.linkName}</strong>
            ) : (
              <Link
                to="/connections/pair"
                search={{ local: row.linkName, remote: row.remoteDomain }}
              >
                <strong>{row.remoteDomain}</strong>
              </Link>
            )}
            <div className="wg-dimmed">
              {row.remoteDomain === null
                ? t(`link.${row.linkKind}`)
                : row.linkKind === "component"
                  ? t("via", { link: row.linkName })
                  : t("with", { link: row.linkName })}
              {row.remoteDomain !== null && own.has(row.remoteDomain) && <> {t("ownPair")}</>}
            </div>
          </div>
        ),
      },
      {
        id: "state",
        header: t("colState"),
        sort: "state",
        cell: (row) => (
          <div>
            <ConnectionState state={row.state} />
            <div className="wg-dimmed">
              {t.rich("since", { time: <Time at={row.since} style="elapsed" /> })}
            </div>
          </div>
        ),
      },
      {
        id: "in",
        header: t("colIn"),
        align: "end",
        cell: (row) => (
          <>
            <Traffic stanzas={row.stanzasIn} bytes={row.bytesIn} />
            {row.dropped > 0 && (
              <Tooltip label={t("droppedHelp")}>
                <span tabIndex={0}>{t("dropped", { count: row.dropped })}</span>
              </Tooltip>
            )}
          </>
        ),
      },
      {
        id: "out",
        header: t("colOut"),
        sort: "stanzas",
        align: "end",
        cell: (row) => <Traffic stanzas={row.stanzasOut} bytes={row.bytesOut} />,
      },
      {
        id: "activity",
        header: t("colActivity"),
        sort: "activity",
        cell: (row) =>
          row.lastActivityAt === null ? (
            <span className="wg-dimmed">{t("nothing")}</span>
          ) : (
            <Time at={row.lastActivityAt} />
          ),
      },
      { id: "problem", header: t("colProblem"), cell: (row) => <Problem connection={row} /> },
      { id: "history", header: t("colHistory"), cell: (row) => <HistoryButton connection={row} /> },
    ],
    [t, own],
  );
}

const healthyStates = ["attached", "active", "idle"];

function Problem({ connection }: { readonly connection: Connection }) {
  const t = useText(connectionsText);
  const { lastError, attempts, nextAttemptAt, state, remoteDomain } = connection;
  const now = useNow(nextAttemptAt);
  // A link tries by itself; a domain is tried again when there is something for it.
  const waitsForStanza =
    remoteDomain !== null && nextAttemptAt !== null && now >= Date.parse(nextAttemptAt);
  if (lastError === null || healthyStates.includes(state))
    return <span className="wg-dimmed">{t("nothing")}</span>;
  return (
    <div style={{ minWidth: "min(100%, 12rem)" }}>
      <FindingText finding={lastError} />
      <div className="wg-dimmed">
        {attempts > 0 && t("attempts", { count: attempts })}
        {nextAttemptAt !== null && (
          <>
            {attempts > 0 && ", "}
            {waitsForStanza
              ? t("nextStanza")
              : t.rich("next", { time: <Time at={nextAttemptAt} /> })}
          </>
        )}
      </div>
    </div>
  );
}

function HistoryButton({ connection }: { readonly connection: Connection }) {
  const t = useText(connectionsText);
  const navigate = route.useNavigate();
  const name = connection.remoteDomain ?? connection.linkName;
  return (
    <Button
      size="compact-sm"
      variant="subtle"
      leftSection={<IconHistory size={15} />}
      aria-label={t("historyOf", { name })}
      onClick={() =>
        void navigate({ search: (old) => ({ ...old, history: connection.id }), replace: true })
      }
    >
      {t("history")}
    </Button>
  );
}

/** Stanzas, and how much they weigh. */
function Traffic({ stanzas, bytes }: { readonly stanzas: number; readonly bytes: number }) {
  const t = useText(connectionsText);
  const size = useBytes();
  return (
    <div className="wg-nowrap">
      {t("stanzas", { count: stanzas })}
      <div className="wg-dimmed">{size(bytes)}</div>
    </div>
  );
}

function Filters() {
  const t = useText(connectionsText);
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const set = (patch: Record<string, string | undefined>) =>
    void navigate({ search: (old) => ({ ...old, ...patch, cursor: undefined }) });
  const states = [
    "attached",
    "connecting",
    "waiting",
    "held_elsewhere",
    "active",
    "idle",
    "failing",
    "no_link",
  ] as const;
  return (
    <>
      <NativeSelect
        label={t("filterKind")}
        value={search.kind ?? ""}
        data={[
          { value: "", label: t("any") },
          { value: "link", label: t("kind.link") },
          { value: "domain", label: t("kind.domain") },
        ]}
        onChange={(event) => set({ kind: event.currentTarget.value || undefined })}
      />
      <NativeSelect
        label={t("filterState")}
        value={search.state ?? ""}
        data={[
          { value: "", label: t("any") },
          ...states.map((value) => ({ value, label: t(`state.${value}`) })),
        ]}
        onChange={(event) => set({ state: event.currentTarget.value || undefined })}
      />
    </>
  );
}
