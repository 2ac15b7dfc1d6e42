import "@mantine/core/styles/InlineInput.layer.css";
import "@mantine/core/styles/Switch.layer.css";
import { NativeSelect, Switch, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Settings } from "#contract/settings.ts";
import { settingsText } from "../../text/settings.ts";
import { useText } from "../../text/use-text.tsx";
import { parsePorts, parseResolvers } from "./parse.ts";
import { SettingsForm } from "./settings-form.tsx";

interface Draft {
  readonly reading: Settings["defaultReading"];
  readonly isPrivate: boolean;
  readonly ports: string;
  readonly resolvers: string;
  readonly isValidating: boolean;
}

/** Reading, private targets, further ports, resolvers outside. */
export function ResolutionPanel({ settings }: { readonly settings: Settings }) {
  const t = useText(settingsText);
  const saved: Draft = {
    reading: settings.defaultReading,
    isPrivate: settings.allowPrivateTargets,
    ports: settings.extraSrvPorts.join(", "),
    resolvers: settings.outsideResolvers.join("\n"),
    isValidating: settings.validatesLocally,
  };
  const [edits, setEdits] = useState<Partial<Draft>>({});
  const draft = { ...saved, ...edits };
  const edit = (part: Partial<Draft>) => setEdits((now) => ({ ...now, ...part }));
  const ports = parsePorts(draft.ports);
  const resolvers = parseResolvers(draft.resolvers);
  return (
    <SettingsForm
      title={t("resolutionTitle")}
      settings={settings}
      isDirty={JSON.stringify(draft) !== JSON.stringify(saved)}
      onSaved={() => setEdits({})}
      read={() => {
        if (!ports.ok || !resolvers.ok) return null;
        return {
          defaultReading: draft.reading,
          allowPrivateTargets: draft.isPrivate,
          extraSrvPorts: ports.ports,
          outsideResolvers: resolvers.resolvers,
          validatesLocally: draft.isValidating,
        };
      }}
    >
      <NativeSelect
        label={t("reading")}
        description={t("readingHint")}
        value={draft.reading}
        data={[
          { value: "overview", label: t("readingOverview") },
          { value: "strict", label: t("readingStrict") },
        ]}
        onChange={(event) =>
          edit({ reading: event.currentTarget.value === "strict" ? "strict" : "overview" })
        }
      />
      <Switch
        label={t("privateTargets")}
        description={t("privateTargetsMeans")}
        checked={draft.isPrivate}
        onChange={(event) => edit({ isPrivate: event.currentTarget.checked })}
      />
      <TextInput
        label={t("ports")}
        description={t("portsHint")}
        inputMode="numeric"
        value={draft.ports}
        error={!ports.ok && t("portsBad", { value: ports.bad })}
        onChange={(event) => edit({ ports: event.currentTarget.value })}
      />
      <Switch
        label={t("validates")}
        description={t("validatesMeans")}
        checked={draft.isValidating}
        onChange={(event) => edit({ isValidating: event.currentTarget.checked })}
      />
      <Textarea
        label={t("resolversTitle")}
        description={t("resolversIntro")}
        rows={3}
        spellCheck={false}
        classNames={{ input: "wg-mono" }}
        value={draft.resolvers}
        error={!resolvers.ok && t("resolversBad", { value: resolvers.bad })}
        onChange={(event) => edit({ resolvers: event.currentTarget.value })}
      />
    </SettingsForm>
  );
}
