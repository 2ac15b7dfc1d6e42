import { Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { query, useCall } from "../../api/query.ts";
import { sessionQuery } from "../../api/session.ts";
import { OpenFrame } from "../../shell/open-frame.tsx";
import { signInText } from "../../text/sign-in.ts";
import { useText } from "../../text/use-text.tsx";

/** First run: the code that the appliance printed, and the owner's account. */
export function SetupPage() {
  const t = useText(signInText);
  const setup = useQuery(query("GET /api/v1/setup"));
  if (setup.data?.isRequired === false)
    return (
      <OpenFrame title={t("setupDoneTitle")} intro={t("setupDoneBody")}>
        <Button fullWidth renderRoot={(props) => <Link to="/login" {...props} />}>
          {t("toSignIn")}
        </Button>
      </OpenFrame>
    );
  return (
    <OpenFrame title={t("setupTitle")} intro={t("setupIntro")}>
      <SetupForm />
    </OpenFrame>
  );
}

function SetupForm() {
  const t = useText(signInText);
  const client = useQueryClient();
  const navigate = useNavigate();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { code: "", name: "", password: "" },
    validate: {
      code: (value) => (value.trim() === "" ? t("required") : null),
      name: (value) => (value.trim() === "" ? t("required") : null),
      password: (value) => (value.length < 10 ? t("passwordShort") : null),
    },
  });
  const setUp = useCall("POST /api/v1/setup", {
    onSuccess(session) {
      client.setQueryData(sessionQuery.queryKey, session);
      void navigate({ to: "/welcome" });
    },
  });
  return (
    <form
      noValidate
      onSubmit={form.onSubmit((values) =>
        setUp.mutate(
          { body: values },
          { onError: (problem) => form.setErrors({ ...problem.fields }) },
        ),
      )}
    >
      <Stack gap="md">
        <TextInput
          label={t("code")}
          description={t("codeHint")}
          placeholder="XXXX-XXXX-XXXX"
          autoComplete="one-time-code"
          autoCapitalize="characters"
          spellCheck={false}
          autoFocus
          classNames={{ input: "wg-mono" }}
          key={form.key("code")}
          {...form.getInputProps("code")}
        />
        <TextInput
          label={t("name")}
          description={t("nameHint")}
          autoComplete="username"
          maxLength={64}
          key={form.key("name")}
          {...form.getInputProps("name")}
        />
        <PasswordInput
          label={t("password")}
          description={t("passwordHint")}
          autoComplete="new-password"
          key={form.key("password")}
          {...form.getInputProps("password")}
        />
        <ProblemNotice error={setUp.error} shownFields={["code", "name", "password"]} />
        <Button type="submit" loading={setUp.isPending} fullWidth>
          {t("setupSubmit")}
        </Button>
      </Stack>
    </form>
  );
}
