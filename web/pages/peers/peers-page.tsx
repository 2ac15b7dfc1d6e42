import "@mantine/core/styles/Checkbox.layer.css";
import "@mantine/core/styles/InlineInput.layer.css";
import { Button, Checkbox, NativeSelect } from "@mantine/core";
import { IconAffiliate, IconBan, IconListCheck, IconPlus } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import type { Peer } from "#contract/peers.ts";
import { query } from "../../api/query.ts";
import { useMay } from "../../api/session.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { FindingText } from "../../components/finding.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Status } from "../../components/status.tsx";
import { Time, useNow, useTimeFormat } from "../../components/time.tsx";
import { peersText } from "../../text/peers.ts";
import { useText } from "../../text/use-text.tsx";
import { BulkBar } from "./bulk-bar.tsx";
import { Decision } from "./decision.tsx";
import { PeerState } from "./health.tsx";
import { TestBadge } from "./test-badge.tsx";
import { SeveralDialog } from "./several-dialog.tsx";
import classes from "./peers.module.css";

const route = getRouteApi("/signed-in/peers");

/** The list of peers: made for thousands, paged by the server; everything chosen is in the address. */
export function PeersPage() {
  const t = useText(peersText);
  const may = useMay("admin");
  const { decide, enabled, ...search } = route.useSearch();
  const navigate = route.useNavigate();
  const [picked, setPicked] = useState<ReadonlyMap<string, Peer>>(new Map());
  const [isAdding, setIsAdding] = useState(false);
  const { data, error, isPlaceholderData } = useQuery({
    ...query("GET /api/v1/peers", {
      query: { ...search, ...(enabled === undefined ? {} : { enabled: enabled === "true" }) },
    }),
    placeholderData: keepPreviousData,
  });
  const columns = usePeerColumns(may, picked, setPicked);
  const isFiltered = [search.stance, search.state, search.expects, enabled].some(
    (one) => one !== undefined,
  );

  return (
    <>
      <PageHeader
        title={t("title")}
        description={t("description")}
        actions={
          may && (
            <>
              <Button
                leftSection={<IconPlus size={16} />}
                renderRoot={(props) => <Link to="/peers/new" {...props} />}
              >
                {t("add")}
              </Button>
              <Button
                variant="default"
                leftSection={<IconListCheck size={16} />}
                onClick={() => setIsAdding(true)}
              >
                {t("addSeveral")}
              </Button>
              <Button
                variant="default"
                leftSection={<IconBan size={16} />}
                renderRoot={(props) => (
                  <Link to="/peers/new" search={{ stance: "blocked" }} {...props} />
                )}
              >
                {t("block")}
              </Button>
            </>
          )
        }
      />
      <Decision
        domain={decide}
        onAsk={(domain) =>
          void navigate({ search: (old) => ({ ...old, decide: domain }), replace: true })
        }
      />
      {may && data !== undefined && picked.size > 0 && (
        <BulkBar
          picked={[...picked.values()]}
          onPickAll={() => setPicked(new Map(data.items.map((peer) => [peer.id, peer])))}
          onClear={() => setPicked(new Map())}
        />
      )}
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
          <EmptyState
            icon={IconAffiliate}
            title={t("emptyTitle")}
            action={
              may && (
                <Button
                  leftSection={<IconPlus size={16} />}
                  renderRoot={(props) => <Link to="/peers/new" {...props} />}
                >
                  {t("add")}
                </Button>
              )
            }
          >
            {t("emptyBody")}
          </EmptyState>
        }
      />
      <SeveralDialog isOpen={isAdding} onClose={() => setIsAdding(false)} />
    </>
  );
}

