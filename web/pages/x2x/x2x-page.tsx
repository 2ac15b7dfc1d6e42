import { Button } from "@mantine/core";
import { IconFileImport, IconPlus, IconSatellite } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo } from "react";
import type { X2xLink } from "#contract/x2x.ts";
import { query } from "../../api/query.ts";
import { useMay } from "../../api/session.ts";
import { useBytes } from "../../components/bytes.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { FindingText } from "../../components/finding.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Time, useTimeFormat } from "../../components/time.tsx";
import { useText } from "../../text/use-text.tsx";
import { x2xText } from "../../text/x2x.ts";
import { SectionTabs } from "../streams/section-tabs.tsx";
import { Badges, LinkState, useNames } from "./link-marks.tsx";
import { trafficOf, useHolder, useX2xLinks } from "./use-x2x-links.ts";
import classes from "./x2x.module.css";

const route = getRouteApi("/signed-in/connections/x2x");

/** Links by agreement (XEP-0361), as they stand now. */
export function X2xPage() {
  const t = useText(x2xText);
  const may = useMay("admin");
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, isPlaceholderData } = useQuery({
    ...query("GET /api/v1/x2x-links", { query: search }),
    placeholderData: keepPreviousData,
  });
  const columns = useColumns();
  const actions = may && <Actions />;
  const isEmpty = data?.total === 0 && search.q === undefined;
  return (
    <>
      <PageHeader title={t("title")} description={t("description")} actions={!isEmpty && actions} />
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
        onClearFilters={() => void navigate({ search: {} })}
        empty={
          <EmptyState icon={IconSatellite} title={t("emptyTitle")} action={actions}>
            {t("emptyBody")}
          </EmptyState>
        }
      />
    </>
  );
}

function Actions() {
  const t = useText(x2xText);
  return (
    <>
      <Button
        leftSection={<IconPlus size={16} />}
        renderRoot={(props) => <Link to="/connections/x2x/new" {...props} />}
      >
        {t("make")}
      </Button>
      <Button
        variant="default"
        leftSection={<IconFileImport size={16} />}
        renderRoot={(props) => <Link to="/connections/x2x/import" {...props} />}
      >
        {t("import")}
      </Button>
    </>
  );
}

function useColumns(): readonly Column<X2xLink>[] {
  const t = useText(x2xText);
  const bytes = useBytes();
  const names = useNames();
  const all = useX2xLinks();
  const holder = useHolder();
  return useMemo(
    () => [
      {
        id: "name",
        header: t("colName"),
        sort: "name",
        cell: (row) => (
          <div className={classes.name}>
            <Link to="/connections/x2x/$id" params={{ id: row.id }}>
              <strong>{row.name}</strong>
            </Link>
            <div className="wg-dimmed">
              {t("withDomains", {
                ours: names(row.agreement.sides[0].domains),
                theirs: names(row.agreement.sides[1].domains),
              })}
            </div>
            {row.live?.state === "failing" && row.live.lastError !== null && (
              <FindingText finding={row.live.lastError} />
            )}
          </div>
        ),
      },
      {
        id: "state",
        header: t("colState"),
        sort: "state",
        cell: (row) => (
          <>
            <LinkState link={row} />
            {holder !== null && row.nodeId !== null && (
              <div className="wg-dimmed">{t("onAppliance", { host: holder(row.nodeId) })}</div>
            )}
          </>
        ),
      },
      {
        id: "security",
        header: t("colSecurity"),
        cell: (row) => <Security link={row} all={all} />,
      },
      {
        id: "bytes",
        header: t("colBytes"),
        align: "end",
        cell: (row) => <span className="wg-nowrap">{bytes(trafficOf(row).bytes)}</span>,
      },
      {
        id: "proof",
        header: t("colProof"),
        cell: (row) => {
          const { provenAt } = trafficOf(row);
          return provenAt === null ? (
            <span className="wg-dimmed">{t("noProof")}</span>
          ) : (
            <Time at={provenAt} />
          );
        },
      },
      {
        id: "roundTrip",
        header: t("colRoundTrip"),
        align: "end",
        cell: (row) => <RoundTrip link={row} />,
      },
      {
        id: "priority",
        header: t("colPriority"),
        sort: "priority",
        align: "end",
        cell: (row) => row.priority,
      },
    ],
    [t, bytes, names, all, holder],
  );
}

function Security({ link, all }: { readonly link: X2xLink; readonly all: readonly X2xLink[] }) {
  const t = useText(x2xText);
  return (
    <>
      <Badges link={link} all={all} />
      {link.agreement.security === "mutual_tls" && <div className="wg-dimmed">{t("tlsBoth")}</div>}
    </>
  );
}

function RoundTrip({ link }: { readonly link: X2xLink }) {
  const t = useText(x2xText);
  const time = useTimeFormat();
  const { roundTripMs } = trafficOf(link);
  return <>{roundTripMs === null ? t("unknown") : time.duration(roundTripMs)}</>;
}
