import "@mantine/core/styles/InlineInput.layer.css";
import "@mantine/core/styles/Radio.layer.css";
import { Group, type MantineColorScheme, Radio, useMantineColorScheme } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { readVersion } from "../../api/client.ts";
import { Panel } from "../../components/panel.tsx";
import { settingsText } from "../../text/settings.ts";
import { useText } from "../../text/use-text.tsx";
import classes from "./settings.module.css";

const SCHEMES: readonly MantineColorScheme[] = ["auto", "light", "dark"];

/** Light, dark, or as the system has it; for this browser. */
export function AppearancePanel() {
  const t = useText(settingsText);
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Panel title={t("appearanceTitle")} description={t("appearanceIntro")}>
      <Radio.Group
        aria-label={t("appearanceTitle")}
        value={colorScheme}
        onChange={(value) => setColorScheme(SCHEMES.find((scheme) => scheme === value) ?? "auto")}
      >
        <Group gap="lg">
          {SCHEMES.map((scheme) => (
            <Radio key={scheme} value={scheme} label={t(scheme)} />
          ))}
        </Group>
      </Radio.Group>
    </Panel>
  );
}

/** Which version this is, and where machines read on. */
export function AboutPanel() {
  const t = useText(settingsText);
  const version = useQuery({
    queryKey: ["version"],
    queryFn: async ({ signal }) => readVersion(signal),
  }).data;
  return (
    <Panel title={t("aboutTitle")}>
      {version !== undefined && version !== "" && (
        <p style={{ marginBottom: "0.5rem" }}>{t("aboutVersion", { version })}</p>
      )}
      <div className={classes.links}>
        <a href="/api/v1/openapi.json">{t("aboutApi")}</a>
        <a href="/metrics">{t("aboutMetrics")}</a>
      </div>
    </Panel>
  );
}
