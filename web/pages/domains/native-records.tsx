import { Link } from "@tanstack/react-router";
import { CodeBlock } from "../../components/code-block.tsx";
import { nativeText } from "../../text/native.ts";
import { useText } from "../../text/use-text.tsx";
import classes from "./attach-form.module.css";
import type { NativeDraft, NativeReading, NativeWay } from "./native-draft.ts";

/** The records that others need, as one types, and the certificate that they expect. */
export function NativeRecords(props: {
  readonly domain: string;
  readonly draft: NativeDraft;
  readonly reading: NativeReading;
  readonly way: NativeWay;
}) {
  const t = useText(nativeText);
  const { domain, draft, reading, way } = props;
  const isAsked = way === "instead" && reading.isReady;
  const bare = isAsked ? reading.names.filter((name) => name !== draft.host.trim()) : [];
  return (
    <div className={classes.config}>
      <h3>{t("recordsTitle")}</h3>
      {reading.zoneLines.length === 0 ? (
        <p className="wg-dimmed">{t("recordsMissing")}</p>
      ) : (
        <>
          <p>{t("recordsHint")}</p>
          <CodeBlock code={reading.zoneLines.join("\n")} label={t("recordsLabel")} isWrapped />
        </>
      )}
      {reading.addresses.length === 0 && reading.isReady && (
        <p className="wg-dimmed">{t("addressMissing", { host: draft.host.trim() })}</p>
      )}
      {bare.length > 0 && (
        <p className="wg-dimmed">{t("addressesOfNames", { names: bare.join(", ") })}</p>
      )}
      {way === "beside" && <p>{t("stays", { domain })}</p>}
      <p>
        {t.rich("certificateHint", {
          names: reading.names.join(", "),
          link: (chunks) => (
            <Link key="link" to="/certificates">
              {chunks}
            </Link>
          ),
        })}
      </p>
    </div>
  );
}
