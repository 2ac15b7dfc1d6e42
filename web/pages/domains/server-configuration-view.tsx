import { CodeBlock } from "../../components/code-block.tsx";
import { CopyButton } from "../../components/copy-button.tsx";
import { domainsText } from "../../text/domains.ts";
import { useText } from "../../text/use-text.tsx";
import classes from "./attach-form.module.css";
import {
  type ComponentSettings,
  configurationFor,
  type ServerKind,
} from "./server-configuration.ts";

const STEPS = {
  prosody: "configProsodySteps",
  ejabberd: "configEjabberdSteps",
  openfire: "configOpenfireSteps",
} as const;

/** What to put where in the XMPP server, each piece with a button to copy it. */
export function ServerConfiguration(props: {
  readonly server: ServerKind;
  readonly settings: ComponentSettings;
}) {
  const t = useText(domainsText);
  const parts = configurationFor(props.server, props.settings);
  const values = parts.filter((part) => part.kind === "value");
  return (
    <>
      <h3>{t("configTitle")}</h3>
      <p>{t(STEPS[props.server])}</p>
      {parts
        .filter((part) => part.kind === "lines")
        .map((part) => (
          <CodeBlock key={part.place} code={part.code} label={t(part.place)} />
        ))}
      {values.length > 0 && (
        <dl className={classes.values} style={{ margin: 0 }}>
          {values.map((part) => (
            <div key={part.place} className={classes.value}>
              <dt>{t(part.place)}</dt>
              <dd className="wg-mono">{part.code}</dd>
              <dd style={{ flex: "none" }}>
                <CopyButton value={part.code} what={t(part.place)} />
              </dd>
            </div>
          ))}
        </dl>
      )}
    </>
  );
}
