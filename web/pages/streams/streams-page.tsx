import { Button, NativeSelect } from "@mantine/core";
import { IconArrowsLeftRight } from "@tabler/icons-react";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Stream, StreamPage } from "#contract/streams.ts";
import { useBytes } from "../../components/bytes.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Time } from "../../components/time.tsx";
import { streamsText } from "../../text/streams.ts";
import { useText } from "../../text/use-text.tsx";
import { AgreedConnections } from "../x2x/agreed-connections.tsx";
import { SecurityMark, StreamStateMark } from "./marks.tsx";
import { MissingNodes, useHostOf } from "./nodes.tsx";
import { useOwnNames } from "./own-names.ts";
import { SectionTabs } from "./section-tabs.tsx";
import classes from "./streams.module.css";
import { useStreams } from "./use-streams.ts";

const route = getRouteApi("/signed-in/connections/streams");

/** Live server-to-server streams of the appliance that answers. */
export function StreamsPage() {
  const t = useText(streamsText);
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, isPlaceholderData } = useStreams(search);
  const columns = useColumns(data);
  const isMissing = data?.others.some(({ isAnswering }) => !isAnswering) === true;
  return (
    <>
      <PageHeader
        title={t("title")}
        description={
          <>
            {t("description")}
            {data !== undefined && data.others.length > 0 && !isMissing && (
              <> {t("nodes", { count: data.others.length + 1 })}</>
            )}
          </>
        }
      />
      <SectionTabs />
      <MissingNodes page={data} />
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
        isFiltered={[search.direction, search.state, search.local, search.remote].some(
          (one) => one !== undefined,
        )}
        onClearFilters={() => void navigate({ search: {} })}
        empty={
          <EmptyState
            icon={IconArrowsLeftRight}
            title={t(isMissing ? "emptyMissing" : "emptyTitle")}
            action={
              <Button variant="default" renderRoot={(props) => <Link to="/domains" {...props} />}>
                {t("emptyAction")}
              </Button>
            }
          >
            {t("emptyBody")}
          </EmptyState>
        }
      />
      <AgreedConnections
        {...(search.local === undefined ? {} : { local: search.local })}
        {...(search.remote === undefined ? {} : { remote: search.remote })}
      />
    </>
  );
}

function useColumns(page: StreamPage | undefined): readonly Column<Stream>[] {
  const t = useText(streamsText);
  const bytes = useBytes();
  const host = useHostOf(page);
  const own = useOwnNames();
  return useMemo(
    () => [
      {
        id: "remote",
        header: t("colRemote"),
        sort: "remote",
        cell: (row) => (
          <div className={classes.name}>
            <Link to="/connections/streams/$id" params={{ id: row.id }}>
              <strong>{row.remote ?? row.address}</strong>
            </Link>
            <div className="wg-dimmed">
              {row.remote === null || row.local === null
                ? t("unnamed")
                : t("with", { local: row.local })}
              {row.remote !== null && own.has(row.remote) && <> {t("ownPair")}</>}
              {host !== null && <> {t("onAppliance", { host: host(row.nodeId) })}</>}
            </div>
          </div>
        ),
      },
      {
        id: "direction",
        header: t("colDirection"),
        cell: (row) => (
          <div>
            {t(`direction.${row.direction}`)}
            <div className="wg-dimmed wg-numbers" style={{ overflowWrap: "anywhere" }}>
              {row.address}
            </div>
          </div>
        ),
      },
      {
        id: "security",
        header: t("colSecurity"),
        cell: (row) => <SecurityMark stream={row} />,
      },
      {
        id: "state",
        header: t("colState"),
        sort: "state",
        cell: (row) => <StreamStateMark state={row.state} />,
      },
      {
        id: "stanzas",
        header: t("colTraffic"),
        sort: "stanzas",
        align: "end",
        cell: (row) => (
          <div className="wg-nowrap">{t("inOut", { in: row.stanzasIn, out: row.stanzasOut })}</div>
        ),
      },
      {
        id: "bytes",
        header: t("colBytes"),
        sort: "bytes",
        align: "end",
        cell: (row) => <div className="wg-nowrap">{bytes(row.bytesIn + row.bytesOut)}</div>,
      },
      {
        id: "queue",
        header: t("colQueue"),
        sort: "queue",
        align: "end",
        cell: (row) => <Waiting stream={row} />,
      },
      {
        id: "since",
        header: t("colSince"),
        sort: "since",
        cell: (row) => <Time at={row.since} />,
      },
    ],
    [t, bytes, host, own],
  );
}

function Waiting({ stream }: { readonly stream: Stream }) {
  const t = useText(streamsText);
  const bytes = useBytes();
  const { waitingBytes, unacknowledged } = stream;
  if (waitingBytes === 0 && unacknowledged === 0)
    return <span className="wg-dimmed">{t("queueNothing")}</span>;
  return (
    <>
      {waitingBytes > 0 && <div className="wg-nowrap">{bytes(waitingBytes)}</div>}
      {unacknowledged > 0 && <div>{t("queueUnacknowledged", { count: unacknowledged })}</div>}
    </>
  );
}

function Filters() {
  const t = useText(streamsText);
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const set = (patch: Record<string, string | undefined>) =>
    void navigate({ search: (old) => ({ ...old, ...patch, cursor: undefined }) });
  const names = [search.local, search.remote].filter((name) => name !== undefined);
  return (
    <>
      <NativeSelect
        label={t("filterDirection")}
        value={search.direction ?? ""}
        data={[
          { value: "", label: t("any") },
          { value: "out", label: t("direction.out") },
          { value: "in", label: t("direction.in") },
        ]}
        onChange={(event) => set({ direction: event.currentTarget.value || undefined })}
      />
      <NativeSelect
        label={t("filterState")}
        value={search.state ?? ""}
        data={[
          { value: "", label: t("any") },
          ...(["open", "negotiating", "closing"] as const).map((value) => ({
            value,
            label: t(`state.${value}`),
          })),
        ]}
        onChange={(event) => set({ state: event.currentTarget.value || undefined })}
      />
      {names.length > 0 && (
        <div>
          <div>{t("onlyPair", { names: names.join(", ") })}</div>
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => set({ local: undefined, remote: undefined })}
          >
            {t("everybody")}
          </Button>
        </div>
      )}
    </>
  );
}
