import "@mantine/core/styles/InlineInput.layer.css";
import "@mantine/core/styles/Radio.layer.css";
import { Button, Group, NativeSelect, PasswordInput, Radio, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import type { ApiProblem } from "../../api/problem.ts";
import { Notice } from "../../components/notice.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { domainsText } from "../../text/domains.ts";
import { useText } from "../../text/use-text.tsx";
import classes from "./attach-form.module.css";
import { newSecret } from "./secret.ts";
import { defaultPort, isLoopback, type Security, type ServerKind } from "./server-configuration.ts";
import { ServerConfiguration } from "./server-configuration-view.tsx";

export interface AttachValues {
  readonly server: ServerKind;
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly security: Security;
  readonly secret: string;
  readonly plainConsent?: string;
}

interface AttachFormProps {
  readonly domain: string;
  readonly initial: {
    readonly name: string;
    readonly host: string;
    readonly port: number | null;
    readonly security: Security;
  };
  /** The name of a component that exists cannot be changed. */
  readonly isNameFixed?: boolean;
  readonly isBusy: boolean;
  readonly error: ApiProblem | null;
  readonly submitLabel: string;
  readonly onSubmit: (values: AttachValues) => void;
  readonly aside?: ReactNode;
}

const SERVERS: readonly ServerKind[] = ["prosody", "ejabberd", "openfire"];

/** The settings of a component, with the server's configuration written beside them as one types. */
export function AttachForm(props: AttachFormProps) {
  const t = useText(domainsText);
  const { initial, error } = props;
  const [server, setServer] = useState<ServerKind>(initial.port === 5275 ? "openfire" : "prosody");
  const [name, setName] = useState(initial.name);
  const [host, setHost] = useState(initial.host);
  const [security, setSecurity] = useState<Security>(initial.security);
  const [ownPort, setOwnPort] = useState(initial.port === null ? null : String(initial.port));
  const [generated, setGenerated] = useState(newSecret);
  const [ownSecret, setOwnSecret] = useState<string | null>(null);
  const [consent, setConsent] = useState("");

  const portText = ownPort ?? String(defaultPort(server, security));
  const port = Number(portText);
  const isPortValid = /^\d{1,5}$/.test(portText) && port >= 1 && port <= 65_535;
  const secret = ownSecret ?? generated;
  const isSecretValid = /^[\x21-\x7e]+$/.test(secret);
  const needsConsent = security === "plain" && host.trim() !== "" && !isLoopback(host);
  const hasConsent = !needsConsent || consent.trim().toLowerCase() === host.trim().toLowerCase();
  const isReady =
    name.trim() !== "" && host.trim() !== "" && isPortValid && isSecretValid && hasConsent;

  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!isReady) return;
        const consented = needsConsent ? { plainConsent: consent.trim() } : {};
        props.onSubmit({
          server,
          name: name.trim(),
          host: host.trim(),
          port,
          security,
          secret,
          ...consented,
        });
      }}
    >
      <div className={classes.grid}>
        <div className={classes.fields}>
          <NativeSelect
            label={t("server")}
            value={server}
            data={SERVERS.map((kind) => ({ value: kind, label: t(kind) }))}
            onChange={(event) =>
              setServer(SERVERS.find((kind) => kind === event.currentTarget.value) ?? "prosody")
            }
          />
          <TextInput
            label={t("name")}
            description={t("nameBelow", { domain: props.domain })}
            spellCheck={false}
            autoCapitalize="none"
            disabled={props.isNameFixed === true}
            value={name}
            error={error?.fields["name"] ?? (name.trim() === "" && t("required"))}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <div className={classes.row}>
            <TextInput
              label={t("host")}
              description={t("hostHint")}
              spellCheck={false}
              autoCapitalize="none"
              value={host}
              error={error?.fields["host"] ?? (host.trim() === "" && t("required"))}
              onChange={(event) => setHost(event.currentTarget.value)}
            />
            <TextInput
              label={t("port")}
              inputMode="numeric"
              value={portText}
              error={!isPortValid && t("portBad")}
              onChange={(event) => setOwnPort(event.currentTarget.value.trim())}
            />
          </div>
          <Radio.Group
            label={t("security")}
            value={security}
            onChange={(value) => setSecurity(value === "tls" ? "tls" : "plain")}
          >
            <Group gap="lg" mt={6} align="start">
              <Radio value="plain" label={t("plain")} description={t("plainMeans")} />
              <Radio value="tls" label={t("tls")} description={t("tlsMeans")} />
            </Group>
          </Radio.Group>
          {security === "tls" && server === "prosody" && (
            <Notice tone="warning">{t("prosodyNoTls")}</Notice>
          )}
          {needsConsent && (
            <Notice tone="warning" title={t("consentTitle", { host: host.trim() })}>
              <p>{t("consentBody")}</p>
              <TextInput
                mt="xs"
                label={t.rich("consentLabel", {
                  host: host.trim(),
                  b: (chunks) => <code>{chunks}</code>,
                })}
                autoComplete="off"
                value={consent}
                onChange={(event) => setConsent(event.currentTarget.value)}
              />
            </Notice>
          )}
        </div>
        <div className={classes.config}>
          <ServerConfiguration
            server={server}
            settings={{
              name: name.trim(),
              domain: props.domain,
              host: host.trim(),
              port,
              security,
              secret,
            }}
          />
          <p className="wg-dimmed">
            {ownSecret === null && t("secretNote")}{" "}
            {ownSecret === null ? (
              <>
                <button
                  type="button"
                  className={classes.link}
                  onClick={() => setGenerated(newSecret())}
                >
                  {t("anotherSecret")}
                </button>
                {" · "}
                <button type="button" className={classes.link} onClick={() => setOwnSecret("")}>
                  {t("ownSecret")}
                </button>
              </>
            ) : (
              <button type="button" className={classes.link} onClick={() => setOwnSecret(null)}>
                {t("anotherSecret")}
              </button>
            )}
          </p>
          {ownSecret !== null && (
            <PasswordInput
              label={t("ownSecretLabel")}
              description={t("ownSecretHint")}
              autoComplete="off"
              maw={400}
              maxLength={1024}
              value={ownSecret}
              error={ownSecret !== "" && !isSecretValid && t("ownSecretBad")}
              onChange={(event) => setOwnSecret(event.currentTarget.value)}
            />
          )}
        </div>
      </div>
      <div style={{ marginTop: "1rem" }}>
        <ProblemNotice error={error} shownFields={["name", "host"]} />
      </div>
      <div className={classes.foot}>
        <Button type="submit" loading={props.isBusy} disabled={!isReady}>
          {props.submitLabel}
        </Button>
        {props.aside}
      </div>
    </form>
  );
}
