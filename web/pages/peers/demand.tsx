import type { ReactNode } from "react";
import type { ProofDemand } from "#contract/peer-trust.ts";
import { Facts } from "../../components/facts.tsx";
import { Status } from "../../components/status.tsx";
import { useTimeFormat } from "../../components/time.tsx";
import { peerTrustText } from "../../text/peer-trust.ts";
import { useText } from "../../text/use-text.tsx";

/** How a domain must prove who it is on links of our own, each way. */
export function Demand({ demand }: { readonly demand: ProofDemand }) {
  const t = useText(peerTrustText);
  const version = t(`minTls.${demand.minTls}`);
  return (
    <Facts
      items={[
        [t("demandTls"), t(`demandTlsIs.${demand.tls}`, { version })],
        [t("demandIn"), <Proofs key="in" demand={demand} dialback={demand.inboundDialback} />],
        [t("demandOut"), <Proofs key="out" demand={demand} dialback={demand.outboundDialback} />],
        [
          t("demandHeldName"),
          demand.isHeld ? (
            <Status key="held" tone="failed">
              {t("demandHeld")}
            </Status>
          ) : null,
        ],
      ]}
    />
  );
}

function Proofs({
  demand,
  dialback,
}: {
  readonly demand: ProofDemand;
  readonly dialback: ProofDemand["inboundDialback"];
}): ReactNode {
  const t = useText(peerTrustText);
  const time = useTimeFormat();
  const { certificate, testModeUntil } = demand;
  if (certificate === null) return t("dialbackOnly");
  return (
    <>
      {testModeUntil === null ? (
        t(`certificateIs.${certificate}`)
      ) : (
        <Status tone="failed">
          {t("certificateAny", { date: time.date(new Date(testModeUntil)) })}
        </Status>
      )}
      {dialback === "allowed" ? " " : "; "}
      {t(`dialbackIs.${dialback}`)}
    </>
  );
}
