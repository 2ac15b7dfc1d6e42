import { useCallback } from "react";
import type { StreamPage } from "#contract/streams.ts";
import { Notice } from "../../components/notice.tsx";
import { streamsText } from "../../text/streams.ts";
import { useText } from "../../text/use-text.tsx";

/** What people call an appliance; null while there is one only. */
export function useHostOf(page: StreamPage | undefined): ((nodeId: string) => string) | null {
  const t = useText(streamsText);
  // Lists come anew every few seconds, and say the same.
  const known = JSON.stringify(page?.others.map(({ id, host }) => [id, host || id]) ?? []);
  const here = page?.nodeId;
  const hostOf = useCallback(
    (nodeId: string) => {
      const hosts = new Map(JSON.parse(known) as [string, string][]);
      return nodeId === here ? t("thisOne") : (hosts.get(nodeId) ?? nodeId);
    },
    [known, here, t],
  );
  return page === undefined || page.others.length === 0 ? null : hostOf;
}

/** Appliances whose streams should be in the list and are not. */
export function MissingNodes({ page }: { readonly page: StreamPage | undefined }) {
  const t = useText(streamsText);
  const silent = page?.others.filter(({ isAnswering }) => !isAnswering) ?? [];
  if (silent.length === 0) return null;
  return (
    <div style={{ marginBottom: "var(--wg-gap)" }}>
      <Notice tone="warning" role="status" title={t("missingTitle", { count: silent.length })}>
        <p>
          {t("missingBody", { hosts: silent.map(({ id, host }) => `${host} (${id})`).join(", ") })}
        </p>
      </Notice>
    </div>
  );
}

/** Streams with a domain that a live view does not hear, because another appliance has them. */
export function Unheard(props: { readonly page: StreamPage | undefined; readonly remote: string }) {
  const t = useText(streamsText);
  const { page, remote } = props;
  const hostOf = useHostOf(page);
  const unheard = page?.items.filter(({ nodeId }) => nodeId !== page.nodeId) ?? [];
  if (hostOf === null || unheard.length === 0) return null;
  const hosts = [...new Set(unheard.map(({ nodeId }) => hostOf(nodeId)))].join(", ");
  return (
    <div style={{ marginBottom: "0.75rem" }}>
      <Notice tone="warning">{t("tapElsewhere", { count: unheard.length, remote, hosts })}</Notice>
    </div>
  );
}
