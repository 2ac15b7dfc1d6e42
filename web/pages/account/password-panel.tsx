import { Button, PasswordInput, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useCall } from "../../api/query.ts";
import { useSession } from "../../api/session.ts";
import { Notice } from "../../components/notice.tsx";
import { Panel } from "../../components/panel.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { useNotify } from "../../components/toasts.tsx";
import { peopleText } from "../../text/people.ts";
import { useText } from "../../text/use-text.tsx";

/** Changes one's own password; the other sessions end with it. */
export function PasswordPanel() {
  const t = useText(peopleText);
  const { isSecure, name } = useSession();
  const notify = useNotify();
  const form = useForm({
    initialValues: { current: "", next: "" },
    validate: {
      current: (value) => (value === "" ? t("required") : null),
      next: (value) => (value.length < 10 ? t("passwordShort") : null),
    },
  });
  const change = useCall("PUT /api/v1/session/password", {
    onSuccess() {
      form.reset();
      notify(t("passwordChanged"));
    },
  });
  return (
    <Panel title={t("passwordTitle")} description={t("passwordIntro")}>
      {isSecure ? (
        <form noValidate onSubmit={form.onSubmit((values) => change.mutate({ body: values }))}>
          <Stack gap="md" maw={416}>
            <input type="text" autoComplete="username" value={name} readOnly hidden />
            <PasswordInput
              label={t("currentPassword")}
              autoComplete="current-password"
              {...form.getInputProps("current")}
            />
            <PasswordInput
              label={t("nextPassword")}
              description={t("passwordHint")}
              autoComplete="new-password"
              {...form.getInputProps("next")}
            />
            <ProblemNotice error={change.error} />
            <div>
              <Button type="submit" loading={change.isPending}>
                {t("changePassword")}
              </Button>
            </div>
          </Stack>
        </form>
      ) : (
        <Notice tone="warning">{t("insecure")}</Notice>
      )}
    </Panel>
  );
}
