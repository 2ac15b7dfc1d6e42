import { PasswordInput } from "@mantine/core";
import { domainsText } from "../../text/domains.ts";
import { useText } from "../../text/use-text.tsx";
import type { AttachDraft, DraftReading } from "./attach-draft.ts";
import classes from "./attach-form.module.css";
import { newSecret } from "./secret.ts";
import { ServerConfiguration } from "./server-configuration-view.tsx";

interface SecretPartProps {
  readonly domain: string;
  readonly draft: AttachDraft;
  readonly reading: DraftReading;
  /** The appliance has a secret already. */
  readonly canKeep: boolean;
  readonly onChange: (part: Partial<AttachDraft>) => void;
}

/** The secret, and the server's configuration with it. */
export function SecretPart({ domain, draft, reading, canKeep, onChange }: SecretPartProps) {
  const t = useText(domainsText);
  const generate = () => onChange({ secretFrom: "generated", generated: newSecret() });
  if (draft.secretFrom === "kept")
    return (
      <div className={classes.config}>
        <p>{t("secretKept")}</p>
        <p>
          <TextButton onClick={generate}>{t("setNewSecret")}</TextButton>
        </p>
      </div>
    );
  return (
    <div className={classes.config}>
      <ServerConfiguration
        server={draft.server}
        settings={{
          name: draft.name.trim(),
          domain,
          host: draft.host.trim(),
          port: Number(reading.port),
          security: draft.security,
          secret: reading.secret,
        }}
      />
      {draft.secretFrom === "generated" && <p className="wg-dimmed">{t("secretNote")}</p>}
      {draft.secretFrom === "own" && (
        <PasswordInput
          label={t("ownSecretLabel")}
          description={t("ownSecretHint")}
          autoComplete="off"
          maw={400}
          maxLength={1024}
          value={draft.own}
          error={draft.own !== "" && !reading.isSecretValid && t("ownSecretBad")}
          onChange={(event) => onChange({ own: event.currentTarget.value })}
        />
      )}
      <div className={classes.choices}>
        <TextButton onClick={generate}>{t("anotherSecret")}</TextButton>
        {draft.secretFrom === "generated" && (
          <TextButton onClick={() => onChange({ secretFrom: "own", own: "" })}>
            {t("ownSecret")}
          </TextButton>
        )}
        {canKeep && (
          <TextButton onClick={() => onChange({ secretFrom: "kept" })}>
            {t("keepSecret")}
          </TextButton>
        )}
      </div>
    </div>
  );
}

function TextButton(props: { readonly children: string; readonly onClick: () => void }) {
  return (
    <button type="button" className={classes.link} onClick={props.onClick}>
      {props.children}
    </button>
  );
}
