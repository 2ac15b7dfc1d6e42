import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { X2xLink } from "#contract/x2x.ts";
import { query } from "../../api/query.ts";
import { useBytes } from "../../components/bytes.ts";
import { EmptyState } from "../../components/empty-state.tsx";
import { Facts } from "../../components/facts.tsx";
import { FindingNotice } from "../../components/finding.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { Time, useTimeFormat } from "../../components/time.tsx";
import { PageLoading } from "../../shell/frame.tsx";
import { useText } from "../../text/use-text.tsx";
import { x2xText } from "../../text/x2x.ts";
import { AgreementView } from "./agreement-view.tsx";
import { ConnectionsPanel } from "./connections-panel.tsx";
import { Fingerprint } from "./fingerprint.tsx";
import { LinkActions } from "./link-actions.tsx";
import { BadgeMeanings, LinkState, stateOf, useNames } from "./link-marks.tsx";
import { isWorthCompressing, savingsOf } from "./savings.ts";
import { trafficOf, useHolder, useX2xLinks } from "./use-x2x-links.ts";
import { otherVisitors } from "./visitors.ts";
import classes from "./x2x.module.css";

const route = getRouteApi("/signed-in/connections/x2x/$id");

/** One link: how it stands and why, its connections, the agreement, and what it saves. */
export function X2xLinkPage() {
  const t = useText(x2xText);
  const { id } = route.useParams();
  const { data, error } = useQuery({
    ...query("GET /api/v1/x2x-links/:id", { params: { id } }),
    retry: false,
  });
  const names = useNames();
  const crumbs = [
    { label: t("crumb"), to: "/connections" },
    { label: t("title"), to: "/connections/x2x" },
  ] as const;
  if (data === undefined && error === null) return <PageLoading />;
  if (data === undefined || error?.code === "resource.not_found")
    return (
      <>
        <PageHeader title={t("gone")} crumbs={crumbs} />
        {error?.code === "resource.not_found" ? (
          <EmptyState
            action={
              <Button renderRoot={(props) => <Link to="/connections/x2x" {...props} />}>
                {t("goneAction")}
              </Button>
            }
          >
            {t("goneBody")}
          </EmptyState>
        ) : (
          <ProblemNotice error={error} />
        )}
      </>
    );
  const [ours, theirs] = data.agreement.sides;
  const isUp = data.live?.state === "up";
  return (
    <>
      <PageHeader
        title={data.name}
        mark={<LinkState link={data} isPill />}
        description={t("withDomains", {
          ours: names(ours.domains),
          theirs: names(theirs.domains),
        })}
        crumbs={crumbs}
        actions={<LinkActions link={data} />}
      />
      <div className={classes.stack}>
        <ProblemNotice error={error} />
        <LastError link={data} />
        {!isUp && <Visitors link={data} />}
        <div className={classes.columns}>
          <StatePanel link={data} />
          <SavedPanel link={data} />
        </div>
        <ConnectionsPanel link={data} />
        {isUp && <Visitors link={data} />}
        <Panel title={t("agreementPanel")} description={t("agreementAbout")}>
          <AgreementView agreement={data.agreement} own={data} />
        </Panel>
        <Panel title={t("fingerprint")} description={t("compareBody")}>
          <Fingerprint digits={data.fingerprint} />
        </Panel>
      </div>
    </>
  );
}

/** Why it does not work, with what to do; beside a connection that is open it is a warning. */
function LastError({ link }: { readonly link: X2xLink }) {
  const t = useText(x2xText);
  const finding = link.live?.lastError ?? null;
  if (finding === null) return null;
  const isUp = link.live?.state === "up";
  return (
    <section aria-label={t("lastError")}>
      {isUp && <p>{t("lastErrorBeside")}</p>}
      <FindingNotice finding={isUp ? { ...finding, severity: "warning" } : finding} />
    </section>
  );
}

/** Who came and was not taken for the other side: beside the link's own state, as anybody may come. */
function Visitors({ link }: { readonly link: X2xLink }) {
  const t = useText(x2xText);
  const visitors = otherVisitors(link.live);
  if (visitors.length === 0) return null;
  return (
    <Panel title={t("visitors")} description={t("visitorsAbout")}>
      <div className={classes.stack}>
        {visitors.map(({ finding, address, at, count }) => (
          <FindingNotice
            key={finding.code}
            finding={{ ...finding, severity: "warning" }}
            action={
              <span className="wg-dimmed">
                {t.rich("visitorsCount", {
                  ...{ count, address },
                  c: (chunks) => <code key="address">{chunks}</code>,
                  time: () => <Time key="at" at={at} />,
                })}
              </span>
            }
          />
        ))}
      </div>
    </Panel>
  );
}

