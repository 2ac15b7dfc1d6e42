import "@mantine/core/styles/InlineInput.layer.css";
import "@mantine/core/styles/Radio.layer.css";
import { Radio, Stack } from "@mantine/core";
import { useState } from "react";
import type { Settings } from "#contract/settings.ts";
import { settingsText } from "../../text/settings.ts";
import { useText } from "../../text/use-text.tsx";
import { SettingsForm } from "./settings-form.tsx";

/** Open federation, or trusted peers only. */
export function FederationPanel({ settings }: { readonly settings: Settings }) {
  const t = useText(settingsText);
  const [changed, setChanged] = useState<Settings["federationMode"] | null>(null);
  const mode = changed ?? settings.federationMode;
  return (
    <SettingsForm
      title={t("federationTitle")}
      description={t("federationIntro")}
      settings={settings}
      isDirty={mode !== settings.federationMode}
      read={() => ({ federationMode: mode })}
    >
      <Radio.Group
        aria-label={t("federationTitle")}
        value={mode}
        onChange={(value) => setChanged(value === "open" ? "open" : "trusted_only")}
      >
        <Stack gap="sm">
          <Radio value="open" label={t("modeOpen")} description={t("modeOpenMeans")} />
          <Radio
            value="trusted_only"
            label={t("modeTrusted")}
            description={t("modeTrustedMeans")}
          />
        </Stack>
      </Radio.Group>
    </SettingsForm>
  );
}
