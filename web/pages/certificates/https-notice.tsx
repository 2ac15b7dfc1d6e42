import type { HttpsState } from "#contract/certificates.ts";
import { Notice } from "../../components/notice.tsx";
import type { Tone } from "../../components/status.tsx";
import { certificatesText } from "../../text/certificates.ts";
import { useText } from "../../text/use-text.tsx";

const LOOK = {
  off: { tone: "info", word: "httpsOff" },
  waiting: { tone: "warning", word: "httpsWaiting" },
  serving: { tone: "ok", word: "httpsServing" },
  failed: { tone: "failed", word: "httpsFailed" },
} as const satisfies Record<
  HttpsState["state"],
  { tone: Tone; word: keyof typeof certificatesText }
>;

/** What the appliance's HTTPS port does now. */
export function HttpsNotice({ https }: { readonly https: HttpsState }) {
  const t = useText(certificatesText);
  const { tone, word } = LOOK[https.state];
  return (
    <div style={{ marginBottom: "var(--wg-gap)" }}>
      <Notice tone={tone} title={t("httpsTitle")}>
        <p>{t(word, { port: https.port, detail: https.detail ?? "" })}</p>
        {https.fingerprint !== null && (
          <p className="wg-dimmed">
            {t("fingerprint")}: <span className="wg-mono">{https.fingerprint}</span>
          </p>
        )}
      </Notice>
    </div>
  );
}
