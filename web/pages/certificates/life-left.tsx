import type { Certificate } from "#contract/certificates.ts";
import { TONE_ICON } from "../../components/status.tsx";
import { Time, useNow } from "../../components/time.tsx";
import { certificatesText } from "../../text/certificates.ts";
import { useText } from "../../text/use-text.tsx";
import { lifeTone } from "./life.ts";
import classes from "./life-left.module.css";

/** The end of a certificate, in words and as a bar of what is left. */
export function LifeLeft({ certificate }: { readonly certificate: Certificate }) {
  const t = useText(certificatesText);
  const now = useNow(certificate.notAfter);
  const tone = lifeTone(certificate, now);
  const Icon = TONE_ICON[tone];
  const percent = Math.max(0, Math.min(100, Math.floor(certificate.lifeLeft * 100)));
  return (
    <div className={classes.life} data-tone={tone}>
      <span className={classes.words}>
        {tone !== "ok" && <Icon size={14} aria-hidden="true" />}
        {tone !== "ok" && (
          <b>{Date.parse(certificate.notAfter) <= now ? t("ended") : t("endsSoon")}: </b>
        )}
        <span>
          <Time at={certificate.notAfter} style="date" /> (<Time at={certificate.notAfter} />)
        </span>
      </span>
      <span className={classes.track} aria-hidden="true">
        <span className={classes.rest} style={{ width: `${percent}%` }} />
      </span>
      <span className="wg-visually-hidden">{t("leftShare", { percent })}</span>
    </div>
  );
}
