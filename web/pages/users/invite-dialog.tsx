import { Button, Group, Stack } from "@mantine/core";
import { useState } from "react";
import type { Role } from "#contract/people.ts";
import { useCall } from "../../api/query.ts";
import { CodeBlock } from "../../components/code-block.tsx";
import { Dialog } from "../../components/confirm-dialog.tsx";
import { Notice } from "../../components/notice.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { RoleField } from "../../components/role-field.tsx";
import { peopleText } from "../../text/people.ts";
import { useText } from "../../text/use-text.tsx";

/** Makes an invitation and shows its link, once. */
export function InviteDialog(props: { readonly isOpen: boolean; readonly onClose: () => void }) {
  const t = useText(peopleText);
  const [role, setRole] = useState<Role>("auditor");
  const invite = useCall("POST /api/v1/users/invitations");

  function close(): void {
    invite.reset();
    props.onClose();
  }

  if (invite.data !== undefined)
    return (
      <Dialog isOpen={props.isOpen} title={t("linkTitle")} onClose={close}>
        <Stack gap="md">
          <Notice tone="warning">{t("linkOnce")}</Notice>
          <CodeBlock code={invite.data.link} label={t("linkLabel")} isWrapped />
          <Group justify="flex-end">
            <Button onClick={close}>{t("done")}</Button>
          </Group>
        </Stack>
      </Dialog>
    );
  return (
    <Dialog isOpen={props.isOpen} title={t("inviteTitle")} onClose={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          invite.mutate({ body: { role } });
        }}
      >
        <Stack gap="md">
          <p>{t("inviteBody")}</p>
          <RoleField label={t("inviteRole")} value={role} onChange={setRole} />
          <ProblemNotice error={invite.error} />
          <Group justify="flex-end">
            <Button type="submit" loading={invite.isPending}>
              {t("createLink")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
