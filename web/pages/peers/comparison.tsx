import type { KnownCertificate } from "#contract/peer-trust.ts";
import { CopyButton } from "../../components/copy-button.tsx";
import { useTimeFormat } from "../../components/time.tsx";
import { peerTrustText } from "../../text/peer-trust.ts";
import { useText } from "../../text/use-text.tsx";
import classes from "./peers.module.css";

type Compared = Omit<KnownCertificate, "seenAt">;

/** What changes from one certificate to another: fingerprints, issuer, dates. */
export function Comparison({
  before,
  after,
}: {
  readonly before: Compared | null;
  readonly after: Compared;
}) {
  const t = useText(peerTrustText);
  const time = useTimeFormat();
  const date = (iso: string) => time.date(new Date(iso));
  const rows = [
    ["rowFingerprint", before?.fingerprint, after.fingerprint, true],
    ["rowKey", before?.publicKey, after.publicKey, true],
    ["rowSubject", before?.subject, after.subject, false],
    ["rowIssuer", before?.issuer, after.issuer, false],
    ["rowFrom", before && date(before.notBefore), date(after.notBefore), false],
    ["rowUntil", before && date(before.notAfter), date(after.notAfter), false],
  ] as const;
  return (
    <table className={classes.comparison}>
      <thead>
        <tr>
          <td />
          <th scope="col">{t("heldOld")}</th>
          <th scope="col">{t("heldNew")}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, old, next, isFingerprint]) => (
          <tr key={name} {...(old === next ? {} : { "data-changed": true })}>
            <th scope="row">{t(name)}</th>
            <td data-label={t("heldOld")} className={isFingerprint ? "wg-mono" : undefined}>
              {old ?? t("heldNoOld")}
            </td>
            <td data-label={t("heldNew")} className={isFingerprint ? "wg-mono" : undefined}>
              {isFingerprint ? (
                <span className={classes.copied}>
                  <span>{next}</span>
                  <CopyButton value={next} what={t(name)} />
                </span>
              ) : (
                next
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
