import type { PresentedCertificate } from "#contract/traces.ts";
import { CodeBlock } from "../../components/code-block.tsx";
import { Facts } from "../../components/facts.tsx";
import { FindingNotice } from "../../components/finding.tsx";
import { Panel } from "../../components/panel.tsx";
import { useTimeFormat } from "../../components/time.tsx";
import { streamsText } from "../../text/streams.ts";
import { useText } from "../../text/use-text.tsx";
import classes from "./streams.module.css";

/** The chain as it was shown on this stream, and what was found wrong with it. */
export function CertificatePanel({
  certificate,
}: {
  readonly certificate: PresentedCertificate | null;
}) {
  const t = useText(streamsText);
  const time = useTimeFormat();
  if (certificate === null)
    return (
      <Panel title={t("certificate")}>
        <p>{t("certificateNone")}</p>
      </Panel>
    );
  const date = (at: string) => time.date(new Date(at));
  return (
    <Panel title={t("certificate")} description={t("certificateChain")}>
      <div className={classes.stack}>
        {certificate.findings.map((finding) => (
          <FindingNotice key={finding.code} finding={finding} />
        ))}
      </div>
      {certificate.chain.map((one, index) => (
        <div key={one.fingerprintSha256} className={classes.certificate}>
          <h3>
            {t(index === 0 ? "certLeaf" : "certAbove")}: {one.commonName ?? one.subject}
          </h3>
          <Facts
            items={[
              [
                t("certFor"),
                one.names.length === 0
                  ? null
                  : one.names.map((name) => name.replace(/^dns:/i, "")).join(", "),
              ],
              [t("certSubject"), one.subject],
              [t("certIssuer"), one.issuer],
              [
                t("certValid"),
                t("certValidity", { from: date(one.notBefore), until: date(one.notAfter) }),
              ],
              [t("certKey"), one.keyAlgorithm],
              [
                t("certFingerprint"),
                <span key="fingerprint" className="wg-mono">
                  {one.fingerprintSha256}
                </span>,
              ],
            ]}
          />
          <details>
            <summary>{t("certPem")}</summary>
            <CodeBlock label={`${t("certPem")}: ${one.commonName ?? one.subject}`} code={one.pem} />
          </details>
        </div>
      ))}
    </Panel>
  );
}
