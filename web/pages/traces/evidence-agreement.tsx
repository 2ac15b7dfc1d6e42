import { Link } from "@tanstack/react-router";
import type { AttemptOf } from "#contract/traces.ts";
import { Facts } from "../../components/facts.tsx";
import { Time, useTimeFormat } from "../../components/time.tsx";
import { usePageText, type Words } from "./words.tsx";

/** A link by agreement as the trace found it: its last proof of life, and what there is if it is down. */
export function AgreementFacts({
  attempt,
  words,
}: {
  readonly attempt: AttemptOf<"agreement">;
  readonly words: Words;
}) {
  const t = usePageText();
  const time = useTimeFormat();
  const { provenAt, roundTripMs, nextAttemptAt, lastError } = attempt;
  return (
    <Facts
      items={[
        [
          t("agreementProof"),
          provenAt === null
            ? t("agreementProofNone")
            : t.rich("agreementProofIs", {
                time: () => <Time key="proven" at={provenAt} />,
                roundTrip: time.duration(roundTripMs ?? 0),
              }),
        ],
        [
          t("agreementReason"),
          lastError === null || attempt.state === "up" ? null : words.finding(lastError).headline,
        ],
        [t("agreementNext"), nextAttemptAt && <Time key="next" at={nextAttemptAt} />],
        [t("agreementDown"), t(attempt.fallsBack ? "agreementFallsBack" : "agreementAlone")],
        [
          t("connection"),
          <Link key="link" to="/connections/x2x/$id" params={{ id: attempt.link.id }}>
            {t("agreementOpen")}
          </Link>,
        ],
      ]}
    />
  );
}
