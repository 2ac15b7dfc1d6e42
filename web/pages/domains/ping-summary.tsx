import type { PingResult } from "#contract/traces.ts";
import { FindingNotice } from "../../components/finding.tsx";
import { Facts } from "../../components/facts.tsx";
import { Notice } from "../../components/notice.tsx";
import { Status, type Tone } from "../../components/status.tsx";
import { useTimeFormat } from "../../components/time.tsx";
import { domainsText } from "../../text/domains.ts";
import { useText } from "../../text/use-text.tsx";
import { isUndelivered } from "../traces/ping-proof.ts";

type Leg = PingResult["wave"];

const TONE: Readonly<Record<Leg["status"], Tone>> = {
  answered: "ok",
  refused: "warning",
  timeout: "failed",
  not_sent: "idle",
};

/** The better of a ping's two answers, for a table. */
export function PingSummary({ ping }: { readonly ping: PingResult }) {
  const best = [ping.wave, ping.xmpp].find((leg) => leg.status === "answered") ?? ping.xmpp;
  return <PingLeg leg={best} />;
}

/** Both answers of a ping, and what they prove. */
export function PingDetails({ ping }: { readonly ping: PingResult }) {
  const t = useText(domainsText);
  return (
    <div style={{ display: "grid", gap: "0.75rem" }}>
      <Facts
        items={[
          [t("pingWave"), <PingLeg key="wave" leg={ping.wave} />],
          [t("pingXmpp"), <PingLeg key="xmpp" leg={ping.xmpp} />],
        ]}
      />
      {ping.provesBothDirections && <Notice tone="ok">{t("pingBoth")}</Notice>}
      {ping.message !== null && <FindingNotice finding={ping.message} />}
    </div>
  );
}

function PingLeg({ leg }: { readonly leg: Leg }) {
  const t = useText(domainsText);
  const format = useTimeFormat();
  return (
    <Status tone={isUndelivered(leg) ? "failed" : TONE[leg.status]}>
      {t(isUndelivered(leg) ? "ping_undelivered" : `ping_${leg.status}`, {
        ms: leg.roundTripMs === null ? "?" : format.duration(leg.roundTripMs),
        condition: leg.condition ?? "?",
      })}
    </Status>
  );
}
