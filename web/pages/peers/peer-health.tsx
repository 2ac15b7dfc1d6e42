import "@mantine/core/styles/SegmentedControl.layer.css";
import { Button, Loader, SegmentedControl } from "@mantine/core";
import { IconChartBar, IconTable } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { useIntl } from "react-intl";
import type { Incident, Peer } from "#contract/peers.ts";
import { useCall, query } from "../../api/query.ts";
import { useMay } from "../../api/session.ts";
import { DayStrip, formatShare, useDayWords } from "../../components/day-strip.tsx";
import { type DayBar, daysFrom, overallShare } from "../../components/days.ts";
import { DataTable } from "../../components/data-table.tsx";
import { FindingNotice, FindingText } from "../../components/finding.tsx";
import { Notice } from "../../components/notice.tsx";
import { Panel } from "../../components/panel.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { Status } from "../../components/status.tsx";
import { Time, useTimeFormat } from "../../components/time.tsx";
import { peersText } from "../../text/peers.ts";
import { useText } from "../../text/use-text.tsx";
import { useTraceColumns } from "../traces/traces-page.tsx";
import classes from "./peers.module.css";
import { confirmingOf } from "./confirming.ts";
import { CertificateLeft } from "./peers-page.tsx";

const HistoryChart = lazy(async () =>
  import("./history-chart.tsx").then(({ HistoryChart: Chart }) => ({ default: Chart })),
);

/** How a peer is and was: cause, numbers, 90 days, times, incidents, traces. */
export function PeerHealthView({ peer }: { readonly peer: Peer }) {
  const t = useText(peersText);
  const { health } = peer;
  const confirming = confirmingOf(peer);
  if (peer.stance === "blocked")
    return (
      <div className={classes.stack}>
        <Notice tone="info" title={t("stance.blocked")}>
          <p>{t("blockedBody")}</p>
        </Notice>
        <Traces peer={peer} />
      </div>
    );
  return (
    <div className={classes.stack}>
      {health?.cause !== null && health?.cause !== undefined && peer.isEnabled && (
        <div style={{ display: "grid", gap: "0.5rem" }}>
          {confirming !== null && <p>{t("confirming", { ...confirming })}</p>}
          <FindingNotice
            finding={health.cause}
            {...(health.lastTraceId === null
              ? {}
              : {
                  action: (
                    <Link to="/t/$id" params={{ id: health.lastTraceId }}>
                      {t("causeTrace")}
                    </Link>
                  ),
                })}
          />
        </div>
      )}
      <Numbers peer={peer} />
      <Days peer={peer} />
      <Times peer={peer} />
      <Incidents peer={peer} />
      <Traces peer={peer} />
    </div>
  );
}

