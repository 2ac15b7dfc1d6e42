import "@mantine/core/styles/InlineInput.layer.css";
import "@mantine/core/styles/Switch.layer.css";
import { Stack, Switch, TextInput } from "@mantine/core";
import type { ApiProblem } from "../../api/problem.ts";
import { nativeText } from "../../text/native.ts";
import { useText } from "../../text/use-text.tsx";
import classes from "./attach-form.module.css";
import type { OwnPortsDraft, OwnPortsReading } from "./own-ports-draft.ts";

/** Ports where a name alone is answered, beside or instead of those that names share. */
export function OwnPortsFields(props: {
  readonly name: string;
  readonly draft: OwnPortsDraft;
  readonly reading: OwnPortsReading;
  readonly error: ApiProblem | null;
  readonly onChange: (part: Partial<OwnPortsDraft>) => void;
}) {
  const t = useText(nativeText);
  const { name, draft, reading, error, onChange } = props;
  const refused = (field: string) => error?.fields[`ownPorts.${field}`];
  return (
    <Stack gap="sm">
      <Switch
        label={t("ownPorts")}
        description={t("ownPortsHint", { name })}
        checked={draft.isOn}
        onChange={(event) => onChange({ isOn: event.currentTarget.checked })}
      />
      {draft.isOn && (
        <>
          <TextInput
            label={t("ownAddress")}
            description={t("ownAddressHint")}
            spellCheck={false}
            autoCapitalize="none"
            value={draft.address}
            error={refused("address") ?? (reading.isAddressBad && t("ownAddressBad"))}
            onChange={(event) => onChange({ address: event.currentTarget.value })}
          />
          <div className={classes.pair}>
            <TextInput
              label={t("ownPort")}
              inputMode="numeric"
              value={draft.port}
              error={
                refused("port") ??
                (reading.isPortBad && t(draft.port === "" ? "ownPortMissing" : "portBad"))
              }
              onChange={(event) => onChange({ port: event.currentTarget.value.trim() })}
            />
            <TextInput
              label={t("ownDirectTlsPort")}
              inputMode="numeric"
              value={draft.directTlsPort}
              error={
                refused("directTlsPort") ?? (reading.isDirectTlsPortBad && t("ownDirectTlsPortBad"))
              }
              onChange={(event) => onChange({ directTlsPort: event.currentTarget.value.trim() })}
            />
          </div>
          <Switch
            label={t("alsoShared")}
            description={t("alsoSharedHint")}
            checked={draft.isAlsoShared}
            onChange={(event) => onChange({ isAlsoShared: event.currentTarget.checked })}
          />
        </>
      )}
    </Stack>
  );
}
