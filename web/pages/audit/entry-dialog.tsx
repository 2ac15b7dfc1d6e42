import type { AuditEntry } from "#contract/people.ts";
import { Dialog } from "../../components/confirm-dialog.tsx";
import { Facts } from "../../components/facts.tsx";
import { Time } from "../../components/time.tsx";
import { auditText, resourceKey } from "../../text/audit.ts";
import { useText } from "../../text/use-text.tsx";
import { changesOf } from "./changes.ts";
import classes from "./entry-dialog.module.css";

const KIND = {
  user: "kindUser",
  token: "kindToken",
  setup: "kindSetup",
  appliance: "kindAppliance",
  local: "kindLocal",
} as const;

/** One entry of the log with what was before and after. */
export function EntryDialog({
  entry,
  onClose,
}: {
  readonly entry: AuditEntry | null;
  readonly onClose: () => void;
}) {
  const t = useText(auditText);
  if (entry === null) return null;
  const changes = changesOf(entry.before, entry.after);
  return (
    <Dialog
      isOpen
      title={t("sentence", { action: entry.action, resource: resourceKey(entry.resource) })}
      onClose={onClose}
      size="lg"
    >
      <Facts
        items={[
          [t("when"), <Time key="at" at={entry.at} style="moment" />],
          [t("who"), `${entry.actor} (${t(KIND[entry.actorKind])})`],
          [t("from"), entry.address],
          [
            t("resourceId"),
            entry.resourceId && <span className="wg-mono">{entry.resourceId}</span>,
          ],
          [t("requestId"), entry.requestId && <span className="wg-mono">{entry.requestId}</span>],
        ]}
      />
      {changes.length === 0 ? (
        <p className="wg-dimmed" style={{ marginTop: "1rem" }}>
          {t("noFields")}
        </p>
      ) : (
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">{t("field")}</th>
              <th scope="col">{t("before")}</th>
              <th scope="col">{t("after")}</th>
            </tr>
          </thead>
          <tbody>
            {changes.map((change) => (
              <tr key={change.field}>
                <th scope="row">{change.field}</th>
                <td className={change.before === null ? "" : (classes.before ?? "")}>
                  {change.before ?? t("absent")}
                </td>
                <td className={change.after === null ? "" : (classes.after ?? "")}>
                  {change.after ?? t("absent")}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Dialog>
  );
}
