import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { query } from "../../api/query.ts";
import { useMay } from "../../api/session.ts";
import { FindingNotice } from "../../components/finding.tsx";
import { Notice } from "../../components/notice.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { Time, useNow } from "../../components/time.tsx";
import { NotFoundPage } from "../../shell/frame.tsx";
import { streamsText } from "../../text/streams.ts";
import { useText } from "../../text/use-text.tsx";
import { ConnectionState } from "../connections/connection-state.tsx";
import { AgreedConnections } from "../x2x/agreed-connections.tsx";
import { SecurityMark, StreamStateMark } from "./marks.tsx";
import { useHostOf } from "./nodes.tsx";
import { PairPanels, usePairRow } from "./pair-panels.tsx";
import { BlockButton, ReconnectButton, TraceButton } from "./stream-actions.tsx";
import classes from "./streams.module.css";
import { useStreams } from "./use-streams.ts";

const route = getRouteApi("/signed-in/connections/pair");

/** One name of ours and one remote domain: how it stands, its streams, and what can be asked and done. */
export function PairPage() {
  const { local, remote } = route.useSearch();
  if (local === undefined || remote === undefined) return <NotFoundPage />;
  return <PairView local={local} remote={remote} />;
}

function PairView({ local, remote }: { readonly local: string; readonly remote: string }) {
  const t = useText(streamsText);
  const may = useMay("admin");
  const row = usePairRow({ local, remote });
  const isFailing = row?.state === "failing";
  const open = useStreams({ local, remote, direction: "out" });
  const hasOwn = (open.data?.total ?? 0) > 0;
  const decision = useQuery({
    ...query("GET /api/v1/peers/decision", { query: { domain: remote } }),
    retry: false,
  }).data;
  const isRefused = decision?.isAllowed === false;
  return (
    <>
      <PageHeader
        title={t("pairTitle", { remote })}
        mark={row != null && <ConnectionState state={row.state} />}
        description={t("pairDescription", { local, remote })}
        crumbs={[
          { label: t("crumb"), to: "/connections" },
          { label: t("title"), to: "/connections/streams" },
        ]}
        actions={
          may && (
            <>
              {!isRefused && (
                <ReconnectButton
                  local={local}
                  remote={remote}
                  label={t(hasOwn ? "reconnect" : isFailing ? "retry" : "connectNow")}
                />
              )}
              <TraceButton remote={remote} />
              {decision?.rule !== "block" && <BlockButton remote={remote} />}
            </>
          )
        }
      />
      <div className={classes.stack}>
        {isRefused && (
          <Notice
            tone="warning"
            title={t("refused", { remote })}
            action={
              <Link to="/peers" search={{ decide: remote }}>
                {t("refusedWhy")}
              </Link>
            }
          >
            <p>{t("refusedBody")}</p>
          </Notice>
        )}
        {row != null && isFailing && !isRefused && row.lastError !== null && (
          <div>
            <FindingNotice finding={row.lastError} />
            {row.nextAttemptAt !== null && <NextAttempt at={row.nextAttemptAt} />}
          </div>
        )}
        <AgreedConnections local={local} remote={remote} />
        <StreamsPanel local={local} remote={remote} />
        <PairPanels local={local} remote={remote} />
      </div>
    </>
  );
}

/** Until when stanzas are refused at once; nothing is tried by itself then. */
function NextAttempt({ at }: { readonly at: string }) {
  const t = useText(streamsText);
  const isOver = useNow(at) >= Date.parse(at);
  return (
    <p className="wg-dimmed" style={{ marginTop: "0.375rem" }}>
      {isOver ? t("nextStanza") : t.rich("nextAttempt", { time: <Time at={at} style="clock" /> })}
    </p>
  );
}

function StreamsPanel(pair: { readonly local: string; readonly remote: string }) {
  const t = useText(streamsText);
  const { data, error } = useStreams(pair);
  const host = useHostOf(data);
  return (
    <Panel title={t("streamsOfPair")}>
      <ProblemNotice error={error} />
      {data !== undefined && data.items.length === 0 && (
        <p className="wg-dimmed">{t("noStreams")}</p>
      )}
      <ul className={classes.short}>
        {data?.items.map((stream) => (
          <li key={stream.id}>
            <Link to="/connections/streams/$id" params={{ id: stream.id }}>
              {t(`openedBy.${stream.direction}`)}
            </Link>
            <StreamStateMark state={stream.state} />
            <SecurityMark stream={stream} />
            <span className="wg-dimmed">
              {t("inOut", { in: stream.stanzasIn, out: stream.stanzasOut })},{" "}
              <Time at={stream.since} />
              {host !== null && <>, {t("onAppliance", { host: host(stream.nodeId) })}</>}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
