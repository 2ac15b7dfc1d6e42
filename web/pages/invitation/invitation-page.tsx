import { Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { useCall } from "../../api/query.ts";
import { sessionQuery } from "../../api/session.ts";
import { OpenFrame } from "../../shell/open-frame.tsx";
import { signInText } from "../../text/sign-in.ts";
import { useText } from "../../text/use-text.tsx";

/** Takes up an invitation: the token is behind the # of the link, where no server log sees it. */
export function InvitationPage() {
  const t = useText(signInText);
  const [token] = useState(() => location.hash.slice(1));
  if (token === "")
    return (
      <OpenFrame title={t("invitationMissingTitle")} intro={t("invitationMissingBody")}>
        <Button fullWidth variant="default" renderRoot={(props) => <Link to="/login" {...props} />}>
          {t("toSignIn")}
        </Button>
      </OpenFrame>
    );
  return (
    <OpenFrame title={t("invitationTitle")} intro={t("invitationIntro")}>
      <InvitationForm token={token} />
    </OpenFrame>
  );
}

function InvitationForm({ token }: { readonly token: string }) {
  const t = useText(signInText);
  const client = useQueryClient();
  const navigate = useNavigate();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { name: "", password: "" },
    validate: {
      name: (value) => (value.trim() === "" ? t("required") : null),
      password: (value) => (value.length < 10 ? t("passwordShort") : null),
    },
  });
  const accept = useCall("POST /api/v1/session/invitation", {
    onSuccess(session) {
      client.clear();
      client.setQueryData(sessionQuery.queryKey, session);
      void navigate({ to: "/", replace: true });
    },
  });
  return (
    <form
      noValidate
      onSubmit={form.onSubmit((values) =>
        accept.mutate(
          { body: { token, ...values } },
          { onError: (problem) => form.setErrors({ ...problem.fields }) },
        ),
      )}
    >
      <Stack gap="md">
        <TextInput
          label={t("name")}
          description={t("nameHint")}
          autoComplete="username"
          maxLength={64}
          autoFocus
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
        <ProblemNotice error={accept.error} shownFields={["name", "password"]} />
        <Button type="submit" loading={accept.isPending} fullWidth>
          {t("invitationSubmit")}
        </Button>
      </Stack>
    </form>
  );
}
