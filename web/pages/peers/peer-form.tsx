import "@mantine/core/styles/Checkbox.layer.css";
import "@mantine/core/styles/InlineInput.layer.css";
import { Checkbox, NativeSelect, Textarea, TextInput } from "@mantine/core";
import type { AuthoritySummary, KnownCertificate } from "#contract/peer-trust.ts";
import type { ApiProblem } from "../../api/problem.ts";
import { Status } from "../../components/status.tsx";
import { peersText } from "../../text/peers.ts";
import { useText } from "../../text/use-text.tsx";
import { Choice } from "./choice.tsx";
import { viewName } from "./name.ts";
import { SecurityFields } from "./peer-security.tsx";
import classes from "./peers.module.css";
import { intervals, type Terms } from "./terms.ts";

interface PeerFormProps {
  readonly terms: Terms;
  /** The saved terms; null for a new peer. */
  readonly before: Terms | null;
  readonly onChange: (change: (terms: Terms) => Terms) => void;
  readonly error: ApiProblem | null;
  readonly isReadOnly?: boolean;
  /** Of the saved PEM. */
  readonly authorities?: readonly AuthoritySummary[];
  /** Certificates that it has shown, newest first. */
  readonly known?: readonly KnownCertificate[];
}

/** A peer's terms. */
export function PeerForm(props: PeerFormProps) {
  const { terms, before } = props;
  const set = <K extends keyof Terms>(key: K, value: Terms[K]) =>
    props.onChange((now) => ({ ...now, [key]: value }));
  const isTrusted = terms.stance === "trusted";
  return (
    <fieldset
      className={classes.form}
      disabled={props.isReadOnly === true}
      style={{ border: 0, padding: 0, margin: 0, minWidth: 0 }}
    >
      <fieldset>
        {before === null && <DomainField {...props} set={set} />}
        <StanceFields terms={terms} set={set} />
      </fieldset>
      {isTrusted && (
        <SecurityFields
          terms={terms}
          before={before}
          set={set}
          error={props.error}
          authorities={props.authorities ?? []}
          known={props.known ?? []}
        />
      )}
      {isTrusted && <CheckFields terms={terms} set={set} />}
      <NoteFields terms={terms} set={set} error={props.error} />
      {isTrusted && <PlaceFields {...props} set={set} />}
    </fieldset>
  );
}

type Set = <K extends keyof Terms>(key: K, value: Terms[K]) => void;

function DomainField({ terms, error, set }: PeerFormProps & { readonly set: Set }) {
  const t = useText(peersText);
  const view = viewName(terms.domain);
  const isInternational = view.ascii !== null && view.ascii !== terms.domain.trim().toLowerCase();
  return (
    <div>
      <TextInput
        label={t("fieldDomain")}
        description={t("fieldDomainHelp")}
        value={terms.domain}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        maxLength={3071}
        required
        withAsterisk={false}
        autoFocus={terms.domain === ""}
        error={error?.fields["domain"]}
        onChange={(event) => set("domain", event.currentTarget.value)}
      />
      <div role="status" style={{ display: "grid", gap: "0.25rem", marginTop: "0.375rem" }}>
        {isInternational && <span>{t.rich("inDns", { domain: <code>{view.ascii}</code> })}</span>}
        {view.isMixed && (
          <>
            <Status tone="warning">{t("mixed", { scripts: view.scripts.join(", ") })}</Status>
            <span className="wg-dimmed">{t("mixedHelp")}</span>
          </>
        )}
      </div>
    </div>
  );
}

function StanceFields({ terms, set }: { readonly terms: Terms; readonly set: Set }) {
  const t = useText(peersText);
  return (
    <>
      <Choice
        label={t("fieldStance")}
        value={terms.stance}
        onChange={(value) => set("stance", value)}
        options={[
          ["trusted", t("stance.trusted"), t("stanceTrustedHelp")],
          ["blocked", t("stance.blocked"), t("stanceBlockedHelp")],
        ]}
      />
      <Checkbox
        label={t("fieldSubdomains")}
        description={t("fieldSubdomainsHelp", { domain: terms.domain.trim() || "acmewave.com" })}
        checked={terms.includeSubdomains}
        onChange={(event) => set("includeSubdomains", event.currentTarget.checked)}
      />
      {terms.stance === "trusted" && (
        <Choice
          label={t("fieldExpects")}
          value={terms.expects}
          onChange={(value) => set("expects", value)}
          options={[
            ["xmpp", t("expects.xmpp"), t("expectsXmppHelp")],
            ["wave", t("expects.wave"), t("expectsWaveHelp")],
          ]}
        />
      )}
    </>
  );
}

