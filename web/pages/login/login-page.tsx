import { Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { useCall } from "../../api/query.ts";
import { sessionQuery } from "../../api/session.ts";
import { OpenFrame } from "../../shell/open-frame.tsx";
import { signInText } from "../../text/sign-in.ts";
import { useText } from "../../text/use-text.tsx";

const route = getRouteApi("/open/login");

/** Sign-in, and back to where one wanted to go. */
export function LoginPage() {
  const t = useText(signInText);
  const { next } = route.useSearch();
  const client = useQueryClient();
  const router = useRouter();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { name: "", password: "" },
    validate: {
      name: (value) => (value.trim() === "" ? t("required") : null),
      password: (value) => (value === "" ? t("required") : null),
    },
  });
  const signIn = useCall("POST /api/v1/session", {
    onSuccess(session) {
      client.clear();
      client.setQueryData(sessionQuery.queryKey, session);
      router.history.replace(next ?? "/");
    },
  });
  return (
    <OpenFrame
      title={t("signInTitle")}
      foot={t.rich("forgotten", { c: (chunks) => <code>{chunks}</code> })}
    >
      <form noValidate onSubmit={form.onSubmit((values) => signIn.mutate({ body: values }))}>
        <Stack gap="md">
          <TextInput
            label={t("nameLabel")}
            autoComplete="username"
            autoFocus
            key={form.key("name")}
            {...form.getInputProps("name")}
          />
          <PasswordInput
            label={t("password")}
            autoComplete="current-password"
            key={form.key("password")}
            {...form.getInputProps("password")}
          />
          <ProblemNotice error={signIn.error} />
          <Button type="submit" loading={signIn.isPending} fullWidth>
            {t("signInSubmit")}
          </Button>
        </Stack>
      </form>
    </OpenFrame>
  );
}
