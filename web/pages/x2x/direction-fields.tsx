import { TextInput } from "@mantine/core";
import { Choice } from "../peers/choice.tsx";
import { type SideDraft, theyOpen, weOpen } from "./draft.ts";
import { type FieldsProps, useTerms } from "./fields.ts";
import classes from "./x2x.module.css";

/** Who opens connections, and where whoever is opened to listens. */
export function DirectionFields({ draft, set, faultAt }: FieldsProps) {
  const t = useTerms();
  return (
    <div className={classes.fields}>
      <Choice
        label={t("opener")}
        value={draft.opener}
        onChange={(opener) => set({ opener })}
        options={[
          ["either", t("opener.either"), t("openerHelp.either")],
          ["us", t("opener.us"), t("openerHelp.us")],
          ["them", t("opener.them"), t("openerHelp.them")],
        ]}
      />
      {weOpen(draft) && (
        <fieldset className={classes.part}>
          <legend>{t("theyListen")}</legend>
          <PlaceFields
            at="sides.1"
            side={draft.theirs}
            help={t("theirHostHelp")}
            faultAt={faultAt}
            onChange={(part) => set({ theirs: { ...draft.theirs, ...part } })}
          />
          <TextInput
            label={t("bindAddress")}
            description={t("bindAddressHelp")}
            spellCheck={false}
            value={draft.bindAddress}
            error={faultAt("bindAddress")}
            onChange={(event) => set({ bindAddress: event.currentTarget.value })}
          />
        </fieldset>
      )}
      {theyOpen(draft) && (
        <fieldset className={classes.part}>
          <legend>{t("weListen")}</legend>
          <p className="wg-dimmed">{t("weListenAbout")}</p>
          <PlaceFields
            at="sides.0"
            side={draft.ours}
            help={t("ourHostHelp")}
            faultAt={faultAt}
            onChange={(part) => set({ ours: { ...draft.ours, ...part } })}
          />
          <ListenAddressField draft={draft} set={set} faultAt={faultAt} />
        </fieldset>
      )}
    </div>
  );
}

export function ListenAddressField({ draft, set, faultAt }: FieldsProps) {
  const t = useTerms();
  return (
    <TextInput
      label={t("listenAddress")}
      description={t("listenAddressHelp")}
      spellCheck={false}
      value={draft.listenAddress}
      error={faultAt("listenAddress")}
      onChange={(event) => set({ listenAddress: event.currentTarget.value })}
    />
  );
}

function PlaceFields(
  props: Pick<FieldsProps, "faultAt"> & {
    readonly at: string;
    readonly side: SideDraft;
    readonly help: string;
    readonly onChange: (part: Partial<SideDraft>) => void;
  },
) {
  const t = useTerms();
  const { at, side, faultAt, onChange } = props;
  return (
    <div className={classes.place}>
      <TextInput
        label={t("host")}
        description={props.help}
        spellCheck={false}
        autoCapitalize="none"
        maxLength={255}
        value={side.host}
        error={faultAt(`${at}.listens.host`) ?? faultAt(`${at}.listens`)}
        onChange={(event) => onChange({ host: event.currentTarget.value })}
      />
      <TextInput
        label={t("port")}
        inputMode="numeric"
        maxLength={5}
        value={side.port}
        error={faultAt(`${at}.listens.port`)}
        onChange={(event) => onChange({ port: event.currentTarget.value.trim() })}
      />
    </div>
  );
}
