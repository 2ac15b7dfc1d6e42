import { ActionIcon, Menu } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import type { Link } from "#contract/links.ts";
import { useCall } from "../../api/query.ts";
import { ConfirmDialog, Dialog } from "../../components/confirm-dialog.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { useNotify } from "../../components/toasts.tsx";
import { domainsText } from "../../text/domains.ts";
import { useText } from "../../text/use-text.tsx";

/** What every link can have done to it; `items` are its kind's own. */
export function LinkMenu(props: {
  readonly link: Link;
  readonly items: ReactNode;
  readonly removeTitle: string;
  /** What its removal means. */
  readonly removeBody: string;
}) {
  const t = useText(domainsText);
  const { link } = props;
  const notify = useNotify();
  const [isRemoving, setIsRemoving] = useState(false);
  const params = { id: link.id };
  const change = useCall("PATCH /api/v1/links/:id", { changes: ["domains"] });
  const remove = useCall("DELETE /api/v1/links/:id", {
    changes: ["domains"],
    onSuccess() {
      notify(t("linkRemoved", { name: link.name }));
      setIsRemoving(false);
    },
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
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" size={30} aria-label={t("moreFor", { name: link.name })}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {props.items}
          <Menu.Item onClick={() => setEnabled(!link.isEnabled)}>
            {link.isEnabled ? t("switchOff") : t("switchOn")}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item color="red" onClick={() => setIsRemoving(true)}>
            {t("removeLink")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <ConfirmDialog
        isOpen={isRemoving}
        title={props.removeTitle}
        word={link.name}
        confirmLabel={t("removeLink")}
        isBusy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate({ params })}
        onClose={() => setIsRemoving(false)}
      >
        {props.removeBody}
      </ConfirmDialog>
      <Dialog isOpen={change.error !== null} title={link.name} onClose={change.reset}>
        <ProblemNotice error={change.error} />
      </Dialog>
    </>
  );
}
