import type { CertificateCheck } from "#contract/certificates.ts";
import type { Finding } from "#contract/traces.ts";
import { FindingNotice } from "../../components/finding.tsx";
import { Status, type Tone } from "../../components/status.tsx";
import { certificatesText } from "../../text/certificates.ts";
import { useText } from "../../text/use-text.tsx";
import classes from "./check-list.module.css";

const LOOK = {
  ok: { tone: "ok", word: "checkOk" },
  info: { tone: "info", word: "checkInfo" },
  warning: { tone: "warning", word: "checkWarning" },
  failed: { tone: "failed", word: "checkFailed" },
} as const satisfies Record<
  CertificateCheck["status"],
  { tone: Tone; word: keyof typeof certificatesText }
>;

// A fault that does not forbid saving is shown as the warning that it is here.
const SEVERITY = { ok: "info", info: "info", warning: "warning", failed: "error" } as const;

/** A check is of the files that we have: nothing was asked of a server, and a trace would show nothing. */
function asUpload({ message, status }: CertificateCheck & { message: Finding }): Finding {
  return { ...message, params: { ...message.params, of: "upload" }, severity: SEVERITY[status] };
}

/** Every check with its result, and what to do where there is something to do. */
export function CheckList({ checks }: { readonly checks: readonly CertificateCheck[] }) {
  const t = useText(certificatesText);
  return (
    <ul className={classes.checks}>
      {checks.map((check, index) => {
        const { tone, word } = LOOK[check.status];
        return (
          <li key={`${check.code}-${index}`} className={classes.check}>
            <span>{t(`check_${check.code}`)}</span>
            <Status tone={tone}>{t(word)}</Status>
            {check.message !== null && (
              <div className={classes.message}>
                <FindingNotice finding={asUpload({ ...check, message: check.message })} />
              </div>
            )}
          </li>
        );
      })}
    </ul>
  );
}
