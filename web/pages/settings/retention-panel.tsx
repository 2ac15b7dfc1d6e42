import { TextInput } from "@mantine/core";
import { useState } from "react";
import type { Settings } from "#contract/settings.ts";
import { settingsText } from "../../text/settings.ts";
import { useText } from "../../text/use-text.tsx";
import { SettingsForm } from "./settings-form.tsx";

/** For how many days traces are kept. */
export function RetentionPanel({ settings }: { readonly settings: Settings }) {
  const t = useText(settingsText);
  const saved = String(settings.traceRetentionDays);
  const [changed, setChanged] = useState<string | null>(null);
  const days = changed ?? saved;
  const isValid = /^\d{1,4}$/.test(days) && Number(days) >= 1 && Number(days) <= 3650;
  return (
    <SettingsForm
      title={t("retentionTitle")}
      settings={settings}
      isDirty={days !== saved}
      onSaved={() => setChanged(null)}
      read={() => (isValid ? { traceRetentionDays: Number(days) } : null)}
    >
      <TextInput
        label={t("retention")}
        description={t("retentionHint")}
        inputMode="numeric"
        styles={{ wrapper: { maxWidth: "10rem" } }}
        value={days}
        error={!isValid && t("retentionBad")}
        onChange={(event) => setChanged(event.currentTarget.value.trim())}
      />
    </SettingsForm>
  );
}