function CheckFields({ terms, set }: { readonly terms: Terms; readonly set: Set }) {
  const t = useText(peersText);
  const isUsual = intervals.some((one) => one === terms.checkIntervalSeconds);
  return (
    <fieldset>
      <legend>{t("checksTitle")}</legend>
      <Checkbox
        label={t("fieldEnabled")}
        description={t("fieldEnabledHelp")}
        checked={terms.isEnabled}
        onChange={(event) => set("isEnabled", event.currentTarget.checked)}
      />
      <div className={classes.pair}>
        <NativeSelect
          label={t("fieldInterval")}
          value={String(terms.checkIntervalSeconds)}
          data={[
            ...intervals.map((one) => ({ value: String(one), label: t(`interval.${one}`) })),
            ...(isUsual
              ? []
              : [
                  {
                    value: String(terms.checkIntervalSeconds),
                    label: t("intervalOther", { seconds: terms.checkIntervalSeconds }),
                  },
                ]),
          ]}
          onChange={(event) => set("checkIntervalSeconds", Number(event.currentTarget.value))}
        />
        <NativeSelect
          label={t("fieldFailures")}
          value={String(terms.failuresUntilDown)}
          data={Array.from({ length: 20 }, (_, index) => ({
            value: String(index + 1),
            label: t("fieldFailuresUnit", { count: index + 1 }),
          }))}
          onChange={(event) => set("failuresUntilDown", Number(event.currentTarget.value))}
        />
      </div>
    </fieldset>
  );
}

function PlaceFields({ terms, error, set }: PeerFormProps & { readonly set: Set }) {
  const t = useText(peersText);
  return (
    <fieldset>
      <legend>{t("placeTitle")}</legend>
      <p className="wg-dimmed">{t("placeNote")}</p>
      <div className={classes.pair}>
        <TextInput
          label={t("fieldHost")}
          description={t("fieldHostHelp")}
          value={terms.overrideHost}
          autoComplete="off"
          spellCheck={false}
          maxLength={255}
          error={error?.fields["overrideHost"]}
          onChange={(event) => set("overrideHost", event.currentTarget.value)}
        />
        <TextInput
          label={t("fieldPort")}
          description="5269"
          value={terms.overridePort}
          inputMode="numeric"
          maxLength={5}
          error={error?.fields["overridePort"]}
          onChange={(event) => set("overridePort", event.currentTarget.value)}
        />
      </div>
      <NativeSelect
        label={t("fieldReading")}
        value={terms.reading}
        data={[
          { value: "", label: t("readingDefault") },
          { value: "overview", label: t("readingOverview") },
          { value: "strict", label: t("readingStrict") },
        ]}
        onChange={(event) => set("reading", readingOf(event.currentTarget.value))}
      />
    </fieldset>
  );
}

function readingOf(value: string): Terms["reading"] {
  return value === "overview" || value === "strict" ? value : "";
}

function NoteFields({
  terms,
  set,
  error,
}: Pick<PeerFormProps, "terms" | "error"> & { readonly set: Set }) {
  const t = useText(peersText);
  return (
    <fieldset>
      <legend>{t("notesTitle")}</legend>
      <TextInput
        label={t("fieldLabel")}
        description={t("fieldLabelHelp")}
        value={terms.label}
        maxLength={80}
        error={error?.fields["label"]}
        onChange={(event) => set("label", event.currentTarget.value)}
      />
      <Textarea
        label={t("fieldNote")}
        description={t("fieldNoteHelp")}
        value={terms.note}
        rows={3}
        maxLength={4000}
        onChange={(event) => set("note", event.currentTarget.value)}
      />
    </fieldset>
  );
}
