import { Textarea, TextInput } from "@mantine/core";
import type { ApiProblem } from "../../api/problem.ts";
import { nativeText } from "../../text/native.ts";
import { useText } from "../../text/use-text.tsx";
import classes from "./attach-form.module.css";
import type { NativeDraft, NativeReading, NativeWay } from "./native-draft.ts";

/** The name, and what others dial to reach it here. */
export function NativeFields(props: {
  readonly domain: string;
  readonly draft: NativeDraft;
  readonly reading: NativeReading;
  readonly way: NativeWay;
  readonly error: ApiProblem | null;
  readonly onChange: (part: Partial<NativeDraft>) => void;
}) {
  const t = useText(nativeText);
  const { domain, draft, reading, way, error, onChange } = props;
  return (
    <div className={classes.fields}>
      {way === "beside" && (
        <TextInput
          label={t("name")}
          description={t("nameHint", { domain })}
          spellCheck={false}
          autoCapitalize="none"
          value={draft.name}
          error={error?.fields["name"] ?? (reading.isNameMissing && t("required"))}
          onChange={(event) => onChange({ name: event.currentTarget.value })}
        />
      )}
      <div className={classes.row}>
        <TextInput
          label={t("host")}
          description={t("hostHint")}
          spellCheck={false}
          autoCapitalize="none"
          value={draft.host}
          error={
            error?.fields["host"] ??
            error?.fields["advertisedHost"] ??
            (reading.isHostMissing && t("required"))
          }
          onChange={(event) => onChange({ host: event.currentTarget.value })}
        />
        <TextInput
          label={t("port")}
          inputMode="numeric"
          value={draft.port}
          error={!reading.isPortValid && t("portBad")}
          onChange={(event) => onChange({ port: event.currentTarget.value.trim() })}
        />
      </div>
      <Textarea
        label={t("addresses")}
        description={t(way === "beside" ? "addressesHint" : "addressesKept")}
        autosize
        minRows={2}
        spellCheck={false}
        value={draft.addresses}
        error={reading.badAddress !== null && t("addressBad", { value: reading.badAddress })}
        onChange={(event) => onChange({ addresses: event.currentTarget.value })}
      />
    </div>
  );
}