function Numbers({ peer }: { readonly peer: Peer }) {
  const t = useText(peersText);
  const time = useTimeFormat();
  const { health } = peer;
  if (health === null) return null;
  const moment = (at: string | null) => (at === null ? t("never") : <Time at={at} />);
  const facts: readonly (readonly [string, ReactNode])[] = [
    [t("factLastCheck"), moment(health.lastCheckAt)],
    [t("factNextCheck"), health.nextCheckAt === null ? t("off") : <Time at={health.nextCheckAt} />],
    [t("factLastGood"), moment(health.lastGoodAt)],
    [
      t("factDiscover"),
      health.discoverMs === null ? t("nothing") : time.duration(health.discoverMs),
    ],
    [t("factPing"), health.pingMs === null ? t("nothing") : time.duration(health.pingMs)],
    [t("factCertificate"), <CertificateLeft key="left" until={health.certificateNotAfter} />],
    [t("factWave"), health.waveJid ?? t("nothing")],
  ];
  return (
    <dl className={classes.numbers}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Days({ peer }: { readonly peer: Peer }) {
  const t = useText(peersText);
  const intl = useIntl();
  const [isTable, setIsTable] = useState(false);
  const { data: history, error } = useQuery(
    query("GET /api/v1/checks", { query: { peer: peer.id, span: "day" } }),
  );
  const { data: incidents } = useQuery(
    query("GET /api/v1/incidents", { query: { peer: peer.id, limit: 200 } }),
  );
  const openings = incidents?.items.map(({ openedAt }) => openedAt) ?? [];
  const days = daysFrom(history?.items ?? [], openings, Date.now());
  const share = overallShare(days);
  return (
    <Panel
      title={t("stripTitle")}
      actions={
        <Button
          size="compact-xs"
          variant="subtle"
          leftSection={isTable ? <IconChartBar size={14} /> : <IconTable size={14} />}
          onClick={() => setIsTable(!isTable)}
        >
          {t(isTable ? "stripChart" : "stripTable")}
        </Button>
      }
    >
      <ProblemNotice error={error} />
      {history !== undefined && (
        <>
          <p style={{ marginBottom: "0.5rem" }}>
            {share === null
              ? t("stripNothing")
              : t.rich("stripShare", {
                  share: <span className={classes.share}>{formatShare(intl, share)}</span>,
                })}
          </p>
          {isTable ? <DaysTable days={days} /> : <DayStrip days={days} label={peer.domain} />}
        </>
      )}
    </Panel>
  );
}

function DaysTable({ days }: { readonly days: readonly DayBar[] }) {
  const t = useText(peersText);
  const intl = useIntl();
  const describe = useDayWords();
  return (
    <div className={classes.scroll} tabIndex={0} role="region" aria-label={t("stripTitle")}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">{t("colDay")}</th>
            <th scope="col">{t("colReachable")}</th>
            <th scope="col">{t("colIncidents")}</th>
          </tr>
        </thead>
        <tbody>
          {days.toReversed().map((day) => (
            <tr key={day.from}>
              <th scope="row">{describe(day).split(":")[0]}</th>
              <td>{day.share === null ? t("dayNothing") : formatShare(intl, day.share)}</td>
              <td>{day.incidents === 0 ? "" : day.incidents}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const hourSpanMs = 2 * 86_400_000;

function Times({ peer }: { readonly peer: Peer }) {
  const t = useText(peersText);
  const time = useTimeFormat();
  const [span, setSpan] = useState<"hour" | "day">("hour");
  const [isTable, setIsTable] = useState(false);
  const [openedAt] = useState(Date.now);
  const from = span === "hour" ? { from: new Date(openedAt - hourSpanMs).toISOString() } : {};
  const { data, error } = useQuery(
    query("GET /api/v1/checks", { query: { peer: peer.id, span, ...from } }),
  );
  const spans = (data?.items ?? []).filter(
    ({ discoverMs, pingMs }) => discoverMs !== null || pingMs !== null,
  );
  return (
    <Panel
      title={t("chartTitle")}
      description={t("chartUnit", { span })}
      actions={
        <span style={{ display: "flex", flexWrap: "wrap", gap: "0.5rem", alignItems: "center" }}>
          <Button size="compact-xs" variant="subtle" onClick={() => setIsTable(!isTable)}>
            {t(isTable ? "stripChartShort" : "stripTable")}
          </Button>
          <SegmentedControl
            size="xs"
            aria-label={t("chartSpan")}
            value={span}
            data={[
              { value: "hour", label: t("chartHour") },
              { value: "day", label: t("chartDay") },
            ]}
            onChange={(value) => setSpan(value === "day" ? "day" : "hour")}
          />
        </span>
      }
    >
      <ProblemNotice error={error} />
      {data !== undefined && spans.length === 0 && <p className="wg-dimmed">{t("chartEmpty")}</p>}
      {spans.length > 0 && !isTable && (
        <div className={classes.chart}>
          <Suspense fallback={<Loader size="sm" />}>
            <HistoryChart spans={spans} span={span} />
          </Suspense>
        </div>
      )}
      {spans.length > 0 && isTable && (
        <div
          className={classes.scroll}
          tabIndex={0}
          role="region"
          aria-label={t("chartTable", { span })}
        >
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">{t("colWhen")}</th>
                <th scope="col">{t("chartDiscover")}</th>
                <th scope="col">{t("chartPing")}</th>
              </tr>
            </thead>
            <tbody>
              {spans.toReversed().map((one) => (
                <tr key={one.startsAt}>
                  <th scope="row">{time.moment(new Date(one.startsAt))}</th>
                  <td>{one.discoverMs === null ? "" : time.duration(one.discoverMs.average)}</td>
                  <td>{one.pingMs === null ? "" : time.duration(one.pingMs.average)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

function Incidents({ peer }: { readonly peer: Peer }) {
  const t = useText(peersText);
  const { data, error } = useQuery(
    query("GET /api/v1/incidents", { query: { peer: peer.id, limit: 20 } }),
  );
  return (
    <Panel title={t("incidentsTitle")}>
      <ProblemNotice error={error} />
      {data?.items.length === 0 && <p className="wg-dimmed">{t("incidentsNone")}</p>}
      {data !== undefined && data.items.length > 0 && (
        <ol className={classes.incidents}>
          {data.items.map((incident) => (
            <IncidentRow key={incident.id} incident={incident} />
          ))}
        </ol>
      )}
    </Panel>
  );
}

/** One incident: what, when, how long, why, and who has seen it. */
export function IncidentRow({ incident }: { readonly incident: Incident }) {
  const t = useText(peersText);
  const time = useTimeFormat();
  const may = useMay("admin");
  const acknowledge = useCall("POST /api/v1/incidents/:id/acknowledge");
  const { openedAt, closedAt, acknowledgedBy, traceId } = incident;
  const tone = closedAt !== null ? "idle" : incident.kind === "outage" ? "failed" : "warning";
  return (
    <li>
      <div className={classes.incidentHead}>
        <Status tone={tone}>{t(`kind.${incident.kind}`)}</Status>
        <span>{time.moment(new Date(openedAt))}</span>
        <span className="wg-dimmed">
          {closedAt === null
            ? t.rich("incidentOpen", { time: <Time at={openedAt} /> })
            : t("incidentClosed", {
                duration: time.duration(Date.parse(closedAt) - Date.parse(openedAt)),
              })}
        </span>
        {traceId !== null && (
          <Link to="/t/$id" params={{ id: traceId }}>
            {t("incidentTrace")}
          </Link>
        )}
        {acknowledgedBy !== null && (
          <span className="wg-dimmed">{t("acknowledged", { name: acknowledgedBy })}</span>
        )}
        {may && acknowledgedBy === null && closedAt === null && (
          <Button
            size="compact-xs"
            variant="default"
            loading={acknowledge.isPending}
            onClick={() => acknowledge.mutate({ params: { id: incident.id } })}
          >
            {t("acknowledge")}
          </Button>
        )}
      </div>
      <div>
        <FindingText finding={incident.cause} />
      </div>
    </li>
  );
}

function Traces({ peer }: { readonly peer: Peer }) {
  const t = useText(peersText);
  const columns = useTraceColumns();
  const { data, error } = useQuery(
    query("GET /api/v1/traces", { query: { domain: peer.domain, limit: 5 } }),
  );
  return (
    <Panel
      title={t("tracesTitle")}
      actions={
        <Link to="/traces" search={{ domain: peer.domain }}>
          {t("tracesAll")}
        </Link>
      }
    >
      <DataTable
        caption={t("tracesTitle")}
        columns={columns.map(({ sort: _, ...column }) => column)}
        rowId={(row) => row.id}
        page={data === undefined ? undefined : { ...data, next: null, total: data.items.length }}
        error={error}
        empty={<p className="wg-dimmed">{t("tracesNone")}</p>}
      />
    </Panel>
  );
}
