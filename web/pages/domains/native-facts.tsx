import { useQuery } from "@tanstack/react-query";
import { Link as RouterLink } from "@tanstack/react-router";
import type { Link } from "#contract/links.ts";
import { query } from "../../api/query.ts";
import { FindingNotice } from "../../components/finding.tsx";
import { nativeText } from "../../text/native.ts";
import { useText } from "../../text/use-text.tsx";

const AGAIN_MS = 5_000;

/** Of a name that the appliance federates: whether it can prove itself, its own ports, and the way to its live streams. */
export function NativeFacts({ link }: { readonly link: Link }) {
  const t = useText(nativeText);
  const { name, ownPorts } = link;
  const streams = useQuery({
    ...query("GET /api/v1/streams", { query: { local: name, limit: 1 } }),
    enabled: link.isEnabled,
    // No event tells of each.
    refetchInterval: AGAIN_MS,
  });
  const certificates = useQuery({
    ...query("GET /api/v1/certificates"),
    enabled: link.isEnabled,
  });
  const use = certificates.data?.xmpp.find((one) => one.name === name);
  const isUnproven = certificates.data !== undefined && (use?.active ?? null) === null;
  return (
    <>
      {link.isEnabled && isUnproven && (
        <FindingNotice
          finding={{
            ...{ code: "setup.no_certificate", params: { domain: name } },
            ...{ owner: "us", severity: "error" },
          }}
          action={<RouterLink to="/certificates">{t("toCertificates")}</RouterLink>}
        />
      )}
      {ownPorts !== null && (
        <p className="wg-dimmed">
          {t("ownPortsAre", {
            address: ownPorts.address ?? "none",
            port: String(ownPorts.port ?? "none"),
            directTlsPort: String(ownPorts.directTlsPort ?? "none"),
            both: ownPorts.port !== null && ownPorts.directTlsPort !== null ? "yes" : "no",
          })}{" "}
          {!ownPorts.isAlsoShared && t("onlyOwn")}
        </p>
      )}
      {streams.data !== undefined && (
        <p>
          {streams.data.total === 0 ? (
            <span className="wg-dimmed">{t("streams", { count: 0 })}</span>
          ) : (
            <RouterLink to="/connections/streams" search={{ local: name }}>
              {t("streams", { count: streams.data.total })}
            </RouterLink>
          )}
        </p>
      )}
    </>
  );
}
