import { Link } from "@tanstack/react-router";
import type { Overview } from "#contract/peers.ts";
import { Panel } from "../../components/panel.tsx";
import { Time } from "../../components/time.tsx";
import { auditText, resourceKey } from "../../text/audit.ts";
import { overviewText } from "../../text/watch.ts";
import { useText } from "../../text/use-text.tsx";
import classes from "./overview.module.css";

/** Who changed what, newest first. */
export function RecentChanges({ changes }: { readonly changes: Overview["recentChanges"] }) {
  const t = useText(overviewText);
  const said = useText(auditText);
  return (
    <Panel
      title={t("changes")}
      actions={changes.length > 0 && <Link to="/audit">{t("allChanges")}</Link>}
    >
      {changes.length === 0 ? (
        <p className="wg-dimmed">{t("changesEmpty")}</p>
      ) : (
        <ol className={classes.changes}>
          {changes.map((change, index) => (
            <li key={`${change.at} ${index}`}>
              <span>
                <strong>{change.actor}</strong> ·{" "}
                {said("sentence", {
                  action: change.action,
                  resource: resourceKey(change.resource),
                })}{" "}
                {change.subject !== null && <code>{change.subject}</code>}
              </span>
              <span className="wg-dimmed">
                <Time at={change.at} />
              </span>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
