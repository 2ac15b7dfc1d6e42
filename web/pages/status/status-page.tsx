import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { useIntl } from "react-intl";
import type { PublicStatus } from "#contract/peers.ts";
import { send } from "../../api/client.ts";
import { problemOf } from "../../api/problem.ts";
import { DayStrip, formatShare } from "../../components/day-strip.tsx";
import { type DayBar, overallShare } from "../../components/days.ts";
import { FindingText } from "../../components/finding.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { Status, TONE_ICON, type Tone } from "../../components/status.tsx";
import { Time, useTimeFormat } from "../../components/time.tsx";
import { PageLoading } from "../../shell/frame.tsx";
import { OpenFrame } from "../../shell/open-frame.tsx";
import { peersText } from "../../text/peers.ts";
import { statusText } from "../../text/watch.ts";
import { useText } from "../../text/use-text.tsx";
import { HEALTH_TONE } from "../peers/health.tsx";
import classes from "./status.module.css";

const REFRESH_MS = 20_000;

/** The public status page: for anybody, without the dashboard around it; refreshes itself. */
export function StatusPage() {
  const t = useText(statusText);
  const { data, error } = useQuery({
    queryKey: ["status", null, "public", null],
    queryFn: async ({ signal }) => send("GET /api/v1/status", {}, signal),
    refetchInterval: REFRESH_MS,
    refetchIntervalInBackground: false,
    retry: false,
  });
  useEffect(() => {
    if (data !== undefined) document.title = `${data.title} · ${t(data.state)}`;
  }, [data, t]);
  if (data !== undefined) return <StatusView status={data} error={error} />;
  if (error === null) return <PageLoading />;
  if (problemOf(error).code === "auth.required")
    return (
      <OpenFrame title={t("notPublicTitle")} intro={t("notPublicBody")}>
        <Button
          fullWidth
          renderRoot={(props) => <Link to="/login" search={{ next: "/status" }} {...props} />}
        >
          {t("signIn")}
        </Button>
      </OpenFrame>
    );
  return (
    <main className={classes.page}>
      <h1>{t("noJudgement")}</h1>
      <ProblemNotice error={error} />
    </main>
  );
}

const STATE_TONE = {
  operational: "ok",
  degraded: "warning",
  outage: "failed",
  unknown: "idle",
} as const satisfies Readonly<Record<PublicStatus["state"], Tone>>;

function StatusView({ status, error }: { readonly status: PublicStatus; readonly error: unknown }) {
  const t = useText(statusText);
  const { title, state, ourSide, at, counts, peers } = status;
  const tone = STATE_TONE[state];
  const Icon = TONE_ICON[tone];
  const isOurs = ourSide.state === "down";
  const total = counts.up + counts.degraded + counts.down + counts.unknown;
  return (
    <main className={classes.page}>
      <header className={classes.head}>
        <h1>{title}</h1>
        <Link to="/">{t("dashboard")}</Link>
      </header>
      <section className={`${classes.banner} ${classes[tone]}`} role="status">
        <Icon size={30} stroke={1.75} aria-hidden="true" />
        <div>
          <h2>{t(isOurs ? "outageOurs" : state)}</h2>
          {isOurs && ourSide.since !== null && (
            <p>{t.rich("ourSideDown", { time: <Time at={ourSide.since} style="moment" /> })}</p>
          )}
          <Counts counts={counts} />
        </div>
      </section>
      <ProblemNotice error={error} />
      <section aria-labelledby="status-peers" className={classes.section}>
        <h2 id="status-peers">{t("peers")}</h2>
        {peers.length === 0 && <p className="wg-dimmed">{t("noPeers")}</p>}
        <ul className={classes.peers}>
          {peers.map((peer) => (
            <PeerRow key={peer.domain} peer={peer} />
          ))}
        </ul>
        {total > peers.length && (
          <p className="wg-dimmed">{t("moreDomains", { count: total - peers.length })}</p>
        )}
      </section>
      <Incidents incidents={status.incidents} />
      <footer className={classes.foot}>
        {t.rich("refreshed", { time: <Time at={at} style="clock" /> })}
      </footer>
    </main>
  );
}

