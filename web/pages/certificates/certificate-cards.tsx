import type { CertificateSummary } from "#contract/traces.ts";
import { CopyButton } from "../../components/copy-button.tsx";
import { Facts } from "../../components/facts.tsx";
import { Time, useNow } from "../../components/time.tsx";
import { certificatesText } from "../../text/certificates.ts";
import { useText } from "../../text/use-text.tsx";
import classes from "./certificate-cards.module.css";

/** The five cards of a chain's own certificate, and the chain. */
export function CertificateCards({ chain }: { readonly chain: readonly CertificateSummary[] }) {
  const leaf = chain[0];
  if (leaf === undefined) return null;
  return (
    <>
      <div className={classes.cards}>
        <SubjectCard leaf={leaf} />
        <IssuerCard leaf={leaf} />
        <ValidityCard leaf={leaf} />
        <TechnicalCard leaf={leaf} />
        <FingerprintCard leaf={leaf} />
      </div>
      <ChainList chain={chain} />
    </>
  );
}

interface CardProps {
  readonly leaf: CertificateSummary;
}

function SubjectCard({ leaf }: CardProps) {
  const t = useText(certificatesText);
  return (
    <div className={classes.card}>
      <h3>{t("issuedTo")}</h3>
      <Facts
        items={[
          [t("commonName"), leaf.commonName],
          [t("subject"), leaf.subject],
          [
            t("alternative"),
            <span key="names" className="wg-mono">
              {leaf.names.join(", ")}
            </span>,
          ],
        ]}
      />
    </div>
  );
}

function IssuerCard({ leaf }: CardProps) {
  const t = useText(certificatesText);
  return (
    <div className={classes.card}>
      <h3>{t("issuedBy")}</h3>
      <p>{leaf.issuer}</p>
      {leaf.isSelfSigned && <p className="wg-dimmed">{t("selfSigned")}</p>}
    </div>
  );
}

function ValidityCard({ leaf }: CardProps) {
  const t = useText(certificatesText);
  const now = useNow(leaf.notAfter);
  const start = Date.parse(leaf.notBefore);
  const end = Date.parse(leaf.notAfter);
  const percent = Math.max(0, Math.min(100, Math.floor(((end - now) / (end - start)) * 100)));
  return (
    <div className={classes.card}>
      <h3>{t("validity")}</h3>
      <Facts
        items={[
          [t("from"), <Time key="from" at={leaf.notBefore} style="moment" />],
          [
            t("until"),
            <span key="until">
              <Time at={leaf.notAfter} style="moment" /> (<Time at={leaf.notAfter} />)
            </span>,
          ],
          [t("left"), t("leftShare", { percent })],
        ]}
      />
    </div>
  );
}

function TechnicalCard({ leaf }: CardProps) {
  const t = useText(certificatesText);
  const { keyAlgorithm, keyBits, extendedKeyUsage } = leaf;
  return (
    <div className={classes.card}>
      <h3>{t("technical")}</h3>
      <Facts
        items={[
          [
            t("key"),
            keyBits === null
              ? keyAlgorithm
              : t("keyBits", { algorithm: keyAlgorithm, bits: String(keyBits) }),
          ],
          [t("signature"), leaf.signatureAlgorithm],
          [t("usage"), extendedKeyUsage.length === 0 ? t("anyUse") : extendedKeyUsage.join(", ")],
          [
            t("serial"),
            <span key="serial" className="wg-mono">
              {leaf.serialNumber}
            </span>,
          ],
        ]}
      />
    </div>
  );
}

function FingerprintCard({ leaf }: CardProps) {
  const t = useText(certificatesText);
  const rows = [
    [t("ofCertificate"), leaf.fingerprintSha256],
    [t("ofKey"), leaf.publicKeySha256],
  ] as const;
  return (
    <div className={`${classes.card} ${classes.wide}`}>
      <h3>{t("fingerprints")}</h3>
      <Facts
        items={rows.map(([name, value]) => [
          name,
          <span key={name} className={classes.copyable}>
            <span className="wg-mono">{value}</span>
            <CopyButton value={value} what={name} />
          </span>,
        ])}
      />
    </div>
  );
}

function ChainList({ chain }: { readonly chain: readonly CertificateSummary[] }) {
  const t = useText(certificatesText);
  if (chain.length < 2) return null;
  return (
    <div className={classes.chain}>
      <h3>{t("chainTitle")}</h3>
      <p className="wg-dimmed">{t("chainIntro")}</p>
      <ol>
        {chain.map((one, index) => (
          <li key={one.fingerprintSha256}>
            <b>{one.commonName ?? one.subject}</b>{" "}
            <span className="wg-dimmed">
              {index === 0 ? t("chainSelf") : one.isSelfSigned ? t("chainRoot") : t("chainBetween")}
              , {t("until").toLowerCase()} <Time at={one.notAfter} style="date" />
            </span>
          </li>
        ))}
      </ol>
    </div>
  );
}
