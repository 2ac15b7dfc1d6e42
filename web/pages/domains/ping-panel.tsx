import { Button } from "@mantine/core";
import type { LocalDomain } from "#contract/domains.ts";
import { useCall } from "../../api/query.ts";
import { useMay } from "../../api/session.ts";
import { Panel } from "../../components/panel.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { Time } from "../../components/time.tsx";
import { domainsText } from "../../text/domains.ts";
import { useText } from "../../text/use-text.tsx";
import { PingDetails } from "./ping-summary.tsx";

/** The domain that is pinged after each attachment, and how it answered last. */
export function PingPanel({ domain }: { readonly domain: LocalDomain }) {
  const t = useText(domainsText);
  const mayChange = useMay("admin");
  const { pingTarget } = domain;
  const ping = useCall("POST /api/v1/pings", { changes: ["domains"] });
  const shown = ping.data ?? domain.lastPing;
  return (
    <Panel
      title={t("pingTitle")}
      description={t("pingIntro")}
      actions={
        mayChange &&
        pingTarget !== null && (
          <Button
            size="compact-sm"
            variant="default"
            loading={ping.isPending}
            onClick={() => ping.mutate({ body: { domain: pingTarget } })}
          >
            {t("pingNow")}
          </Button>
        )
      }
    >
      <ProblemNotice error={ping.error} />
      {pingTarget === null && <p className="wg-dimmed">{t("noPingTarget")}</p>}
      {shown === null && pingTarget !== null && (
        <p>
          <span className="wg-mono">{pingTarget}</span>: {t("notPinged")}
        </p>
      )}
      {shown !== null && (
        <>
          <p style={{ marginBottom: "0.5rem" }}>
            {t.rich("pingAt", {
              domain: (
                <b key="domain" className="wg-mono">
                  {shown.domain}
                </b>
              ),
            })}{" "}
            <span className="wg-dimmed">
              <Time at={shown.at} />
            </span>
          </p>
          <PingDetails ping={shown} />
        </>
      )}
    </Panel>
  );
}
