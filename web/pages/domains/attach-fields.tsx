import "@mantine/core/styles/InlineInput.layer.css";
import "@mantine/core/styles/Radio.layer.css";
import { Group, NativeSelect, Radio, TextInput } from "@mantine/core";
import type { ApiProblem } from "../../api/problem.ts";
import { Notice } from "../../components/notice.tsx";
import { domainsText } from "../../text/domains.ts";
import { useText } from "../../text/use-text.tsx";
import type { AttachDraft, DraftReading } from "./attach-draft.ts";
import classes from "./attach-form.module.css";
import type { ServerKind } from "./server-configuration.ts";

const SERVERS: readonly ServerKind[] = ["prosody", "ejabberd", "openfire"];

interface AttachFieldsProps {
  readonly domain: string;
  readonly draft: AttachDraft;
  readonly reading: DraftReading;
  readonly isNameFixed: boolean;
  readonly error: ApiProblem | null;
  readonly onChange: (part: Partial<AttachDraft>) => void;
}

/** Which server, which name, where, how; with the consent that a plain connection elsewhere needs. */
export function AttachFields(props: AttachFieldsProps) {
  const t = useText(domainsText);
  const { draft, reading, error, onChange } = props;
  return (
    <div className={classes.fields}>
      <NativeSelect
        label={t("server")}
        value={draft.server}
        data={SERVERS.map((kind) => ({ value: kind, label: t(kind) }))}
        onChange={(event) =>
          onChange({
            server: SERVERS.find((kind) => kind === event.currentTarget.value) ?? "prosody",
          })
        }
      />
      <TextInput
        label={t("name")}
        description={t("nameBelow", { domain: props.domain })}
        spellCheck={false}
        autoCapitalize="none"
        disabled={props.isNameFixed}
        value={draft.name}
        error={error?.fields["name"] ?? (reading.isNameMissing && t("required"))}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
      />
      <div className={classes.row}>
        <TextInput
          label={t("host")}
          description={t("hostHint")}
          spellCheck={false}
          autoCapitalize="none"
          value={draft.host}
          error={error?.fields["host"] ?? (reading.isHostMissing && t("required"))}
          onChange={(event) => onChange({ host: event.currentTarget.value })}
        />
        <TextInput
          label={t("port")}
          inputMode="numeric"
          value={reading.port}
          error={!reading.isPortValid && t("portBad")}
          onChange={(event) => onChange({ port: event.currentTarget.value.trim() })}
        />
      </div>
      <Radio.Group
        label={t("security")}
        value={draft.security}
        onChange={(value) => onChange({ security: value === "tls" ? "tls" : "plain" })}
      >
        <Group gap="lg" mt={6} align="start">
          <Radio value="plain" label={t("plain")} description={t("plainMeans")} />
          <Radio value="tls" label={t("tls")} description={t("tlsMeans")} />
        </Group>
      </Radio.Group>
      {draft.security === "tls" && draft.server === "prosody" && (
        <Notice tone="warning">{t("prosodyNoTls")}</Notice>
      )}
      {reading.needsConsent && (
        <Notice tone="warning" title={t("consentTitle", { host: draft.host.trim() })}>
          <p>{t("consentBody")}</p>
          <TextInput
            mt="xs"
            label={t.rich("consentLabel", {
              host: draft.host.trim(),
              b: (chunks) => <code>{chunks}</code>,
            })}
            autoComplete="off"
            value={draft.consent}
            onChange={(event) => onChange({ consent: event.currentTarget.value })}
          />
        </Notice>
      )}
    </div>
  );
}
