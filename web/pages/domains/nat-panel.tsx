import { Button } from "@mantine/core";
import type { LocalDomain } from "#contract/domains.ts";
import { useMay } from "../../api/session.ts";
import { Facts } from "../../components/facts.tsx";
import { Notice } from "../../components/notice.tsx";
import { Panel } from "../../components/panel.tsx";
import { domainsText } from "../../text/domains.ts";
import { useText } from "../../text/use-text.tsx";
import { advertisedPlace, isKeptElsewhere, linkOfDomain } from "./advertised-place.ts";

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
  const { advertisedAddresses, insideHost } = domain;
  const own = isKeptElsewhere(domain) ? domain.links[0] : linkOfDomain(domain);
  const isHere = own != null;
  const insidePort = own?.ownPorts?.port ?? domain.insidePort;
  const nobody = { host: null, port: null, ownPorts: null };
  const { host: outer, port: outerPort } = advertisedPlace(own ?? nobody, domain);
  const unset = isHere
    ? t("insideHere", { port: insidePort })
    : t("insidePortOnly", { port: insidePort });
  const placeInside = insideHost === null ? unset : `${insideHost}:${insidePort}`;
  const isForwarded = insideHost !== null || String(insidePort) !== outerPort;
  return (
    <Panel
      title={t("natTitle")}
      description={t(isHere ? "natIntroOurs" : "natIntro")}
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
                {outer}:{outerPort}
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
            t(isHere ? "insideOurs" : "inside"),
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
                outer: outerPort,
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