function usePeerColumns(
  may: boolean,
  picked: ReadonlyMap<string, Peer>,
  setPicked: (next: ReadonlyMap<string, Peer>) => void,
): readonly Column<Peer>[] {
  const t = useText(peersText);
  const time = useTimeFormat();
  return useMemo(() => {
    const pick: Column<Peer> = {
      id: "pick",
      header: t("colPick"),
      cell: (peer) => (
        <Checkbox
          aria-label={t("pick", { domain: peer.domain })}
          checked={picked.has(peer.id)}
          onChange={(event) => {
            const next = new Map(picked);
            if (event.currentTarget.checked) next.set(peer.id, peer);
            else next.delete(peer.id);
            setPicked(next);
          }}
        />
      ),
    };
    const columns: Column<Peer>[] = [
      {
        id: "domain",
        header: t("colDomain"),
        sort: "domain",
        cell: (peer) => <DomainCell peer={peer} />,
      },
      {
        id: "state",
        header: t("colState"),
        sort: "state",
        cell: (peer) => (
          <div>
            <PeerState peer={peer} />
            {peer.health !== null && peer.isEnabled && (
              <div className="wg-dimmed">
                {t.rich("since", { time: <Time at={peer.health.since} style="elapsed" /> })}
              </div>
            )}
          </div>
        ),
      },
      {
        id: "cause",
        header: t("colCause"),
        cell: (peer) =>
          peer.health?.cause === null || peer.health?.cause === undefined || !peer.isEnabled ? (
            <span className="wg-dimmed">{t("nothing")}</span>
          ) : (
            <FindingText finding={peer.health.cause} />
          ),
      },
      {
        id: "ping",
        header: t("colPing"),
        align: "end",
        cell: (peer) =>
          peer.health === null || peer.health.pingMs === null ? (
            <span className="wg-dimmed">{t("nothing")}</span>
          ) : (
            <span className="wg-nowrap">{time.duration(peer.health.pingMs)}</span>
          ),
      },
      {
        id: "certificate",
        header: t("colCertificate"),
        sort: "certificate",
        cell: (peer) => <CertificateLeft until={peer.health?.certificateNotAfter ?? null} />,
      },
      {
        id: "checked",
        header: t("colChecked"),
        sort: "nextCheck",
        cell: (peer) =>
          peer.health === null || peer.health.lastCheckAt === null ? (
            <span className="wg-dimmed">{t(peer.health === null ? "nothing" : "never")}</span>
          ) : (
            <Time at={peer.health.lastCheckAt} />
          ),
      },
    ];
    return may ? [pick, ...columns] : columns;
  }, [t, time, may, picked, setPicked]);
}

function DomainCell({ peer }: { readonly peer: Peer }) {
  const t = useText(peersText);
  const isInternational = peer.unicode !== peer.domain;
  return (
    <div className={classes.domain}>
      <Link to="/peers/$id" params={{ id: peer.id }}>
        {peer.unicode}
      </Link>
      {peer.label !== "" && <div className="wg-dimmed">{peer.label}</div>}
      {isInternational && <div className="wg-dimmed wg-mono">{peer.domain}</div>}
      {peer.scripts.length > 1 && (
        <Status tone="warning" size={14}>
          {t("mixed", { scripts: peer.scripts.join(", ") })}
        </Status>
      )}
      {peer.includeSubdomains && <div className="wg-dimmed">{t("withSubdomains")}</div>}
      <TestBadge peer={peer} />
    </div>
  );
}

const dayMs = 86_400_000;

/** Days until a certificate ends, in a colour that says whether that is near. */
export function CertificateLeft({ until }: { readonly until: string | null }) {
  const t = useText(peersText);
  const now = useNow(until ?? 0);
  if (until === null) return <span className="wg-dimmed">{t("nothing")}</span>;
  const left = Date.parse(until) - (now || Date.now());
  const days = Math.max(0, Math.floor(left / dayMs));
  if (left < 0)
    return (
      <Status tone="failed" size={14}>
        {t("certEnded")}
      </Status>
    );
  return days < 14 ? (
    <Status tone="warning" size={14}>
      {t("certLeft", { days })}
    </Status>
  ) : (
    <span className="wg-nowrap">{t("certLeft", { days })}</span>
  );
}

function Filters() {
  const t = useText(peersText);
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const set = (patch: Record<string, string | undefined>) =>
    void navigate({ search: (old) => ({ ...old, ...patch, cursor: undefined }) });
  const any = { value: "", label: t("any") };
  const states = ["up", "degraded", "down", "unknown"] as const;
  return (
    <>
      <NativeSelect
        label={t("filterState")}
        value={search.state ?? ""}
        data={[any, ...states.map((value) => ({ value, label: t(`state.${value}`) }))]}
        onChange={(event) => set({ state: event.currentTarget.value || undefined })}
      />
      <NativeSelect
        label={t("filterStance")}
        value={search.stance ?? ""}
        data={[
          any,
          { value: "trusted", label: t("stance.trusted") },
          { value: "blocked", label: t("stance.blocked") },
        ]}
        onChange={(event) => set({ stance: event.currentTarget.value || undefined })}
      />
      <NativeSelect
        label={t("filterExpects")}
        value={search.expects ?? ""}
        data={[
          any,
          { value: "xmpp", label: t("expects.xmpp") },
          { value: "wave", label: t("expects.wave") },
        ]}
        onChange={(event) => set({ expects: event.currentTarget.value || undefined })}
      />
      <NativeSelect
        label={t("filterEnabled")}
        value={search.enabled ?? ""}
        data={[
          any,
          { value: "true", label: t("enabledYes") },
          { value: "false", label: t("enabledNo") },
        ]}
        onChange={(event) => set({ enabled: event.currentTarget.value || undefined })}
      />
    </>
  );
}
