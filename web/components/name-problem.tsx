import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { type ApiProblem, problemOf } from "../api/problem.ts";
import type { Finding } from "#contract/traces.ts";
import { domainsText } from "../text/domains.ts";
import { useText } from "../text/use-text.tsx";
import { useFinding } from "./finding.tsx";
import { Notice } from "./notice.tsx";
import { ProblemNotice } from "./problem-notice.tsx";

interface NameProblemProps {
  readonly error: ApiProblem | null;
  /** Takes the cleaned value that the appliance offers. */
  readonly onTake: (suggestion: string) => void;
  readonly action?: ReactNode;
}

/** A refused call whose cause may be a name: its fault in words, and the cleaned value as a button. */
export function NameProblem({ error, onTake, action }: NameProblemProps) {
  const t = useText(domainsText);
  const word = useFinding();
  if (error === null) return null;
  const problem = problemOf(error);
  const { suggestion } = problem.params;
  const isName = problem.code === "name.invalid" || problem.code === "name.ip_literal";
  if (!isName)
    return (
      <ProblemNotice
        error={error}
        shownFields={["domain"]}
        {...(action === undefined ? {} : { action })}
      />
    );
  const words = word({ code: problem.code, params: problem.params as Finding["params"] });
  return (
    <Notice
      tone="failed"
      role="alert"
      title={words.headline}
      {...(typeof suggestion === "string"
        ? {
            action: (
              <Button size="compact-sm" variant="default" onClick={() => onTake(suggestion)}>
                {t("useInstead", { suggestion })}
              </Button>
            ),
          }
        : {})}
    >
      <p>{words.meaning}</p>
    </Notice>
  );
}
