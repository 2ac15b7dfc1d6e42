import { getRouteApi, Link } from "@tanstack/react-router";
import { useMay } from "../../api/session.ts";
import { FindingNotice } from "../../components/finding.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { Time } from "../../components/time.tsx";
import { NotFoundPage } from "../../shell/frame.tsx";
import { streamsText } from "../../text/streams.ts";
import { useText } from "../../text/use-text.tsx";
import { ConnectionState } from "../connections/connection-state.tsx";
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
              <ReconnectButton
                local={local}
                remote={remote}
                label={t(hasOwn ? "reconnect" : isFailing ? "retry" : "connectNow")}
              />
              <TraceButton remote={remote} />
              <BlockButton remote={remote} />
            </>
          )
        }
      />
      <div className={classes.stack}>
        {row != null && isFailing && row.lastError !== null && (
          <div>
            <FindingNotice finding={row.lastError} />
            {row.nextAttemptAt !== null && (
              <p className="wg-dimmed" style={{ marginTop: "0.375rem" }}>
                {t.rich("nextAttempt", { time: <Time at={row.nextAttemptAt} style="clock" /> })}
              </p>
            )}
          </div>
        )}
        <StreamsPanel local={local} remote={remote} />
        <PairPanels local={local} remote={remote} />
      </div>
    </>
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
