import { ActionIcon, Button, Group, Menu } from "@mantine/core";
import { IconDots, IconPlugConnected } from "@tabler/icons-react";
import { Link as RouterLink } from "@tanstack/react-router";
import { useState } from "react";
import type { LocalDomain } from "#contract/domains.ts";
import type { Link } from "#contract/links.ts";
import { useCall } from "../../api/query.ts";
import { useMay } from "../../api/session.ts";
import { ConfirmDialog, Dialog } from "../../components/confirm-dialog.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { FindingNotice } from "../../components/finding.tsx";
import { Panel } from "../../components/panel.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { Time } from "../../components/time.tsx";
import { useNotify } from "../../components/toasts.tsx";
import { domainsText } from "../../text/domains.ts";
import { useText } from "../../text/use-text.tsx";
import classes from "./attachment-panel.module.css";
import { EditLinkDialog } from "./edit-link-dialog.tsx";
import { LinkStatus } from "./link-status.tsx";
import { LinkTestView } from "./link-test-view.tsx";
import { isLoopback } from "./server-configuration.ts";

/** How the domain is attached to the XMPP server, live, in words. */
export function AttachmentPanel({ domain }: { readonly domain: LocalDomain }) {
  const t = useText(domainsText);
  const mayChange = useMay("admin");
  return (
    <Panel title={t("attachment")}>
      {domain.links.length === 0 ? (
        <EmptyState
          icon={IconPlugConnected}
          title={t("noLinkTitle")}
          action={
            mayChange && (
              <Button
                renderRoot={(props) => (
                  <RouterLink to="/domains/new" search={{ domain: domain.id }} {...props} />
                )}
              >
                {t("attachNow")}
              </Button>
            )
          }
        >
          {t("noLinkBody", { domain: domain.unicode })}
        </EmptyState>
      ) : (
        <ul className={classes.links}>
          {domain.links.map((link) => (
            <li key={link.id} className={classes.link}>
              <LinkCard link={link} domain={domain} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function LinkCard({ link, domain }: { readonly link: Link; readonly domain: LocalDomain }) {
  const t = useText(domainsText);
  const mayChange = useMay("admin");
  const [isTesting, setIsTesting] = useState(false);
  const consent = isLoopback(link.host ?? "") ? "no" : "yes";
  return (
    <>
      <div className={classes.head}>
        <div>
          <h3 className="wg-mono">{link.name}</h3>
          <p className="wg-dimmed">
            {t("atAddress", { host: link.host, port: link.port, security: link.security, consent })}
          </p>
        </div>
        <div role="status">
          <LinkStatus link={link} isPill />
        </div>
        {mayChange && <LinkActions link={link} domain={domain} onTest={() => setIsTesting(true)} />}
      </div>
      {link.state !== "attached" && link.lastError !== null && (
        <FindingNotice finding={link.lastError} />
      )}
      {link.state === "waiting" && link.nextAttemptAt !== null && (
        <p className="wg-dimmed">
          {t.rich("nextTry", {
            attempts: link.attempts,
            time: () => <Time key="next" at={link.nextAttemptAt ?? 0} />,
          })}
        </p>
      )}
      {isTesting && <TestDialog link={link} onClose={() => setIsTesting(false)} />}
    </>
  );
}

function LinkActions(props: {
  readonly link: Link;
  readonly domain: LocalDomain;
  readonly onTest: () => void;
}) {
  const t = useText(domainsText);
  const { link } = props;
  const notify = useNotify();
  const [open, setOpen] = useState<"edit" | "remove" | null>(null);
  const params = { id: link.id };
  const change = useCall("PATCH /api/v1/links/:id", { changes: ["domains"] });
  const retry = useCall("POST /api/v1/links/:id/retry", {
    changes: ["domains"],
    onSuccess: () => notify(t("retrying")),
  });

  function setEnabled(isEnabled: boolean): void {
    change.mutate(
      { params, body: { isEnabled } },
      {
        onSuccess: () =>
          notify(t(isEnabled ? "switchedOn" : "switchedOff", { name: link.name }), {
            undo: () => change.mutate({ params, body: { isEnabled: !isEnabled } }),
          }),
      },
    );
  }

  return (
    <Group gap="xs">
      {link.state === "waiting" && (
        <Button
          size="compact-sm"
          loading={retry.isPending}
          onClick={() => retry.mutate({ params })}
        >
          {t("retryNow")}
        </Button>
      )}
      <Button size="compact-sm" variant="default" onClick={props.onTest}>
        {t("test")}
      </Button>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" size={30} aria-label={t("moreFor", { name: link.name })}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => setOpen("edit")}>{t("newSecret")}</Menu.Item>
          <Menu.Item onClick={() => setEnabled(!link.isEnabled)}>
            {link.isEnabled ? t("switchOff") : t("switchOn")}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item color="red" onClick={() => setOpen("remove")}>
            {t("removeLink")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {open === "edit" && (
        <EditLinkDialog link={link} domain={props.domain} onClose={() => setOpen(null)} />
      )}
      <RemoveLinkDialog link={link} isOpen={open === "remove"} onClose={() => setOpen(null)} />
      <Dialog
        isOpen={change.error !== null || retry.error !== null}
        title={link.name}
        onClose={() => {
          change.reset();
          retry.reset();
        }}
      >
        <ProblemNotice error={change.error ?? retry.error} />
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

function RemoveLinkDialog(props: {
  readonly link: Link;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}) {
  const t = useText(domainsText);
  const { name, id } = props.link;
  const notify = useNotify();
  const remove = useCall("DELETE /api/v1/links/:id", {
    changes: ["domains"],
    onSuccess() {
      notify(t("linkRemoved", { name }));
      props.onClose();
    },
  });
  return (
    <ConfirmDialog
      isOpen={props.isOpen}
      title={t("removeLinkTitle", { name })}
      word={name}
      confirmLabel={t("removeLink")}
      isBusy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate({ params: { id } })}
      onClose={props.onClose}
    >
      {t("removeLinkBody", { name })}
    </ConfirmDialog>
  );
}
