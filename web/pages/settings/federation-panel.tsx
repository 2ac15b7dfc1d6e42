import "@mantine/core/styles/InlineInput.layer.css";
import "@mantine/core/styles/Radio.layer.css";
import "@mantine/core/styles/Switch.layer.css";
import { Radio, Stack, Switch } from "@mantine/core";
import { useState } from "react";
import type { Settings } from "#contract/settings.ts";
import { settingsText } from "../../text/settings.ts";
import { useText } from "../../text/use-text.tsx";
import { SettingsForm } from "./settings-form.tsx";

type Draft = Pick<Settings, "federationMode" | "allowsStrangerDialback" | "strangerTlsPolicy">;

/** Open federation, or trusted peers only. */
export function FederationPanel({ settings }: { readonly settings: Settings }) {
  const t = useText(settingsText);
  const [edits, setEdits] = useState<Partial<Draft>>({});
  const draft: Draft = { ...settings, ...edits };
  const edit = (part: Partial<Draft>) => setEdits((now) => ({ ...now, ...part }));
  const { federationMode, allowsStrangerDialback, strangerTlsPolicy } = draft;
  return (
    <SettingsForm
      title={t("federationTitle")}
      description={t("federationIntro")}
      settings={settings}
      isDirty={
        federationMode !== settings.federationMode ||
        allowsStrangerDialback !== settings.allowsStrangerDialback ||
        strangerTlsPolicy !== settings.strangerTlsPolicy
      }
      onSaved={() => setEdits({})}
      read={() => ({ federationMode, allowsStrangerDialback, strangerTlsPolicy })}
    >
      <Radio.Group
        aria-label={t("federationTitle")}
        value={federationMode}
        onChange={(value) => edit({ federationMode: value === "open" ? "open" : "trusted_only" })}
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
      {federationMode === "open" && (
        <>
          <Switch
            label={t("strangerDialback")}
            description={t("strangerDialbackMeans")}
            checked={allowsStrangerDialback}
            onChange={(event) => edit({ allowsStrangerDialback: event.currentTarget.checked })}
          />
          <Switch
            label={t("strangerTls")}
            description={t("strangerTlsMeans")}
            checked={strangerTlsPolicy === "required"}
            onChange={(event) =>
              edit({ strangerTlsPolicy: event.currentTarget.checked ? "required" : "preferred" })
            }
          />
        </>
      )}
    </SettingsForm>
  );
}
