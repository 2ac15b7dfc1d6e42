import { Button } from "@mantine/core";
import type { LocalDomain } from "#contract/domains.ts";
import { useMay } from "../../api/session.ts";
import { Facts } from "../../components/facts.tsx";
import { Notice } from "../../components/notice.tsx";
import { Panel } from "../../components/panel.tsx";
import { domainsText } from "../../text/domains.ts";
import { useText } from "../../text/use-text.tsx";
import { isFederatedHere } from "./advertised-place.ts";

/** What others dial against where the server listens, and the rules that join the two. */
export function NatPanel({
  domain,
  onEdit,
}: {
  readonly domain: LocalDomain;
  readonly onEdit: () => void;
}) {
  const t = useText(domainsText);
  const mayChange = useMay("admin");
  const { advertisedHost, advertisedPort, advertisedAddresses, insideHost, insidePort } = domain;
  const outer = advertisedHost ?? domain.domain;
  const isHere = isFederatedHere(domain);
  const unset = isHere
    ? t("insideHere", { port: insidePort })
    : t("insidePortOnly", { port: insidePort });
  const placeInside = insideHost === null ? unset : `${insideHost}:${insidePort}`;
  const isForwarded = insideHost !== null || insidePort !== advertisedPort;
  return (
    <Panel
      title={t("natTitle")}
      description={t("natIntro")}
      actions={
        mayChange && (
          <Button size="compact-sm" variant="default" onClick={onEdit}>
            {t("edit")}
          </Button>
        )
      }
    >
      <Facts
        items={[
          [
            t("advertised"),
            <span key="outer">
              <span className="wg-mono">
                {outer}:{advertisedPort}
              </span>
            </span>,
          ],
          [
            t("addresses"),
            advertisedAddresses.length === 0 ? (
              t("notSet")
            ) : (
              <span className="wg-mono">{advertisedAddresses.join(", ")}</span>
            ),
          ],
          [
            t("inside"),
            <span key="inner" className="wg-mono">
              {placeInside}
            </span>,
          ],
        ]}
      />
      {isForwarded && (
        <div style={{ marginTop: "0.875rem" }}>
          <Notice tone="info" title={t("forwardTitle")}>
            <p>
              {t("forwardRule", {
                outer: advertisedPort,
                host: insideHost ?? t(isHere ? "insideAppliance" : "insideUnknown"),
                port: insidePort,
              })}
            </p>
            <p>{t("firewallRule", { port: insidePort })}</p>
            <p className="wg-dimmed">{t("hairpin")}</p>
          </Notice>
        </div>
      )}
    </Panel>
  );
}
