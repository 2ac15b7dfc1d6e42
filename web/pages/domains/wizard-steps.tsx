import { IconCheck } from "@tabler/icons-react";
import classes from "./wizard-steps.module.css";

/** Where one stands in a wizard. */
export function WizardSteps({
  labels,
  current,
}: {
  readonly labels: readonly string[];
  readonly current: number;
}) {
  return (
    <ol className={classes.steps}>
      {labels.map((label, index) => {
        const number = index + 1;
        const state = number < current ? "done" : number === current ? "current" : "later";
        return (
          <li
            key={label}
            className={classes.step}
            data-state={state}
            {...(state === "current" ? { "aria-current": "step" as const } : {})}
          >
            <span className={classes.number}>
              {state === "done" ? <IconCheck size={14} aria-hidden="true" /> : number}
            </span>
            {label}
          </li>
        );
      })}
    </ol>
  );
}
