import "@mantine/core/styles/InlineInput.layer.css";
import "@mantine/core/styles/Switch.layer.css";
import { Switch, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Settings } from "#contract/settings.ts";
import { settingsText } from "../../text/settings.ts";
import { useText } from "../../text/use-text.tsx";
import { SettingsForm } from "./settings-form.tsx";

/** Whether anybody may see the status page, and its title. */
export function StatusPanel({ settings }: { readonly settings: Settings }) {
  const t = useText(settingsText);
  const [edits, setEdits] = useState<{ isPublic?: boolean; title?: string }>({});
  const isPublic = edits.isPublic ?? settings.isStatusPublic;
  const title = edits.title ?? settings.statusTitle;
  const address = `${location.origin}/status`;
  return (
    <SettingsForm
      title={t("statusTitle")}
      description={t("statusIntro")}
      settings={settings}
      isDirty={isPublic !== settings.isStatusPublic || title !== settings.statusTitle}
      onSaved={() => setEdits({})}
      read={() =>
        title.trim() === "" ? null : { isStatusPublic: isPublic, statusTitle: title.trim() }
      }
    >
      <Switch
        label={t("statusPublic", { address })}
        checked={isPublic}
        onChange={(event) => setEdits({ ...edits, isPublic: event.currentTarget.checked })}
      />
      <TextInput
        label={t("statusName")}
        maxLength={80}
        value={title}
        onChange={(event) => setEdits({ ...edits, title: event.currentTarget.value })}
      />
      {settings.isStatusPublic && <a href="/status">{t("statusOpen")}</a>}
    </SettingsForm>
  );
}
