import { ActionIcon, Menu } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { useState } from "react";
import type { Role, User } from "#contract/people.ts";
import { useCall } from "../../api/query.ts";
import { ConfirmDialog, Dialog } from "../../components/confirm-dialog.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { useNotify } from "../../components/toasts.tsx";
import { peopleText } from "../../text/people.ts";
import { useText } from "../../text/use-text.tsx";

const ROLES: readonly Role[] = ["owner", "admin", "auditor"];

/** What an owner can do with a person: another role, lock out, remove. */
export function UserActions({ user }: { readonly user: User }) {
  const t = useText(peopleText);
  const notify = useNotify();
  const [isRemoving, setIsRemoving] = useState(false);
  const change = useCall("PATCH /api/v1/users/:id");
  const remove = useCall("DELETE /api/v1/users/:id", {
    onSuccess() {
      setIsRemoving(false);
      notify(t("removeDone", { name: user.name }));
    },
  });
  const params = { id: user.id };

  function setRole(role: Role): void {
    change.mutate(
      { params, body: { role } },
      {
        onSuccess: () =>
          notify(t("roleDone", { name: user.name, role }), {
            undo: () => change.mutate({ params, body: { role: user.role } }),
          }),
      },
    );
  }

  function setDisabled(isDisabled: boolean): void {
    change.mutate(
      { params, body: { isDisabled } },
      {
        onSuccess: () =>
          notify(t(isDisabled ? "disabledDone" : "enabledDone", { name: user.name }), {
            undo: () => change.mutate({ params, body: { isDisabled: !isDisabled } }),
          }),
      },
    );
  }

  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon
            variant="subtle"
            loading={change.isPending}
            aria-label={t("actionsFor", { name: user.name })}
          >
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {ROLES.filter((role) => role !== user.role).map((role) => (
            <Menu.Item key={role} onClick={() => setRole(role)}>
              {t("makeRole", { role })}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item onClick={() => setDisabled(user.disabledAt === null)}>
            {user.disabledAt === null ? t("disable") : t("enable")}
          </Menu.Item>
          <Menu.Item color="red" onClick={() => setIsRemoving(true)}>
            {t("remove")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <ConfirmDialog
        isOpen={isRemoving}
        title={t("removeTitle", { name: user.name })}
        word={user.name}
        confirmLabel={t("remove")}
        isBusy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate({ params })}
        onClose={() => setIsRemoving(false)}
      >
        {t("removeBody", { name: user.name })}
      </ConfirmDialog>
      <Dialog isOpen={change.error !== null} title={user.name} onClose={change.reset}>
        <ProblemNotice error={change.error} />
      </Dialog>
    </>
  );
}
