import type { OwnDial, SelfTest } from "#contract/self-tests.ts";
import { FindingNotice } from "../../components/finding.tsx";
import { Status } from "../../components/status.tsx";
import { useTimeFormat } from "../../components/time.tsx";
import { selfTestText } from "../../text/self-test.ts";
import { useText } from "../../text/use-text.tsx";
import classes from "./self-test.module.css";

/** Whether the server answers inside and by its public name, the rules to set, and the certificate. */
export function ReachPart(props: {
  readonly result: SelfTest;
  /** No other server answers for the domain, the appliance does. */
  readonly isOurs: boolean;
}) {
  const t = useText(selfTestText);
  const { result } = props;
  const title = t(props.isOurs ? "reachTitleOurs" : "reachTitle", { name: result.name });
  return (
    <article className={classes.card} aria-label={title}>
      <h3>{title}</h3>
      <Dial dial={result.inside} label="insideDial" />
      <Dial dial={result.outside} label="outsideDial" isNoProof />
      <ul className={classes.rules}>
        {result.unknowable.map((code) => (
          <li key={code}>{t(`unknowable_${code}`)}</li>
        ))}
      </ul>
      <h3>{t("certificateTitle")}</h3>
      {result.certificates.length === 0 && <p className="wg-dimmed">{t("noCertificate")}</p>}
      {result.certificates.map((certificate) => (
        <div key={certificate.reference} className={classes.parts}>
          <p>
            {t("certificateFor", { name: certificate.reference })}:{" "}
            {certificate.trusted && certificate.nameMatch !== null && (
              <Status tone="ok">{t("certificateOk", { match: certificate.nameMatch })}</Status>
            )}
          </p>
          {certificate.findings.map((finding) => (
            <FindingNotice key={finding.code} finding={finding} />
          ))}
        </div>
      ))}
    </article>
  );
}

function Dial(props: {
  readonly dial: OwnDial;
  readonly label: "insideDial" | "outsideDial";
  /** A failure from here says nothing of the way in from outside. */
  readonly isNoProof?: boolean;
}) {
  const t = useText(selfTestText);
  const format = useTimeFormat();
  const { dial, isNoProof = false } = props;
  return (
    <>
      <p className={classes.dial}>
        <span>{t(props.label, { host: dial.host, port: String(dial.port) })}</span>
        {dial.isReached ? (
          <Status tone="ok">
            {t("reached", {
              ms: dial.durationMs === null ? "?" : format.duration(dial.durationMs),
            })}
          </Status>
        ) : (
          <Status tone={isNoProof ? "idle" : "failed"}>
            {t(isNoProof ? "notProof" : "notReached")}
          </Status>
        )}
      </p>
      {!isNoProof && dial.message !== null && <FindingNotice finding={dial.message} />}
    </>
  );
}
