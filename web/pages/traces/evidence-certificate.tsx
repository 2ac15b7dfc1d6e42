import { useState } from "react";
import type { CertificateSummary, PresentedCertificate, Step } from "#contract/traces.ts";
import { CodeBlock } from "../../components/code-block.tsx";
import { CopyButton } from "../../components/copy-button.tsx";
import { Facts } from "../../components/facts.tsx";
import { FindingNotice } from "../../components/finding.tsx";
import { Status, type Tone } from "../../components/status.tsx";
import { useNow, useTimeFormat } from "../../components/time.tsx";
import classes from "./evidence.module.css";
import { usePageText, type Words } from "./words.tsx";

/** Every certificate that a step met, each distinct one once. */
export function EvidenceCertificate({ step }: { readonly step: Step; readonly words: Words }) {
  const met = step.attempts.flatMap((attempt) =>
    "certificate" in attempt && attempt.certificate !== null ? [attempt.certificate] : [],
  );
  const distinct = new Map(
    met.map((one) => [`${one.reference} ${one.chain[0]?.fingerprintSha256 ?? ""}`, one]),
  );
  return (
    <>
      {[...distinct].map(([key, certificate]) => (
        <PresentedCertificateView key={key} certificate={certificate} />
      ))}
    </>
  );
}

/** How it was judged, the chain as it was sent, and the cards of the chosen certificate. */
export function PresentedCertificateView({
  certificate,
}: {
  readonly certificate: PresentedCertificate;
}) {
  const t = usePageText();
  const [chosen, setChosen] = useState(0);
  const { chain, trusted, nameMatch, reference, findings, proof } = certificate;
  const shown = chain[chosen] ?? chain[0];
  const isGood = trusted && nameMatch !== null;
  const byTerms = proof === undefined || proof === "pkix" ? null : proof;
  return (
    <>
      <div className={classes.verdict}>
        <div>
          <Status tone={toneOf(certificate)} isPill>
            {byTerms !== null
              ? t(`certBy.${byTerms}`)
              : isGood
                ? t("certTrusted", { name: nameMatch.replace(/^dns:/i, "") })
                : trusted
                  ? t("certTrustedNoName", { reference })
                  : t("certUntrusted")}
          </Status>
        </div>
        <p className={classes.explain}>{t("certFor", { reference })}</p>
      </div>
      <div className={classes.stack}>
        {findings.map((finding) => (
          <FindingNotice key={finding.code} finding={finding} />
        ))}
      </div>
      <h5>{t("certChain")}</h5>
      <ol className={classes.chain}>
        {chain.map((one, index) => (
          <li
            key={one.fingerprintSha256}
            style={{ paddingInlineStart: `${Math.min(index, 4) * 0.875}rem` }}
          >
            <button type="button" aria-pressed={index === chosen} onClick={() => setChosen(index)}>
              {one.commonName ?? one.subject}{" "}
              <span>
                {t(index === 0 ? "certLeaf" : "certCa")}
                {one.isSelfSigned && `, ${t("certSelf")}`}
              </span>
            </button>
          </li>
        ))}
      </ol>
      {shown !== undefined && <CertificateCards certificate={shown} />}
    </>
  );
}

function toneOf({ trusted, nameMatch, findings, proof }: PresentedCertificate): Tone {
  if (proof === "pin" || proof === "peer_ca") return "ok";
  if (proof !== "test_mode" && (!trusted || nameMatch === null)) return "failed";
  return findings.length > 0 ? "warning" : "ok";
}

/** Issued to, issued by, validity, technical, fingerprints; and the PEM to copy. */
export function CertificateCards({ certificate }: { readonly certificate: CertificateSummary }) {
  const t = usePageText();
  const time = useTimeFormat();
  const moment = (iso: string) => time.moment(new Date(iso));
  return (
    <div className={classes.cards}>
      <Card title={t("certIssuedTo")}>
        <Facts
          items={[
            [t("certCommonName"), certificate.commonName ?? t("certNoNames")],
            [t("certSubject"), certificate.subject],
          ]}
        />
        <h5>{t("certNames")}</h5>
        {certificate.names.length === 0 ? (
          t("certNoNames")
        ) : (
          <ul className={classes.names}>
            {certificate.names.map((name) => (
              <li key={name}>{name.replace(/^dns:/i, "")}</li>
            ))}
          </ul>
        )}
      </Card>
      <Card title={t("certIssuedBy")}>{certificate.issuer}</Card>
      <Card title={t("certValidity")}>
        <Facts
          items={[
            [t("certFrom"), moment(certificate.notBefore)],
            [t("certUntil"), moment(certificate.notAfter)],
          ]}
        />
        <TimeLeft until={certificate.notAfter} />
      </Card>
      <Card title={t("certTechnical")}>
        <Facts
          items={[
            [
              t("certKey"),
              certificate.keyBits === null ||
              certificate.keyAlgorithm.includes(String(certificate.keyBits))
                ? certificate.keyAlgorithm
                : `${certificate.keyAlgorithm} ${certificate.keyBits}`,
            ],
            [t("certSignature"), certificate.signatureAlgorithm],
            [
              t("certUse"),
              certificate.extendedKeyUsage.length === 0
                ? t("certAnyUse")
                : certificate.extendedKeyUsage.join(", "),
            ],
            [t("certSerial"), <code key="serial">{certificate.serialNumber}</code>],
          ]}
        />
      </Card>
      <Card title={t("certFingerprints")} isWide>
        <Fingerprint label={t("certWhole")} value={certificate.fingerprintSha256} />
        <Fingerprint label={t("certPublicKey")} value={certificate.publicKeySha256} />
      </Card>
      <div className={classes.wide}>
        <CodeBlock label={t("certPem")} code={certificate.pem} />
      </div>
    </div>
  );
}

function Card({
  title,
  children,
  isWide = false,
}: {
  readonly title: string;
  readonly children: React.ReactNode;
  readonly isWide?: boolean;
}) {
  return (
    <div className={`${classes.card} ${isWide ? classes.wide : ""}`}>
      <h5>{title}</h5>
      {children}
    </div>
  );
}

function Fingerprint({ label, value }: { readonly label: string; readonly value: string }) {
  return (
    <div style={{ display: "flex", alignItems: "center", gap: "0.5rem" }}>
      <div style={{ flex: 1 }}>
        <span className="wg-dimmed">{label}</span>
        <div className="wg-mono">{value}</div>
      </div>
      <CopyButton value={value} what={label} />
    </div>
  );
}

const dayMs = 86_400_000;

function TimeLeft({ until }: { readonly until: string }) {
  const t = usePageText();
  const now = useNow(until) || Date.now();
  const left = Date.parse(until) - now;
  const days = Math.floor(Math.abs(left) / dayMs);
  return (
    <Status tone={left < 0 ? "failed" : days < 8 ? "warning" : "ok"} size={14}>
      {left < 0 ? t("certEnded", { days }) : t("certLeft", { days })}
    </Status>
  );
}
