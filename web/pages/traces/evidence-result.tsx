import { IconBook2 } from "@tabler/icons-react";
import type { Attempt, AttemptOf, Finding, Step, Trace } from "#contract/traces.ts";
import { Facts } from "../../components/facts.tsx";
import { OwnerMark } from "../../components/finding.tsx";
import { useTimeFormat } from "../../components/time.tsx";
import { readReference } from "../../text/finding-words.ts";
import { stepExplanations } from "../../text/steps.ts";
import { useAttemptWords } from "./attempt-words.tsx";
import { branchesOf, wasTried } from "./branches.ts";
import { AgreementFacts } from "./evidence-agreement.tsx";
import classes from "./evidence.module.css";
import { StepStatusMark } from "./step-status.tsx";
import { consequencesOf } from "./verdict.ts";
import { usePageText, type Words } from "./words.tsx";

/** Verdict, what to do, details, explanation: the same order for every step. */
export function EvidenceResult({
  step,
  trace,
  words,
}: {
  readonly step: Step;
  readonly trace: Trace;
  readonly words: Words;
}) {
  const t = usePageText();
  const explanation = stepExplanations[step.number];
  return (
    <>
      <div className={classes.verdict}>
        <div>
          <StepStatusMark status={step.status} isPill />
        </div>
        <p>{words.result(step, trace)}</p>
      </div>
      {step.message !== null && words.resultText(step, trace) !== words.headline(step.message) && (
        // The result says what was reached: what was noticed on the way begins with its own sentence.
        <p className={classes.explain}>{words.finding(step.message).headline}</p>
      )}
      {consequencesOf(step, trace).map((finding) => (
        <p className={classes.explain} key={finding.code}>
          {t("consequence")} {words.finding(finding).headline}
        </p>
      ))}
      {step.message !== null && <FindingDetails finding={step.message} words={words} />}
      {step.attempts.length > 0 && (
        <>
          <h5>{t("attemptsTitle")}</h5>
          {branchesOf(step).map((branch) => (
            <Attempts key={branch.key} attempts={branch.attempts} words={words} />
          ))}
        </>
      )}
      {explanation !== undefined && (
        <>
          <h5>{t("whyTitle")}</h5>
          <p className={classes.explain}>{explanation.text}</p>
          {explanation.reference !== null && <ReferenceLink label={explanation.reference} />}
        </>
      )}
    </>
  );
}

/** What a finding means and what to do about it, without its headline. */
export function FindingDetails({
  finding,
  words,
}: {
  readonly finding: Finding;
  readonly words: Words;
}) {
  const t = usePageText();
  const said = words.finding(finding);
  return (
    <>
      <p className={classes.explain}>{said.meaning}</p>
      {said.fixes.length > 0 && (
        <>
          <h5>{t("whatTitle")}</h5>
          <OwnerMark finding={finding} />
          <ol className={classes.fixes}>
            {said.fixes.map((fix, index) => (
              <li key={index}>{fix}</li>
            ))}
          </ol>
        </>
      )}
      {said.reference !== null && <ReferenceLink label={said.reference.label} />}
    </>
  );
}

export function ReferenceLink({ label }: { readonly label: string }) {
  const { href } = readReference(label);
  return (
    <p style={{ display: "flex", alignItems: "center", gap: "0.375rem", marginTop: "0.375rem" }}>
      <IconBook2 size={15} aria-hidden="true" />
      {href === null ? (
        label
      ) : (
        <a href={href} target="_blank" rel="noreferrer">
          {label}
        </a>
      )}
    </p>
  );
}

function Attempts({
  attempts,
  words,
}: {
  readonly attempts: readonly Attempt[];
  readonly words: Words;
}) {
  const t = usePageText();
  const time = useTimeFormat();
  const say = useAttemptWords(words);
  return (
    <ol className={classes.attempts} style={{ marginBottom: "0.75rem" }}>
      {attempts.map((attempt) => (
        <li key={attempt.id} data-winner={attempt.winner} data-unused={!wasTried(attempt)}>
          <div className={classes.attemptHead}>
            <StepStatusMark status={attempt.status} size={14} />
            <span className="wg-dimmed">
              {attempt.id} · {t(`source.${attempt.source}`)}
              {attempt.kind === "dns" && ` · ${t(attempt.deciding ? "decides" : "compared")}`}
            </span>
            <span>
              {attempt.durationMs === null
                ? t("after", { start: time.duration(attempt.offsetMs) })
                : t("afterTook", {
                    start: time.duration(attempt.offsetMs),
                    duration: time.duration(attempt.durationMs),
                  })}
            </span>
          </div>
          <div className={classes.attemptBody}>
            {attempt.kind === "dns" && (
              <div className="wg-mono">
                {attempt.question.name} {attempt.question.type}
              </div>
            )}
            {say.attempt(attempt)}
          </div>
          <AttemptFacts attempt={attempt} words={words} />
        </li>
      ))}
    </ol>
  );
}

