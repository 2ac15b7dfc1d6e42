import type { ReactNode } from "react";
import { problemOf } from "../api/problem.ts";
import { problemText } from "../text/problems.ts";
import { shellText } from "../text/shell.ts";
import { useText } from "../text/use-text.tsx";
import { Notice } from "./notice.tsx";
import { Time } from "./time.tsx";

interface ProblemNoticeProps {
  /** Whatever a call threw; nothing is shown for null. */
  readonly error: unknown;
  readonly action?: ReactNode;
  /** Fields whose messages stand beside their inputs already. */
  readonly shownFields?: readonly string[];
}

/** A failed call in words: what happened, the way out, the fields at fault, the reference for the log. */
export function ProblemNotice({ error, action, shownFields = [] }: ProblemNoticeProps) {
  const t = useText(shellText);
  if (error === null || error === undefined) return null;
  const problem = problemOf(error);
  const words = problemText[problem.code] ?? problemText["client.unexpected"];
  const others = Object.entries(problem.fields).filter(([field]) => !shownFields.includes(field));
  const until = problem.params["until"];
  return (
    <Notice
      tone="failed"
      role="alert"
      title={words.title}
      {...(action === undefined ? {} : { action })}
    >
      <p>{words.body}</p>
      {problem.detail !== null && <p>{problem.detail}</p>}
      {typeof until === "string" && (
        <p>{t.rich("tryAgainAt", { time: () => <Time key="until" at={until} /> })}</p>
      )}
      {others.length > 0 && (
        <ul>
          {others.map(([field, message]) => (
            <li key={field}>
              <code>{field}</code>: {message}
            </li>
          ))}
        </ul>
      )}
      {problem.status >= 500 && problem.requestId !== null && (
        <p className="wg-dimmed">{t.rich("requestId", { id: <code>{problem.requestId}</code> })}</p>
      )}
    </Notice>
  );
}
