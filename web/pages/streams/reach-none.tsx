import { Loader } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import type { SelfTest } from "#contract/self-tests.ts";
import type { ReachBackAnswer } from "#contract/streams.ts";
import { query, useCall } from "../../api/query.ts";
import { FindingNotice } from "../../components/finding.tsx";
import { Notice } from "../../components/notice.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import type { Tone } from "../../components/status.tsx";
import { useTimeFormat } from "../../components/time.tsx";
import { keyOf } from "../../text/finding-words.ts";
import { streamsText } from "../../text/streams.ts";
import { useText } from "../../text/use-text.tsx";
import { LocalName } from "./local-name.tsx";
import { findingsOf, placeOf } from "./reach-findings.ts";
import classes from "./streams.module.css";

/** They did not come: what the appliance finds out itself about the way to `local`, and what is left to look at. */
export function ReachNone({ answer }: { readonly answer: ReachBackAnswer }) {
  const t = useText(streamsText);
  const time = useTimeFormat();
  const { local, remote, at } = answer;
  const domains = useQuery(query("GET /api/v1/domains"));
  const test = useCall("POST /api/v1/self-tests");
  const { mutate } = test;
  const domainId = domains.data?.items.find(({ links }) =>
    links.some(({ name }) => name === local),
  )?.id;
  const tested = useRef<string | null>(null);
  useEffect(() => {
    if (domainId === undefined || tested.current === at) return;
    tested.current = at;
    mutate({ body: { domainId, name: local } });
  }, [domainId, local, at, mutate]);
  return (
    <div className={classes.stack}>
      <Notice tone="failed" title={t("reachNone", { remote, seconds: answer.waitedSeconds })}>
        <p>{t("reachNoneBody", { local })}</p>
      </Notice>
      {test.isPending && (
        <span className={classes.way}>
          <Loader size="xs" aria-hidden="true" /> {t("reachTesting")}
        </span>
      )}
      {test.data !== undefined && <Found result={test.data} local={local} />}
      <ProblemNotice error={test.error} />
      <div>
        <p>
          {t("reachAll")} <LocalName name={local} />
        </p>
        <p>{t("reachLeft")}</p>
        <ol className={classes.checks}>
          <li>{t("reachCheckFirewall")}</li>
          <li>{t("reachCheckTheirs", { local, time: time.exact(new Date(at)) })}</li>
          <li>{t("reachCheckPing")}</li>
        </ol>
      </div>
    </div>
  );
}

const TONES = {
  Ours: "ok",
  Other: "failed",
  Somebody: "warning",
  Broken: "failed",
  Nobody: "warning",
  Untried: "failed",
  Nowhere: "failed",
} as const satisfies Record<string, Tone>;

/** The record, who answers where it leads, and what is ours to mend. */
function Found({ result, local }: { readonly result: SelfTest; readonly local: string }) {
  const t = useText(streamsText);
  const card = result.cards.find(({ name }) => name === `_xmpp-server._tcp.${local}`);
  const place = placeOf(result);
  const { host, port, address } = result.answering;
  return (
    <>
      {card?.status === "ok" && <Notice tone="ok">{t("reachSrvOk", { local })}</Notice>}
      {card?.status === "unknown" && (
        <Notice tone="warning">{t("reachSrvUnknown", { local })}</Notice>
      )}
      {place !== null && (
        <Notice tone={TONES[place]}>
          {t(`reachAt${place}`, { host, port: String(port), address: address ?? "", local })}
        </Notice>
      )}
      {findingsOf(result, local).map((finding) => (
        <FindingNotice key={keyOf(finding)} finding={finding} />
      ))}
    </>
  );
}
