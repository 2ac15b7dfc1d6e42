import { Button } from "@mantine/core";
import { IconPlus, IconWorld } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import type { LocalDomain } from "#contract/domains.ts";
import { query } from "../../api/query.ts";
import { useMay } from "../../api/session.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Time } from "../../components/time.tsx";
import { domainsText } from "../../text/domains.ts";
import { useText } from "../../text/use-text.tsx";
import { DomainName } from "./domain-name.tsx";
import { LinkStatus } from "./link-status.tsx";
import { PingSummary } from "./ping-summary.tsx";

/** All domains that are served here, with the state of their attachment. */
export function DomainsPage() {
  const t = useText(domainsText);
  const mayChange = useMay("admin");
  const domains = useQuery(query("GET /api/v1/domains"));
  const columns = useDomainColumns();
  const items = domains.data?.items;
  const addButton = mayChange && (
    <Button
      leftSection={<IconPlus size={16} />}
      renderRoot={(props) => <Link to="/domains/new" {...props} />}
    >
      {t("add")}
    </Button>
  );
  return (
    <>
      <PageHeader
        title={t("title")}
        description={t("intro")}
        actions={items !== undefined && items.length > 0 && addButton}
      />
      <DataTable
        caption={t("title")}
        columns={columns}
        rowId={(domain) => domain.id}
        page={items === undefined ? undefined : { items, next: null, total: items.length }}
        error={domains.error}
        empty={
          <EmptyState icon={IconWorld} title={t("emptyTitle")} action={addButton}>
            {t("emptyBody")}
          </EmptyState>
        }
      />
    </>
  );
}

function useDomainColumns(): Column<LocalDomain>[] {
  const t = useText(domainsText);
  return useMemo(
    () => [
      {
        id: "domain",
        header: t("domain"),
        cell: (domain) => (
          <Link to="/domains/$id" params={{ id: domain.id }}>
            <b>
              <DomainName domain={domain} />
            </b>
            {domain.label !== "" && <span className="wg-dimmed"> {domain.label}</span>}
          </Link>
        ),
      },
      {
        id: "attachment",
        header: t("attachment"),
        cell: (domain) =>
          domain.links.length === 0 ? (
            <span className="wg-dimmed">{t("notAttached")}</span>
          ) : (
            domain.links.map((link) => (
              <div key={link.id}>
                <LinkStatus link={link} /> <span className="wg-mono">{link.name}</span>
              </div>
            ))
          ),
      },
      {
        id: "ping",
        header: t("lastPing"),
        cell: (domain) =>
          domain.lastPing === null ? (
            <span className="wg-dimmed">{t("notPinged")}</span>
          ) : (
            <>
              <PingSummary ping={domain.lastPing} />{" "}
              <span className="wg-dimmed">
                <Time at={domain.lastPing.at} />
              </span>
            </>
          ),
      },
    ],
    [t],
  );
}