function Counts({ counts }: { readonly counts: PublicStatus["counts"] }) {
  const t = useText(statusText);
  const states = ["up", "degraded", "down", "unknown"] as const;
  return (
    <p>
      {states
        .filter((state) => counts[state] > 0)
        .map((state) => t("counts", { count: counts[state], state }))
        .join(" · ")}
    </p>
  );
}

function PeerRow({ peer }: { readonly peer: PublicStatus["peers"][number] }) {
  const words = useText(peersText);
  const intl = useIntl();
  const days: readonly DayBar[] = peer.days.map(({ day, goodShare, incidents }) => ({
    from: day,
    to: day,
    share: goodShare,
    isDegraded: false,
    incidents,
  }));
  const share = overallShare(days);
  return (
    <li>
      <div className={classes.peerHead}>
        <h3>{peer.label === "" ? peer.unicode : peer.label}</h3>
        {peer.label !== "" && <span className="wg-dimmed">{peer.unicode}</span>}
        {peer.unicode !== peer.domain && <span className="wg-dimmed wg-mono">{peer.domain}</span>}
        <span className={classes.state}>
          {share !== null && (
            <span className="wg-dimmed wg-numbers">{formatShare(intl, share)}</span>
          )}
          <Status tone={HEALTH_TONE[peer.state]}>{words(`state.${peer.state}`)}</Status>
        </span>
      </div>
      <DayStrip days={days} label={peer.label === "" ? peer.domain : peer.label} isPlain />
    </li>
  );
}

function Incidents({ incidents }: { readonly incidents: PublicStatus["incidents"] }) {
  const t = useText(statusText);
  const words = useText(peersText);
  const time = useTimeFormat();
  return (
    <section aria-labelledby="status-incidents" className={classes.section}>
      <h2 id="status-incidents">{t("incidents")}</h2>
      {incidents.length === 0 ? (
        <p className="wg-dimmed">{t("noIncidents")}</p>
      ) : (
        <ol className={classes.incidents}>
          {incidents.map((incident, index) => {
            const { kind, subject, openedAt, closedAt, cause } = incident;
            const isOurs = kind === "our_side";
            const opened = <Time at={openedAt} style="moment" />;
            return (
              <li key={`${openedAt} ${subject} ${index}`}>
                <div className={classes.peerHead}>
                  <Status tone={closedAt === null ? "failed" : "idle"}>
                    {words(`kind.${kind}`)}
                  </Status>
                  {!isOurs && <strong>{subject}</strong>}
                  <span className={`${classes.state} wg-dimmed`}>
                    <span>
                      {closedAt === null
                        ? t.rich("ongoing", { time: opened })
                        : t.rich("ended", {
                            time: opened,
                            duration: time.duration(Date.parse(closedAt) - Date.parse(openedAt)),
                          })}
                    </span>
                  </span>
                </div>
                <p>{isOurs ? t("ourSideCause") : <PublicCause cause={cause} />}</p>
              </li>
            );
          })}
        </ol>
      )}
    </section>
  );
}

/** The cause without addresses: the appliance sends none, so sentences that would name them are replaced. */
function PublicCause({ cause }: { readonly cause: PublicStatus["incidents"][number]["cause"] }) {
  const t = useText(statusText);
  const [family = "other"] = cause.code.split(".");
  const known = [
    "dns",
    "srv",
    "addr",
    "tcp",
    "stream",
    "tls",
    "cert",
    "disco",
    "guess",
    "link",
    "ping",
    "health",
  ];
  if (["health", "ping"].includes(family)) return <FindingText finding={cause} />;
  return t("cause", { family: known.includes(family) ? family : "other" });
}
