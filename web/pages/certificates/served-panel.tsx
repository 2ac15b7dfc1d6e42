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
      <Facts
        items={items.map((item) => [
          t(PLACE[item.place], { name: unicode(item.name ?? "") }),
          item.message === null ? (
            <Status key={item.address} tone="ok">
              {t("servedOk", { address: item.address })}
            </Status>
          ) : (
            <Status key={item.address} tone="failed">
              {t("servedNot", { address: item.address })}
            </Status>
          ),
        ])}
      />
      {items.map(
        ({ message }) =>
          message !== null && (
            <div key={JSON.stringify(message.params)} style={{ marginTop: "0.75rem" }}>
              <FindingNotice finding={message} />
            </div>
          ),
      )}
    </Panel>
  );
}
