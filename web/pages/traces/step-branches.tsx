import type { Attempt, Step } from "#contract/traces.ts";
import { useTimeFormat } from "../../components/time.tsx";
import { useAttemptWords } from "./attempt-words.tsx";
import { branchesOf, isOutside, wasTried } from "./branches.ts";
import classes from "./step-list.module.css";
import { STEP_ICON, STEP_TONE } from "./step-status.tsx";
import { attemptBar, scaleOf, type Timeline } from "./timeline.ts";
import { AttemptChart } from "./waterfall.tsx";
import { usePageText, type Words } from "./words.tsx";

/** A step's attempts, grouped: what was tried at the same thing, who won, who lost and why. */
export function StepBranches({
  step,
  words,
  timeline,
}: {
  readonly step: Step;
  readonly words: Words;
  readonly timeline: Timeline;
}) {
  const say = useAttemptWords(words);
  return (
    <ol className={classes.attempts}>
      {branchesOf(step).map((branch) => (
        <li key={branch.key} className={classes.branch}>
          {branch.kind !== "local" && (
            <div className={classes.branchHead}>
              <div>{say.branch(branch)}</div>
              <span>{say.branchTally(branch)}</span>
            </div>
          )}
          <ol>
            {branch.attempts.map((attempt) => (
              <AttemptRow key={attempt.id} attempt={attempt} words={words} timeline={timeline} />
            ))}
          </ol>
        </li>
      ))}
    </ol>
  );
}

function AttemptRow({
  attempt,
  words,
  timeline,
}: {
  readonly attempt: Attempt;
  readonly words: Words;
  readonly timeline: Timeline;
}) {
  const t = usePageText();
  const time = useTimeFormat();
  const say = useAttemptWords(words);
  const Icon = STEP_ICON[attempt.status];
  const isUnused = !wasTried(attempt);
  const bar = attemptBar(attempt, scaleOf(timeline), timeline.endMs);
  return (
    <li className={classes.attempt} data-winner={attempt.winner} data-unused={isUnused}>
      <div className={classes.attemptText}>
        <Icon size={15} aria-hidden="true" color={`var(--wg-${toneOf(attempt)}-fg)`} />
        <div>
          <span className="wg-visually-hidden">
            {words.text({ key: `status.${attempt.status}`, values: {} })}:{" "}
          </span>
          {say.attempt(attempt)}
        </div>
        <span className={classes.tick}>
          {attempt.winner && isOutside(attempt) && (
            <span>{t(attempt.kind === "dns" ? "decides" : "winner")}</span>
          )}
          {isUnused && <span>{t("notTried")}</span>}
          {attempt.durationMs !== null && !isUnused && (
            <span>{time.duration(attempt.durationMs)}</span>
          )}
        </span>
      </div>
      <div className={classes.attemptLane}>
        {!isUnused && <AttemptChart bar={bar} timeline={timeline} />}
      </div>
    </li>
  );
}

function toneOf({ status }: Attempt): string {
  const tone = STEP_TONE[status];
  return tone === "running" ? "info" : tone;
}
