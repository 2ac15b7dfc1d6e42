import { Button, Group, PasswordInput } from "@mantine/core";
import { useState } from "react";
import { certificatesText } from "../../text/certificates.ts";
import { useText } from "../../text/use-text.tsx";

/** Asks for the passphrase of an encrypted key; what is typed is handed on when the person says so. */
export function PassphraseForm(props: {
  readonly isBusy: boolean;
  readonly onSubmit: (passphrase: string) => void;
}) {
  const t = useText(certificatesText);
  const [typed, setTyped] = useState("");
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        props.onSubmit(typed);
      }}
      style={{ marginTop: "1rem" }}
    >
      <Group align="end" gap="sm">
        <PasswordInput
          label={t("passphrase")}
          description={t("passphraseHint")}
          autoComplete="off"
          autoFocus
          w={280}
          maxLength={1024}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" loading={props.isBusy}>
          {t("passphraseCheck")}
        </Button>
      </Group>
    </form>
  );
}