function AttemptFacts({ attempt, words }: { readonly attempt: Attempt; readonly words: Words }) {
  switch (attempt.kind) {
    case "agreement":
      return <AgreementFacts attempt={attempt} words={words} />;
    case "connect":
      return <ConnectFacts attempt={attempt} words={words} />;
    case "order":
      return <OrderTable attempt={attempt} />;
    case "disco":
      return <DiscoFacts attempt={attempt} />;
    default:
      return null;
  }
}

function ConnectFacts({
  attempt,
  words,
}: {
  readonly attempt: AttemptOf<"connect">;
  readonly words: Words;
}) {
  const t = usePageText();
  const time = useTimeFormat();
  const { tls, phases, message, candidate } = attempt;
  return (
    <>
      {message !== null && tls !== null && <p>{words.finding(message).headline}</p>}
      {phases.length > 0 && (
        <ul className={classes.phases} aria-label={t("phasesTitle")}>
          {phases.map((phase) => (
            <li key={phase.name}>
              {t(`phase.${phase.name}`)}{" "}
              <span className="wg-dimmed wg-numbers">
                {phase.durationMs === null ? "…" : time.duration(phase.durationMs)}
              </span>
            </li>
          ))}
        </ul>
      )}
      <Facts
        items={[
          [
            t("connection"),
            <code key="address">{`${candidate.host} · ${attempt.address}:${candidate.port}`}</code>,
          ],
          [t("localAddress"), attempt.localAddress],
          [t("servername"), tls === null ? null : <code key="servername">{tls.servername}</code>],
          [t("cipher"), tls === null ? null : `${tls.version}, ${tls.cipher}`],
          [t("alpn"), tls?.alpn ?? null],
          [
            t("login"),
            attempt.login
              ? t(attempt.login.isKept ? "loginKept" : "loginClosed", { by: attempt.login.by })
              : null,
          ],
          [t("features"), attempt.features.length === 0 ? null : attempt.features.join(", ")],
          [
            t("bytesLabel"),
            t("bytes", { sent: attempt.bytesSent, received: attempt.bytesReceived }),
          ],
        ]}
      />
    </>
  );
}

function OrderTable({ attempt }: { readonly attempt: AttemptOf<"order"> }) {
  const t = usePageText();
  const heads = ["colServer", "colPriority", "colWeight", "colSecurity"] as const;
  return (
    <table className={classes.table}>
      <caption className="wg-visually-hidden">{t("candidatesTitle")}</caption>
      <thead>
        <tr>
          {heads.map((head) => (
            <th key={head} scope="col">
              {t(head)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {attempt.candidates.map(({ host, port, priority, weight, security }) => (
          <tr key={`${host}:${port}:${security}`}>
            <td className="wg-mono">{`${host}:${port}`}</td>
            <td>{priority ?? "–"}</td>
            <td>{weight ?? "–"}</td>
            <td>{t(security === "direct_tls" ? "directTls" : "starttls")}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function DiscoFacts({ attempt }: { readonly attempt: AttemptOf<"disco"> }) {
  const t = usePageText();
  const { items, itemsLeftOut, identities, features } = attempt;
  return (
    <Facts
      items={[
        [
          t("items"),
          items.length === 0 ? null : (
            <ul className={classes.names}>
              {items.map(({ jid, node }) => (
                <li key={`${jid} ${node ?? ""}`}>{jid}</li>
              ))}
              {itemsLeftOut > 0 && <li>{t("itemsLeftOut", { count: itemsLeftOut })}</li>}
            </ul>
          ),
        ],
        [
          t("identities"),
          identities.length === 0
            ? null
            : identities
                .map(
                  ({ category, type, name }) =>
                    `${category}/${type}${name === null ? "" : ` “${name}”`}`,
                )
                .join(", "),
        ],
        [
          t("features"),
          features.length === 0 ? null : <span className="wg-mono">{features.join(" ")}</span>,
        ],
      ]}
    />
  );
}
