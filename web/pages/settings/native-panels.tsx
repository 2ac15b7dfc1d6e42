import { TextInput } from "@mantine/core";
import { useState } from "react";
import type { Settings } from "#contract/settings.ts";
import { settingsText } from "../../text/settings.ts";
import { useText } from "../../text/use-text.tsx";
import { looksLikeAddress } from "../domains/domain-draft.ts";
import { parseCount } from "./parse.ts";
import { SettingsForm } from "./settings-form.tsx";
import classes from "./settings.module.css";

type Name =
  | "s2sAddress"
  | "s2sPort"
  | "s2sDirectTlsPort"
  | "componentAddress"
  | "componentPort"
  | "s2sMaxStanzaKib"
  | "s2sStanzasPerSecond"
  | "s2sKibPerSecond"
  | "s2sMaxConnections"
  | "s2sConnectionsPerAddress"
  | "s2sAttemptsPerMinute"
  | "s2sNegotiationSeconds"
  | "s2sDialSeconds"
  | "s2sIdleMinutes"
  | "componentInstancesPerName"
  | "componentWaiting"
  | "componentWaitingPerAddress"
  | "componentAttemptsPerMinute"
  | "componentMaxStanzaKib"
  | "componentStanzasPerSecond"
  | "componentKibPerSecond"
  | "componentQueueKib"
  | "componentAbsenceSeconds"
  | "componentParkedStanzas"
  | "componentParkedKib";

/** A field with bounds is a whole number; without, an IP address. */
interface Field {
  readonly name: Name;
  readonly bounds?: { readonly min: number; readonly max: number; readonly mayBeEmpty: boolean };
}

const port = { min: 1, max: 65_535, mayBeEmpty: true };

const portFields: readonly Field[] = [
  { name: "s2sAddress" },
  { name: "s2sPort", bounds: port },
  { name: "s2sDirectTlsPort", bounds: port },
  { name: "componentAddress" },
  { name: "componentPort", bounds: port },
];

const limitFields: readonly Field[] = [
  { name: "s2sMaxStanzaKib", bounds: { min: 10, max: 16_384, mayBeEmpty: false } },
  { name: "s2sStanzasPerSecond", bounds: { min: 10, max: 1_000_000, mayBeEmpty: true } },
  { name: "s2sKibPerSecond", bounds: { min: 10, max: 1_048_576, mayBeEmpty: true } },
  { name: "s2sMaxConnections", bounds: { min: 10, max: 100_000, mayBeEmpty: false } },
  { name: "s2sConnectionsPerAddress", bounds: { min: 1, max: 100_000, mayBeEmpty: false } },
  { name: "s2sAttemptsPerMinute", bounds: { min: 1, max: 1_000_000, mayBeEmpty: false } },
  { name: "s2sNegotiationSeconds", bounds: { min: 5, max: 300, mayBeEmpty: false } },
  { name: "s2sDialSeconds", bounds: { min: 5, max: 600, mayBeEmpty: false } },
  { name: "s2sIdleMinutes", bounds: { min: 1, max: 1_440, mayBeEmpty: false } },
];

const componentFields: readonly Field[] = [
  { name: "componentInstancesPerName", bounds: { min: 1, max: 1_000, mayBeEmpty: false } },
  { name: "componentWaiting", bounds: { min: 1, max: 10_000, mayBeEmpty: false } },
  { name: "componentWaitingPerAddress", bounds: { min: 1, max: 10_000, mayBeEmpty: false } },
  { name: "componentAttemptsPerMinute", bounds: { min: 1, max: 1_000_000, mayBeEmpty: false } },
  { name: "componentMaxStanzaKib", bounds: { min: 10, max: 16_384, mayBeEmpty: false } },
  { name: "componentStanzasPerSecond", bounds: { min: 10, max: 1_000_000, mayBeEmpty: true } },
  { name: "componentKibPerSecond", bounds: { min: 10, max: 1_048_576, mayBeEmpty: true } },
  { name: "componentQueueKib", bounds: { min: 64, max: 1_048_576, mayBeEmpty: false } },
  { name: "componentAbsenceSeconds", bounds: { min: 0, max: 3_600, mayBeEmpty: false } },
  { name: "componentParkedStanzas", bounds: { min: 0, max: 100_000, mayBeEmpty: false } },
  { name: "componentParkedKib", bounds: { min: 0, max: 1_048_576, mayBeEmpty: false } },
];

/** Where this appliance listens for other servers and for hosted components. */
export function PortsPanel({ settings }: { readonly settings: Settings }) {
  const t = useText(settingsText);
  return (
    <FieldsPanel
      title={t("portsTitle")}
      intro={t("portsIntro")}
      fields={portFields}
      settings={settings}
    />
  );
}

/** What other servers may cost us. */
export function LimitsPanel({ settings }: { readonly settings: Settings }) {
  const t = useText(settingsText);
  return (
    <FieldsPanel
      title={t("limitsTitle")}
      intro={t("limitsIntro")}
      fields={limitFields}
      settings={settings}
    />
  );
}

/** What hosted components may cost, and how long they are waited for. */
export function ComponentLimitsPanel({ settings }: { readonly settings: Settings }) {
  const t = useText(settingsText);
  return (
    <FieldsPanel
      title={t("componentLimitsTitle")}
      intro={t("componentLimitsIntro")}
      fields={componentFields}
      settings={settings}
    />
  );
}

function FieldsPanel(props: {
  readonly title: string;
  readonly intro: string;
  readonly fields: readonly Field[];
  readonly settings: Settings;
}) {
  const { fields, settings } = props;
  const t = useText(settingsText);
  const [edits, setEdits] = useState<Partial<Record<Name, string>>>({});
  const saved = (name: Name) => String(settings[name] ?? "");
  const draft = (name: Name) => edits[name] ?? saved(name);
  const read = ({ name, bounds }: Field) => {
    if (bounds !== undefined) return parseCount(draft(name), bounds);
    const address = draft(name).trim();
    return looksLikeAddress(address) ? address : undefined;
  };
  return (
    <SettingsForm
      title={props.title}
      description={props.intro}
      settings={settings}
      isDirty={fields.some(({ name }) => draft(name).trim() !== saved(name))}
      onSaved={() => setEdits({})}
      read={() => {
        const values = fields.map((field) => [field.name, read(field)] as const);
        if (values.some(([, value]) => value === undefined)) return null;
        return Object.fromEntries(values) as Partial<Settings>;
      }}
    >
      <div className={classes.grid}>
        {fields.map((field) => {
          const { name, bounds } = field;
          const bad = bounds === undefined ? t("addressBad") : t("countBad", { ...bounds });
          const value = read(field);
          return (
            <TextInput
              key={name}
              label={t(name)}
              description={t(`${name}Hint`)}
              inputMode={bounds === undefined ? "text" : "numeric"}
              value={draft(name)}
              error={value === undefined && bad}
              onChange={(event) => {
                const { value: text } = event.currentTarget;
                setEdits((now) => ({ ...now, [name]: text }));
              }}
            />
          );
        })}
      </div>
    </SettingsForm>
  );
}
