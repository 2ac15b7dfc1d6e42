import { useQuery } from "@tanstack/react-query";
import { query } from "../../api/query.ts";
import { useMay } from "../../api/session.ts";
import { Notice } from "../../components/notice.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { PageLoading } from "../../shell/frame.tsx";
import { settingsText } from "../../text/settings.ts";
import { shellText } from "../../text/shell.ts";
import { useText } from "../../text/use-text.tsx";
import { AboutPanel, AppearancePanel } from "./own-panels.tsx";
import { FederationPanel } from "./federation-panel.tsx";
import { ComponentLimitsPanel, LimitsPanel, PortsPanel } from "./native-panels.tsx";
import { ResolutionPanel } from "./resolution-panel.tsx";
import { RetentionPanel } from "./retention-panel.tsx";
import { StatusPanel } from "./status-panel.tsx";

/** The settings that are not for booting, a panel each with its own Save. */
export function SettingsPage() {
  const t = useText(settingsText);
  const shell = useText(shellText);
  const mayChange = useMay("admin");
  const settings = useQuery(query("GET /api/v1/settings"));
  return (
    <>
      <PageHeader title={t("title")} description={t("intro")} />
      {!mayChange && (
        <div style={{ marginBottom: "var(--wg-gap)" }}>
          <Notice tone="info">{shell("readOnly")}</Notice>
        </div>
      )}
      <ProblemNotice error={settings.error} />
      {settings.isPending && <PageLoading />}
      {settings.data !== undefined && (
        <div>
          <FederationPanel settings={settings.data} />
          <ResolutionPanel settings={settings.data} />
          <PortsPanel settings={settings.data} />
          <LimitsPanel settings={settings.data} />
          <ComponentLimitsPanel settings={settings.data} />
          <RetentionPanel settings={settings.data} />
          <StatusPanel settings={settings.data} />
          <AppearancePanel />
          <AboutPanel />
        </div>
      )}
    </>
  );
}