function StatePanel({ link }: { readonly link: X2xLink }) {
  const t = useText(x2xText);
  const bytes = useBytes();
  const holder = useHolder();
  const all = useX2xLinks();
  const { live, nodeId } = link;
  const state = stateOf(link);
  const isTheirs = state === "idle" && link.agreement.sides[0].opens === null;
  return (
    <Panel title={t("statePanel")}>
      <BadgeMeanings link={link} all={all} />
      <Facts
        items={[
          [
            t("now"),
            <div key="state">
              <div className={classes.via}>
                <LinkState link={link} />
                {live !== null && (
                  <span className="wg-dimmed">
                    {t.rich("since", {
                      time: () => <Time key="since" at={live.since} style="elapsed" />,
                    })}
                  </span>
                )}
                {holder !== null && nodeId !== null && (
                  <span className="wg-dimmed">{t("onAppliance", { host: holder(nodeId) })}</span>
                )}
              </div>
              <div>{t(isTheirs ? "stateMeans.idleTheirs" : `stateMeans.${state}`)}</div>
            </div>,
          ],
          [
            t("nextAttempt"),
            live?.nextAttemptAt != null &&
              t.rich("nextAttemptAt", {
                count: live.attempts,
                time: () => <Time key="next" at={live.nextAttemptAt ?? ""} />,
              }),
          ],
          [
            t("queue"),
            live === null || live.queuedStanzas === 0
              ? t("queueNothing")
              : t("queueSome", { count: live.queuedStanzas, size: bytes(live.queuedBytes) }),
          ],
          [
            t("unproven"),
            live !== null && live.unproven > 0 && t("unprovenIs", { count: live.unproven }),
          ],
          [t("createdAt"), <Time key="created" at={link.createdAt} />],
          [t("updatedAt"), <Time key="updated" at={link.updatedAt} />],
        ].filter((one): one is [string, React.ReactNode] => one[1] !== false)}
      />
    </Panel>
  );
}

function SavedPanel({ link }: { readonly link: X2xLink }) {
  const t = useText(x2xText);
  const bytes = useBytes();
  const time = useTimeFormat();
  const { normal, link: own, connections, saved } = savingsOf(link.agreement);
  const { roundTripMs, bytes: wireBytes, inflatedBytes } = trafficOf(link);
  const login = link.live?.streamLogin ?? null;
  const opened = link.live?.connections.find(({ setup }) => setup !== undefined)?.setup ?? null;
  const measured = (one: { ms: number; bytesSent: number; bytesReceived: number }) => ({
    duration: time.duration(one.ms),
    bytes: bytes(one.bytesSent + one.bytesReceived),
  });
  return (
    <Panel title={t("savedPanel")}>
      <Facts
        items={[
          [
            t("savedNormal"),
            t("savedNormalIs", { count: normal.roundTrips, bytes: bytes(normal.bytes) }),
          ],
          [
            t("savedLink"),
            t("savedLinkIs", { count: own.roundTrips, connections: connections.link }),
          ],
          [
            t("savedSaved"),
            <strong key="saved">
              {t("savedIs", { count: saved.roundTrips, bytes: bytes(saved.bytes) })}
            </strong>,
          ],
          [
            t("savedTime"),
            roundTripMs === null
              ? null
              : t("savedTimeIs", {
                  duration: time.duration(saved.roundTrips * roundTripMs),
                  roundTrip: time.duration(roundTripMs),
                }),
          ],
          [
            t("savedCompression"),
            inflatedBytes !== null && inflatedBytes > 0
              ? t("savedCompressionIs", {
                  wire: bytes(wireBytes),
                  inflated: bytes(inflatedBytes),
                  share: Math.max(0, 1 - wireBytes / inflatedBytes),
                })
              : isWorthCompressing(link.agreement, roundTripMs)
                ? t("savedCompressionProposed")
                : null,
          ],
          [
            t("measuredStream"),
            login === null
              ? t("measuredStreamNone")
              : t.rich("measuredStreamIs", {
                  ...measured(login),
                  remote: login.remote,
                  c: (chunks) => <code key="remote">{chunks}</code>,
                  time: () => <Time key="at" at={login.at} />,
                }),
          ],
          [
            t("measuredLink"),
            opened === null ? t("measuredLinkNone") : t("measuredLinkIs", measured(opened)),
          ],
        ]}
      />
      <p className="wg-dimmed" style={{ marginTop: "0.75rem" }}>
        {t("savedAssumed")}
      </p>
    </Panel>
  );
}
