import "@mantine/core/styles/Checkbox.layer.css";
import "@mantine/core/styles/InlineInput.layer.css";
import { Checkbox, TextInput } from "@mantine/core";
import { Notice } from "../../components/notice.tsx";
import { Choice } from "../peers/choice.tsx";
import { agreementOf, mayWait } from "./draft.ts";
import { type FieldsProps, useTerms } from "./fields.ts";
import classes from "./x2x.module.css";

/** How connections are used and ended, and what is ours alone. */
export function HabitsFields(props: FieldsProps) {
  const t = useTerms();
  const { draft, set } = props;
  const waits = mayWait(agreementOf(draft));
  return (
    <div className={classes.fields}>
      <Choice
        label={t("compression")}
        value={draft.compression}
        onChange={(compression) => set({ compression })}
        options={[
          ["none", t("compression.none"), t("compressionHelp.none")],
          ["deflate", t("compression.deflate"), t("compressionHelp.deflate")],
        ]}
      />
      {draft.compression === "deflate" && draft.security === "mutual_tls" && (
        <Notice tone="warning" title={t("compressionLeaksTitle")}>
          <p>{t("compressionLeaks")}</p>
        </Notice>
      )}
      <Choice
        label={t("connections")}
        value={draft.connections}
        onChange={(connections) => set({ connections })}
        options={[
          ["shared", t("connections.shared"), t("connectionsHelp.shared")],
          ["own", t("connections.own"), t("connectionsHelp.own")],
        ]}
      />
      {draft.connections === "own" && draft.opener !== "either" && (
        <Notice tone="failed">
          <p>{t("ownOneWay")}</p>
        </Notice>
      )}
      <Choice
        label={t("onInvalid")}
        value={draft.onInvalid}
        onChange={(onInvalid) => set({ onInvalid })}
        options={[
          ["close", t("onInvalid.close"), t("onInvalidHelp.close")],
          ["bounce", t("onInvalid.bounce"), t("onInvalidHelp.bounce")],
        ]}
      />
      <div className={classes.pair}>
        <NumberField {...props} name="keepaliveSeconds" />
        <NumberField {...props} name="idleSeconds" />
        <NumberField {...props} name="maxStanzaBytes" />
        <TextInput
          label={t("language")}
          description={t("languageHelp")}
          maxLength={35}
          value={draft.language}
          error={props.faultAt("language")}
          onChange={(event) => set({ language: event.currentTarget.value })}
        />
      </div>
      {waits.ours && (
        <Notice tone="warning">
          <p>{t("idleWaitsOurs")}</p>
        </Notice>
      )}
      {waits.theirs && (
        <Notice tone="warning">
          <p>{t("idleWaitsTheirs")}</p>
        </Notice>
      )}
      <Choice
        label={t("version")}
        value={draft.version}
        onChange={(version) => set({ version })}
        options={[
          ["0.3", t("version.0.3"), t("versionHelp.0.3")],
          ["0.0.1", t("version.0.0.1"), t("versionHelp.0.0.1")],
        ]}
      />
      <fieldset className={classes.part}>
        <legend>{t("ownTitle")}</legend>
        <OwnFields {...props} />
      </fieldset>
    </div>
  );
}

/** What each side decides for itself. */
export function OwnFields(props: FieldsProps) {
  const t = useTerms();
  const { draft, set } = props;
  return (
    <>
      <NumberField {...props} name="priority" />
      <Checkbox
        label={t("fallsBack")}
        description={t("fallsBackHelp")}
        checked={draft.fallsBack}
        onChange={(event) => set({ fallsBack: event.currentTarget.checked })}
      />
    </>
  );
}

function NumberField({
  draft,
  set,
  faultAt,
  name,
}: FieldsProps & {
  readonly name: "keepaliveSeconds" | "idleSeconds" | "maxStanzaBytes" | "priority";
}) {
  const t = useTerms();
  return (
    <TextInput
      label={t(name)}
      description={t(`${name}Help`)}
      inputMode="numeric"
      maxLength={9}
      value={draft[name]}
      error={faultAt(name)}
      onChange={(event) => set({ [name]: event.currentTarget.value.trim() })}
    />
  );
}
