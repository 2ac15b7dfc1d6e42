import { Button, Menu } from "@mantine/core";
import { IconDots, IconFileExport, IconRefresh } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { X2xLink } from "#contract/x2x.ts";
import { useCall } from "../../api/query.ts";
import { useMay } from "../../api/session.ts";
import { ConfirmDialog, Dialog } from "../../components/confirm-dialog.tsx";
import { useNotify } from "../../components/toasts.tsx";
import { shellText } from "../../text/shell.ts";
import { useText } from "../../text/use-text.tsx";
import { x2xText } from "../../text/x2x.ts";
import { CheckProblem } from "./check-notices.tsx";

/** What can be done with a link. */
export function LinkActions({ link }: { readonly link: X2xLink }) {
  const t = useText(x2xText);
  const words = useText(shellText);
  const may = useMay("admin");
  const notify = useNotify();
  const navigate = useNavigate();
  const [isRemoving, setIsRemoving] = useState(false);
  const { id, name, isEnabled } = link;
  const params = { id };
  const connect = useCall("POST /api/v1/x2x-links/:id/reconnections", {
    onSuccess: () => notify(t("connecting", { name })),
  });
  const change = useCall("PATCH /api/v1/x2x-links/:id");
  const remove = useCall("DELETE /api/v1/x2x-links/:id", {
    onSuccess() {
      notify(t("removed", { name }));
      void navigate({ to: "/connections/x2x" });
    },
  });
  const failed = connect.error === null ? change : connect;

  function switchTo(next: boolean): void {
    change.mutate(
      { params, body: { isEnabled: next } },
      {
        onSuccess: () =>
          notify(t(next ? "switchedOn" : "switchedOff", { name }), {
            undo: () => change.mutate({ params, body: { isEnabled: !next } }),
          }),
      },
    );
  }

  return (
    <>
      {may && isEnabled && link.agreement.sides[0].opens !== null && (
        <Button
          variant="default"
          leftSection={<IconRefresh size={16} />}
          loading={connect.isPending}
          onClick={() => connect.mutate({ params })}
        >
          {t("connectNow")}
        </Button>
      )}
      <Button
        variant="default"
        leftSection={<IconFileExport size={16} />}
        renderRoot={(props) => <Link to="/connections/x2x/$id/half" params={params} {...props} />}
      >
        {t("half")}
      </Button>
      {may && (
        <>
          <Button
            variant="default"
            renderRoot={(props) => (
              <Link to="/connections/x2x/$id/edit" params={params} {...props} />
            )}
          >
            {t("edit")}
          </Button>
          <Menu position="bottom-end" withinPortal>
            <Menu.Target>
              <Button variant="default" aria-label={words("moreActions")}>
                <IconDots size={16} />
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={() => switchTo(!isEnabled)}>
                {t(isEnabled ? "switchOff" : "switchOn")}
              </Menu.Item>
              <Menu.Divider />
              <Menu.Item color="red" onClick={() => setIsRemoving(true)}>
                {t("remove")}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </>
      )}
      <ConfirmDialog
        isOpen={isRemoving}
        title={t("removeTitle", { name })}
        word={name}
        confirmLabel={t("remove")}
        isBusy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate({ params })}
        onClose={() => setIsRemoving(false)}
      >
        {t("removeBody")}
      </ConfirmDialog>
      <Dialog isOpen={failed.error !== null} title={name} onClose={() => failed.reset()}>
        <CheckProblem error={failed.error} />
      </Dialog>
    </>
  );
}
