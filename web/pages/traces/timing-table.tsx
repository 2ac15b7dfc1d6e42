import type { Trace } from "#contract/traces.ts";
import { useTimeFormat } from "../../components/time.tsx";
import { useAttemptWords } from "./attempt-words.tsx";
import { StepStatusMark } from "./step-status.tsx";
import classes from "./timing-table.module.css";
import { usePageText, type Words } from "./words.tsx";

/** The waterfall as a table: the same attempts and times in numbers. */
export function TimingTable({ trace, words }: { readonly trace: Trace; readonly words: Words }) {
  const t = usePageText();
  const time = useTimeFormat();
  const say = useAttemptWords(words);
  const heads = [
    "colStep",
    "colAttempt",
    "colStatus",
    "colStart",
    "colDuration",
    "colSource",
  ] as const;
  return (
    <div className={classes.frame} tabIndex={0} role="region" aria-label={t("tableCaption")}>
      <table className={classes.table}>
        <caption className="wg-visually-hidden">{t("tableCaption")}</caption>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {t(head)}
              </th>
            ))}
          </tr>
        </thead>
        {trace.steps.map((step) => (
          <tbody key={step.number}>
            <tr className={classes.step}>
              <th scope="row">{step.number}</th>
              <td>{words.title(step.number, trace.domain)}</td>
              <td>
                <StepStatusMark status={step.status} size={14} />
              </td>
              <td>
                {step.attempts[0] === undefined ? "" : time.duration(step.attempts[0].offsetMs)}
              </td>
              <td>{step.durationMs === null ? "" : time.duration(step.durationMs)}</td>
              <td />
            </tr>
            {step.attempts.map((attempt) => (
              <tr key={attempt.id}>
                <td className="wg-dimmed">{attempt.id}</td>
                <td>{say.attempt(attempt)}</td>
                <td>
                  <StepStatusMark status={attempt.status} size={14} />
                </td>
                <td>{time.duration(attempt.offsetMs)}</td>
                <td>{attempt.durationMs === null ? "" : time.duration(attempt.durationMs)}</td>
                <td>{t(`source.${attempt.source}`)}</td>
              </tr>
            ))}
          </tbody>
        ))}
      </table>
    </div>
  );
}
