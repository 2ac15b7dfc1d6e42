import { Button, Group, Menu } from "@mantine/core";
import { useState } from "react";
import type { LocalDomain } from "#contract/domains.ts";
import type { Link } from "#contract/links.ts";
import { useCall } from "../../api/query.ts";
import { useMay } from "../../api/session.ts";
import { Dialog } from "../../components/confirm-dialog.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { Time } from "../../components/time.tsx";
import { useNotify } from "../../components/toasts.tsx";
import { domainsText } from "../../text/domains.ts";
import { useText } from "../../text/use-text.tsx";
import { EditLinkDialog } from "./edit-link-dialog.tsx";
import { LinkHead } from "./link-head.tsx";
import { LinkMenu } from "./link-menu.tsx";
import { LinkTestView } from "./link-test-view.tsx";
import { isLoopback } from "./server-configuration.ts";

/** A component of our XMPP server: where it is dialled, whether it is attached, how to mend it. */
export function ComponentCard({
  link,
  domain,
}: {
  readonly link: Link;
  readonly domain: LocalDomain;
}) {
  const t = useText(domainsText);
  const mayChange = useMay("admin");
  const { host, port, security } = link;
  const consent = isLoopback(host ?? "") ? "no" : "yes";
  return (
    <>
      <LinkHead
        link={link}
        description={t("atAddress", { host, port, security, consent })}
        actions={mayChange && <ComponentActions link={link} domain={domain} />}
      />
      {link.state === "waiting" && link.nextAttemptAt !== null && (
        <p className="wg-dimmed">
          {t.rich("nextTry", {
            attempts: link.attempts,
            time: () => <Time key="next" at={link.nextAttemptAt ?? 0} />,
          })}
        </p>
      )}
    </>
  );
}

function ComponentActions({ link, domain }: { readonly link: Link; readonly domain: LocalDomain }) {
  const t = useText(domainsText);
  const notify = useNotify();
  const [open, setOpen] = useState<"edit" | "test" | null>(null);
  const retry = useCall("POST /api/v1/links/:id/retry", {
    changes: ["domains"],
    onSuccess: () => notify(t("retrying")),
  });
  return (
    <Group gap="xs">
      {link.state === "waiting" && (
        <Button
          size="compact-sm"
          loading={retry.isPending}
          onClick={() => retry.mutate({ params: { id: link.id } })}
        >
          {t("retryNow")}
        </Button>
      )}
      <Button size="compact-sm" variant="default" onClick={() => setOpen("test")}>
        {t("test")}
      </Button>
      <LinkMenu
        link={link}
        items={<Menu.Item onClick={() => setOpen("edit")}>{t("newSecret")}</Menu.Item>}
        removeTitle={t("removeLinkTitle", { name: link.name })}
        removeBody={t("removeLinkBody", { name: link.name })}
      />
      {open === "edit" && (
        <EditLinkDialog link={link} domain={domain} onClose={() => setOpen(null)} />
      )}
      {open === "test" && <TestDialog link={link} onClose={() => setOpen(null)} />}
      <Dialog isOpen={retry.error !== null} title={link.name} onClose={retry.reset}>
        <ProblemNotice error={retry.error} />
      </Dialog>
    </Group>
  );
}

function TestDialog({ link, onClose }: { readonly link: Link; readonly onClose: () => void }) {
  const t = useText(domainsText);
  const test = useCall("POST /api/v1/links/:id/test", { changes: ["domains"] });
  return (
    <Dialog isOpen title={t("testTitle")} onClose={onClose} size="lg">
      {test.isIdle ? null : (
        <LinkTestView name={link.name} result={test.data} isRunning={test.isPending} />
      )}
      <ProblemNotice error={test.error} />
      <Button
        data-autofocus
        variant={test.isIdle ? "filled" : "default"}
        loading={test.isPending}
        onClick={() => test.mutate({ params: { id: link.id } })}
      >
        {test.isIdle ? t("test") : t("testAgain")}
      </Button>
    </Dialog>
  );
}
