import { Button } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { StreamDetail } from "#contract/streams.ts";
import { useBytes } from "../../components/bytes.ts";
import { EmptyState } from "../../components/empty-state.tsx";
import { Facts } from "../../components/facts.tsx";
import { Notice } from "../../components/notice.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { Status } from "../../components/status.tsx";
import { useNow, useTimeFormat } from "../../components/time.tsx";
import { PageLoading } from "../../shell/frame.tsx";
import { streamsText } from "../../text/streams.ts";
import { useText } from "../../text/use-text.tsx";
import { LocalName } from "./local-name.tsx";
import { CertificatePanel } from "./certificate-panel.tsx";
import { nameOfTls, StreamStateMark } from "./marks.tsx";
import { useHostOf } from "./nodes.tsx";
import { PairPanels } from "./pair-panels.tsx";
import { StreamActions } from "./stream-actions.tsx";
import classes from "./streams.module.css";
import { useStream, useStreams } from "./use-streams.ts";

const route = getRouteApi("/signed-in/connections/streams/$id");

/** One live stream: what RFC 7590 §3.6 wants told, what passes over it, and what can be done. */
export function StreamPage() {
  const t = useText(streamsText);
  const { id } = route.useParams();
  const { data, error } = useStream(id);
  const isGone = error?.code === "resource.not_found";
  const crumbs = [
    { label: t("crumb"), to: "/connections" },
    { label: t("title"), to: "/connections/streams" },
  ] as const;
  if (data === undefined) {
    if (error === null) return <PageLoading />;
    return (
      <>
        <PageHeader title={t("goneTitle")} crumbs={crumbs} />
        {isGone ? (
          <EmptyState
            action={
              <Button renderRoot={(props) => <Link to="/connections/streams" {...props} />}>
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
  }
  const { local, remote } = data;
  return (
    <>
      <PageHeader
        title={
          remote === null
            ? t("streamUnnamed", { address: data.address })
            : t("streamTitle", { remote })
        }
        mark={!isGone && <StreamStateMark state={data.state} isPill />}
        crumbs={crumbs}
        actions={<StreamActions stream={data} isGone={isGone} />}
      />
      <div className={classes.stack}>
        {isGone ? (
          <Notice tone="info" title={t("ended")} role="status">
            <p>{t("endedBody")}</p>
          </Notice>
        ) : (
          <ProblemNotice error={error} />
        )}
        <div className={classes.columns}>
          <SecurityPanel stream={data} />
          <ConnectionPanel stream={data} />
        </div>
        <CertificatePanel certificate={data.certificate} />
        {local !== null && remote !== null && <PairPanels local={local} remote={remote} />}
      </div>
    </>
  );
}

function SecurityPanel({ stream }: { readonly stream: StreamDetail }) {
  const t = useText(streamsText);
  const { tls, authentication, trustedBy, memory } = stream;
  const isTest = trustedBy === "test_mode";
  return (
    <Panel title={t("security")}>
      <Facts
        items={[
          [
            t("encrypted"),
            tls === null ? (
              <Status key="tls" tone="failed">
                {t("encryptedNo")}
              </Status>
            ) : (
              <Status key="tls" tone="ok">
                {t("encryptedYes", { version: nameOfTls(tls.version) })}
              </Status>
            ),
          ],
          [t("cipher"), tls === null ? null : <code key="cipher">{tls.cipher}</code>],
          [
            t("proved"),
            <Status
              key="proved"
              tone={
                authentication === null
                  ? "idle"
                  : authentication === "certificate" && !isTest
                    ? "ok"
                    : "warning"
              }
            >
              {t(`provedBy.${authentication ?? "none"}`)}
            </Status>,
          ],
          [t("trusted"), trustedBy === null ? null : t(`trust.${trustedBy}`)],
          [t("changed"), <Changed key="changed" stream={stream} />],
          [
            t("before"),
            memory?.previous == null ? null : (
              <span key="before">
                {memory.previous.subject}
                <span className="wg-mono wg-dimmed" style={{ display: "block" }}>
                  {memory.previous.fingerprint}
                </span>
              </span>
            ),
          ],
        ]}
      />
    </Panel>
  );
}

/** Whether they always showed this certificate, as far as is remembered. */
function Changed({ stream }: { readonly stream: StreamDetail }) {
  const t = useText(streamsText);
  const time = useTimeFormat();
  const { memory, certificate } = stream;
  const date = (at: string) => time.date(new Date(at));
  if (certificate === null) return t("changed.none");
  if (memory === null) return t("changed.unknown");
  const { firstSeenAt, previous } = memory;
  if (previous === null)
    return firstSeenAt === null
      ? t("changed.never")
      : t("changed.first", { time: time.moment(new Date(firstSeenAt)) });
  const until = date(previous.notAfter);
  return firstSeenAt === null ? (
    <Status tone="warning">{t("changed.other", { until })}</Status>
  ) : (
    t("changed.since", { time: time.moment(new Date(firstSeenAt)), until })
  );
}

function ConnectionPanel({ stream }: { readonly stream: StreamDetail }) {
  const t = useText(streamsText);
  const size = useBytes();
  const time = useTimeFormat();
  const now = useNow(stream.since);
  const host = useHostOf(useStreams({ local: stream.local ?? undefined, limit: 1 }).data);
  const { queue, unacknowledged, unproven, provenAt, askedAt } = stream;
  const unanswered = t(stream.stanzasOut === 0 ? "proven.needless" : "proven.none");
  const proof = provenAt === null ? unanswered : time.moment(new Date(provenAt));
  const ageMs = Math.max(0, now - Date.parse(stream.since));
  return (
    <Panel title={t("connection")}>
      <Facts
        items={[
          [t("opened"), t(`direction.${stream.direction}`)],
          [t("local"), stream.local && <LocalName key="local" name={stream.local} />],
          [t("remote"), stream.remote],
          [
            t("address"),
            <code key="address">
              {stream.address.includes(":") ? `[${stream.address}]` : stream.address}:{stream.port}
            </code>,
          ],
          [
            t("since"),
            t("sinceFor", {
              duration: time.duration(ageMs),
              time: time.moment(new Date(stream.since)),
            }),
          ],
          [t("appliance"), host === null ? null : host(stream.nodeId)],
          [t("bothWays"), t(`bothWays.${stream.isBidirectional ? "yes" : "no"}`)],
          [
            t("acknowledged"),
            stream.isAcknowledged
              ? t("acknowledged.yes", { count: unacknowledged })
              : t("acknowledged.no", { count: unproven }),
          ],
          [
            t("proven"),
            askedAt === null
              ? proof
              : t("proven.asked", { last: proof, since: time.moment(new Date(askedAt)) }),
          ],
          [t("stanzas"), t("inOut", { in: stream.stanzasIn, out: stream.stanzasOut })],
          [t("bytes"), t("inOut", { in: size(stream.bytesIn), out: size(stream.bytesOut) })],
          [t("waiting"), stream.waitingBytes === 0 ? t("waitingNone") : size(stream.waitingBytes)],
          [
            t("queue"),
            queue === null || queue.stanzas === 0
              ? t("queueEmpty")
              : t("queueSome", { count: queue.stanzas, size: size(queue.bytes) }),
          ],
        ]}
      />
    </Panel>
  );
}
