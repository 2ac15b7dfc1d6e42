import type { Stream } from "#contract/streams.ts";
import { Status } from "../../components/status.tsx";
import { streamsText } from "../../text/streams.ts";
import { useText } from "../../text/use-text.tsx";

const STATE_TONE = { negotiating: "running", open: "ok", closing: "idle" } as const;

export function StreamStateMark({
  state,
  isPill = false,
}: Pick<Stream, "state"> & { isPill?: boolean }) {
  const t = useText(streamsText);
  return (
    <Status tone={STATE_TONE[state]} isPill={isPill}>
      {t(`state.${state}`)}
    </Status>
  );
}

type Proof = Pick<Stream, "tls" | "authentication" | "trustedBy">;

/** Encryption, and by what the peer is known: the two things that make a stream safe. */
export function SecurityMark({ stream }: { readonly stream: Proof }) {
  const t = useText(streamsText);
  const { tls, authentication, trustedBy } = stream;
  const proof = trustedBy === "test_mode" ? "test_mode" : (authentication ?? "none");
  const isStrong = tls !== null && proof === "certificate";
  return (
    <div>
      <Status tone={tls === null ? "failed" : isStrong ? "ok" : "warning"}>
        {tls === null ? t("tls.none") : t("tls.some", { version: nameOfTls(tls.version) })}
      </Status>
      <div className="wg-dimmed">{t(`proof.${proof}`)}</div>
    </div>
  );
}

/** OpenSSL's `TLSv1.3` as people write it. */
export function nameOfTls(version: string): string {
  return version.replace(/^TLSv/, "TLS ");
}
