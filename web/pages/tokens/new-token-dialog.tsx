import { Button, Group, NativeSelect, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Role } from "#contract/people.ts";
import { useCall } from "../../api/query.ts";
import { useSession } from "../../api/session.ts";
import { CodeBlock } from "../../components/code-block.tsx";
import { Dialog } from "../../components/confirm-dialog.tsx";
import { Notice } from "../../components/notice.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { RoleField } from "../../components/role-field.tsx";
import { peopleText } from "../../text/people.ts";
import { useText } from "../../text/use-text.tsx";

/** Makes a token and shows it, once. */
export function NewTokenDialog(props: { readonly isOpen: boolean; readonly onClose: () => void }) {
  const t = useText(peopleText);
  const create = useCall("POST /api/v1/tokens");

  function close(): void {
    create.reset();
    props.onClose();
  }

  if (create.data !== undefined)
    return (
      <Dialog isOpen={props.isOpen} title={t("tokenTitle")} onClose={close} size="lg">
        <Stack gap="md">
          <Notice tone="warning">{t("tokenOnce")}</Notice>
          <CodeBlock code={create.data.token} label={t("tokenLabel")} isWrapped />
          <CodeBlock
            code={`curl -H "Authorization: Bearer ${create.data.token}" ${location.origin}/api/v1/session`}
            label={t("tokenUse")}
            isWrapped
          />
          <Group justify="flex-end">
            <Button onClick={close}>{t("done")}</Button>
          </Group>
        </Stack>
      </Dialog>
    );
  return (
    <Dialog isOpen={props.isOpen} title={t("newToken")} onClose={close}>
      <TokenForm create={create} />
    </Dialog>
  );
}

function TokenForm({
  create,
}: {
  readonly create: ReturnType<typeof useCall<"POST /api/v1/tokens">>;
}) {
  const t = useText(peopleText);
  const { role: myRole } = useSession();
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("auditor");
  const [days, setDays] = useState("365");
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const expiry = days === "" ? {} : { expiresInDays: Number(days) };
        create.mutate({ body: { name: name.trim(), role, ...expiry } });
      }}
    >
      <Stack gap="md">
        <TextInput
          label={t("tokenName")}
          description={t("tokenNameHint")}
          maxLength={64}
          data-autofocus
          value={name}
          error={create.error?.fields["name"]}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <RoleField label={t("role")} value={role} most={myRole} onChange={setRole} />
        <NativeSelect
          label={t("tokenExpiry")}
          value={days}
          data={[
            { value: "30", label: t("days", { days: 30 }) },
            { value: "90", label: t("days", { days: 90 }) },
            { value: "365", label: t("oneYear") },
            { value: "", label: t("forEver") },
          ]}
          onChange={(event) => setDays(event.currentTarget.value)}
        />
        <ProblemNotice error={create.error} shownFields={["name"]} />
        <Group justify="flex-end">
          <Button type="submit" loading={create.isPending} disabled={name.trim() === ""}>
            {t("newToken")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
