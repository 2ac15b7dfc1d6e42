import type { LinkTest } from "#contract/links.ts";
import { FindingNotice } from "../../components/finding.tsx";
import { Status, type Tone } from "../../components/status.tsx";
import { useTimeFormat } from "../../components/time.tsx";
import { domainsText } from "../../text/domains.ts";
import { useText } from "../../text/use-text.tsx";
import classes from "./link-test.module.css";

type StepName = LinkTest["steps"][number]["name"];
type StepStatus = LinkTest["steps"][number]["status"] | "running" | "not_reached";

const NAMES: readonly StepName[] = [
  "resolve",
  "connect",
  "tls",
  "stream",
  "handshake",
  "disco_server",
  "listed",
];

const LOOK = {
  ok: { tone: "ok", word: "stepOk" },
  warning: { tone: "warning", word: "stepWarning" },
  failed: { tone: "failed", word: "stepFailed" },
  skipped: { tone: "idle", word: "stepSkipped" },
  not_reached: { tone: "idle", word: "stepNotReached" },
  running: { tone: "running", word: "stepRunning" },
} as const satisfies Record<StepStatus, { tone: Tone; word: keyof typeof domainsText }>;

/** The steps of an attachment's test: all of them from the start, so that nothing jumps. */
export function LinkTestView(props: {
  readonly name: string;
  readonly result: LinkTest | undefined;
  readonly isRunning: boolean;
}) {
  const t = useText(domainsText);
  const format = useTimeFormat();
  const { result, isRunning } = props;
  const hasFailedBefore = (index: number) =>
    result?.steps.slice(0, index).some((step) => step.status === "failed") === true;
  return (
    <ol className={classes.steps} aria-busy={isRunning}>
      {NAMES.map((name, index) => {
        const step = isRunning ? undefined : result?.steps.find((one) => one.name === name);
        const status: StepStatus = isRunning
          ? "running"
          : step === undefined || (step.status === "skipped" && hasFailedBefore(index))
            ? "not_reached"
            : step.status;
        const { tone, word } = LOOK[status];
        return (
          <li key={name} className={classes.step}>
            <span>{t(`step_${name}`, { name: props.name })}</span>
            <span className={`wg-numbers ${classes.result}`}>
              <Status tone={tone}>{t(word)}</Status>
              {step?.durationMs != null && status !== "not_reached" && (
                <span className="wg-dimmed">{format.duration(step.durationMs)}</span>
              )}
            </span>
            {step?.message != null && (
              <div className={classes.message}>
                <FindingNotice finding={step.message} />
              </div>
            )}
          </li>
        );
      })}
    </ol>
  );
}
