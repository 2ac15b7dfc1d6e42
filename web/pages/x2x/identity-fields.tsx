import { Textarea, TextInput } from "@mantine/core";
import { Status } from "../../components/status.tsx";
import { Choice } from "../peers/choice.tsx";
import { ConsentField } from "./consent-field.tsx";
import { identities, type SideDraft, theyOpen, weOpen } from "./draft.ts";
import { type FieldsProps, useTerms } from "./fields.ts";
import classes from "./x2x.module.css";

/** How whoever opens a connection is known (XEP-0361 §4.2), strongest first. */
export function IdentityFields(props: FieldsProps) {
  const t = useTerms();
  const { draft } = props;
  const isAnybody =
    (weOpen(draft) && draft.ours.knownBy === "implicit") ||
    (theyOpen(draft) && draft.theirs.knownBy === "implicit");
  return (
    <div className={classes.fields}>
      {theyOpen(draft) && <KnownFields {...props} whose="theirs" />}
      {weOpen(draft) && <KnownFields {...props} whose="ours" />}
      {isAnybody && draft.security !== "plain" && (
        <ConsentField {...props} title={t("implicitTitle")} body={t("implicitBody")} />
      )}
    </div>
  );
}

function KnownFields(props: FieldsProps & { readonly whose: "ours" | "theirs" }) {
  const t = useTerms();
  const { draft, set, faultAt, whose } = props;
  const side = draft[whose];
  const at = `sides.${whose === "ours" ? 0 : 1}.opens`;
  const change = (part: Partial<SideDraft>) => set({ [whose]: { ...side, ...part } });
  const { knownBy } = side;
  const needsAddress = knownBy === "address" || knownBy === "address_and_port";
  const fault = faultAt(`${at}.knownBy`);
  const title = t(whose === "ours" ? "weKnown" : "theyKnown");
  return (
    <fieldset className={classes.part} aria-label={title}>
      <Choice
        label={title}
        value={knownBy}
        onChange={(chosen) => change({ knownBy: chosen })}
        options={identities
          .filter((one) => one !== "certificate" || draft.security !== "plain")
          .map((one) => [one, t(`knownBy.${one}`), t(`knownByHelp.${one}`)])}
      />
      {fault !== null && <Status tone="failed">{fault}</Status>}
      <Textarea
        label={t("sourceAddresses")}
        description={t(needsAddress ? "sourceAddressesHelp" : "sourceAddressesOptional")}
        autosize
        minRows={1}
        spellCheck={false}
        value={side.addresses}
        error={faultAt(`${at}.addresses`)}
        onChange={(event) => change({ addresses: event.currentTarget.value })}
      />
      {knownBy === "address_and_port" && (
        <TextInput
          label={t("sourcePort")}
          description={t("sourcePortHelp")}
          inputMode="numeric"
          maxLength={5}
          value={side.sourcePort}
          error={faultAt(`${at}.port`)}
          onChange={(event) => change({ sourcePort: event.currentTarget.value.trim() })}
        />
      )}
      {knownBy === "reverse_dns" && (
        <TextInput
          label={t("hostName")}
          description={t("hostNameHelp")}
          spellCheck={false}
          maxLength={255}
          value={side.hostName}
          error={faultAt(`${at}.hostName`)}
          onChange={(event) => change({ hostName: event.currentTarget.value })}
        />
      )}
    </fieldset>
  );
}
