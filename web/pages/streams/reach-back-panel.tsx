import { Button, Loader } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReachBackAnswer } from "#contract/streams.ts";
import { useCall } from "../../api/query.ts";
import { useMay } from "../../api/session.ts";
import { Facts } from "../../components/facts.tsx";
import { FindingNotice } from "../../components/finding.tsx";
import { Notice } from "../../components/notice.tsx";
import { Panel } from "../../components/panel.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { useTimeFormat } from "../../components/time.tsx";
import { streamsText } from "../../text/streams.ts";
import { useText } from "../../text/use-text.tsx";
import { nameOfTls } from "./marks.tsx";
import { ReachNone } from "./reach-none.tsx";
import classes from "./streams.module.css";

const WAIT_SECONDS = 20;

/** "Can they reach us?": asks the other server to come, and says how it came, or what to check. */
export function ReachBackPanel({
  local,
  remote,
}: {
  readonly local: string;
  readonly remote: string;
}) {
  const t = useText(streamsText);
  const may = useMay("admin");
  const ask = useCall("POST /api/v1/streams/reach-backs", { changes: ["connections"] });
  return (
    <Panel title={t("reach")}>
      <p className={classes.about}>{t("reachAbout", { local, remote })}</p>
      {may ? (
        <Button
          loading={ask.isPending}
          onClick={() => ask.mutate({ body: { local, remote, seconds: WAIT_SECONDS } })}
        >
          {t(ask.data === undefined ? "reachAsk" : "reachAgain")}
        </Button>
      ) : (
        <p>{t("reachAdmins")}</p>
      )}
      <div role="status" style={{ marginTop: "0.75rem" }}>
        {ask.isPending && (
          <span className={classes.way}>
            <Loader size="xs" aria-hidden="true" /> {t("reachWaiting", { seconds: WAIT_SECONDS })}
          </span>
        )}
        {ask.data !== undefined && !ask.isPending && <Answer answer={ask.data} />}
      </div>
      <ProblemNotice error={ask.error} />
    </Panel>
  );
}

function Answer({ answer }: { readonly answer: ReachBackAnswer }) {
  const t = useText(streamsText);
  const time = useTimeFormat();
  const { remote, outcome, stream, finding } = answer;
  if (outcome === "unasked")
    return (
      <div className={classes.stack}>
        <Notice tone="warning" title={t("reachUnasked")} />
        {finding !== null && <FindingNotice finding={finding} />}
      </div>
    );
  if (stream === null) return <ReachNone answer={answer} />;
  const { tls, authentication } = stream;
  return (
    <Notice
      tone={tls === null || authentication === null ? "warning" : "ok"}
      title={
        answer.wasOpen
          ? t("reachWasOpen", { remote })
          : t("reachCame", { remote, duration: time.duration(answer.afterMs ?? 0) })
      }
    >
      {answer.wasOpen && <p>{t("reachWasOpenBody")}</p>}
      <div style={{ marginTop: "0.5rem" }}>
        <Facts
          items={[
            [t("address"), <code key="address">{`${stream.address} (${stream.port})`}</code>],
            [
              t("encrypted"),
              tls === null
                ? t("encryptedNo")
                : t("encryptedYes", { version: nameOfTls(tls.version) }),
            ],
            [t("cipher"), tls === null ? null : <code key="cipher">{tls.cipher}</code>],
            [t("proved"), t(`provedBy.${authentication ?? "none"}`)],
          ]}
        />
        <p style={{ marginTop: "0.5rem" }}>
          <Link to="/connections/streams/$id" params={{ id: stream.id }}>
            {t("reachStream")}
          </Link>
        </p>
      </div>
    </Notice>
  );
}
