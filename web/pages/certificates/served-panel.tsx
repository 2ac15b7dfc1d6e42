import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Certificate } from "#contract/certificates.ts";
import { query } from "../../api/query.ts";
import { Facts } from "../../components/facts.tsx";
import { FindingNotice } from "../../components/finding.tsx";
import { Panel } from "../../components/panel.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { Status } from "../../components/status.tsx";
import { useUnicodeNames } from "../../components/unicode-names.ts";
import { certificatesText } from "../../text/certificates.ts";
import { useText } from "../../text/use-text.tsx";

const PLACE = {
  listener: "servedListener",
  public_url: "servedPublic",
  starttls: "servedStarttls",
  direct_tls: "servedDirectTls",
} as const;

/** What our own ports and the public address show when they are dialled. */
export function ServedPanel({ certificate }: { readonly certificate: Certificate }) {
  const t = useText(certificatesText);
  const served = useQuery(
    query("GET /api/v1/certificates/:id/served", { params: { id: certificate.id } }),
  );
  const unicode = useUnicodeNames();
  const isForHttps = certificate.uses.includes("https");
  const items = served.data?.items ?? [];
  return (
    <Panel
      title={t("servedTitle")}
      actions={
        <Button
          size="compact-sm"
          variant="default"
          loading={served.isFetching}
          onClick={() => void served.refetch()}
        >
          {t("askServed")}
        </Button>
      }
    >
      <ProblemNotice error={served.error} />
      {served.data !== undefined && items.length === 0 && (
        <p>{t(isForHttps ? "httpsOffNote" : "servedNowhere")}</p>
      )}
      {items.map((item) => (
        <div
          key={`${item.place} ${item.name} ${item.address}`}
          style={{ display: "grid", gap: "0.5rem", marginBottom: "0.75rem" }}
        >
          <Facts
            items={[
              [
                t(PLACE[item.place], { name: unicode(item.name ?? "") }),
                item.message === null ? (
                  <Status tone="ok">{t("servedOk", { address: item.address })}</Status>
                ) : (
                  <span className="wg-mono">{item.address}</span>
                ),
              ],
              [
                t("fingerprint"),
                item.fingerprint && <span className="wg-mono">{item.fingerprint}</span>,
              ],
            ]}
          />
          {item.message !== null && <FindingNotice finding={item.message} />}
        </div>
      ))}
    </Panel>
  );
}
