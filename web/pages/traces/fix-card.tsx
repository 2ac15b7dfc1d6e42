import { Button } from "@mantine/core";
import {
  IconAlertTriangle,
  IconCircleX,
  IconMailForward,
  IconRefreshDot,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useIntl } from "react-intl";
import type { Finding, Trace } from "#contract/traces.ts";
import { query } from "../../api/query.ts";
import { useMay } from "../../api/session.ts";
import { CodeBlock } from "../../components/code-block.tsx";
import { ownerWord } from "../../components/finding.tsx";
import { CopyButton } from "../../components/copy-button.tsx";
import { ownerText } from "../../text/owners.ts";
import { useText } from "../../text/use-text.tsx";
import { ReferenceLink } from "./evidence-result.tsx";
import { letterFor } from "./letter.ts";
import { commandsFor } from "./records.ts";
import classes from "./trace-page.module.css";
import { decisiveStep, fixFor, isSame, otherLines, questionsOf } from "./verdict.ts";
import type { useActions } from "./verdict-bar.tsx";
import { code, usePageText, type Words } from "./words.tsx";

interface FixCardProps {
  readonly trace: Trace;
  readonly words: Words;
  readonly actions: ReturnType<typeof useActions>;
  readonly onOpen: (step: number) => void;
}

/** The root cause, whose it is, what to do in which order, and the message to whoever must do it. */
export function FixCard(props: FixCardProps) {
  const finding = fixFor(props.trace);
  if (finding === null || props.trace.state === "running") return null;
  return <Card {...props} finding={finding} />;
}

function Card({
  trace,
  words,
  finding,
  actions,
  onOpen,
}: FixCardProps & { readonly finding: Finding }) {
  const t = usePageText();
  const owner = useText(ownerText);
  const said = words.finding(finding);
  const step = decisiveStep(trace);
  const Icon = finding.severity === "error" ? IconCircleX : IconAlertTriangle;
  const tone = finding.severity === "error" ? "failed" : "warning";
  const command = commandFor(trace, step);
  return (
    <section className={classes.fix} data-tone={tone} aria-labelledby="trace-fix">
      <div className={classes.fixHead}>
        <h2 id="trace-fix">
          <Icon size={19} aria-hidden="true" color={`var(--wg-${tone}-fg)`} />
          <span>{said.headline}</span>
        </h2>
        <span className={classes.owner}>{owner(ownerWord(finding))}</span>
      </div>
      <div className={classes.fixBody}>
        <p>{said.meaning}</p>
        {said.fixes.length > 0 && (
          <ol aria-label={t("fixTitle")}>
            {said.fixes.map((fix, index) => (
              <li key={index}>{fix}</li>
            ))}
          </ol>
        )}
        {said.copy !== null && <CodeBlock label={t("recordLabel")} code={said.copy} isWrapped />}
        {said.copy === null && command !== null && (
          <CodeBlock label={t("checkCommand")} code={command} isWrapped />
        )}
        {said.reference !== null && <ReferenceLink label={said.reference.label} />}
      </div>
      <FixActions trace={trace} actions={actions} step={step} onOpen={onOpen} />
      <Others trace={trace} words={words} onOpen={onOpen} />
    </section>
  );
}

function FixActions({
  trace,
  actions,
  step,
  onOpen,
}: Omit<FixCardProps, "words"> & { readonly step: number | null }) {
  const t = usePageText();
  const intl = useIntl();
  const may = useMay("admin");
  const [isShown, setIsShown] = useState(false);
  const served = useQuery(query("GET /api/v1/domains"));
  // Until our own names are known it would not say who writes.
  const letter = served.isPending ? null : letterFor(trace, intl, served.data?.items ?? []);
  return (
    <>
      <div className={classes.fixActions}>
        {letter !== null && (
          <>
            <CopyButton value={letter} what={t("letterLabel")} hasLabel label={t("copyLetter")} />
            <Button
              variant="subtle"
              leftSection={<IconMailForward size={16} />}
              aria-expanded={isShown}
              onClick={() => setIsShown(!isShown)}
            >
              {t(isShown ? "hideLetter" : "showLetter")}
            </Button>
          </>
        )}
        {may && (
          <Button
            variant="default"
            leftSection={<IconRefreshDot size={16} />}
            loading={actions.isStarting}
            onClick={() => actions.run(true)}
          >
            {t("checkAgain")}
          </Button>
        )}
        {step !== null && (
          <Button variant="subtle" onClick={() => onOpen(step)}>
            {t("toStep", { step })}
          </Button>
        )}
      </div>
      {isShown && letter !== null && <CodeBlock label={t("letterLabel")} code={letter} isWrapped />}
    </>
  );
}

function Others({ trace, words, onOpen }: Pick<FixCardProps, "trace" | "words" | "onOpen">) {
  const t = usePageText();
  const others = otherLines(trace);
  if (others.length === 0) return null;
  return (
    <div>
      <h3 style={{ marginBottom: "0.25rem" }}>{t("fixNext")}</h3>
      <ul className={classes.others}>
        {others.map(({ finding, more, isOfHeadline }, index) => {
          const same = isOfHeadline ? [finding, ...more] : more;
          return (
            <li key={index}>
              {!isOfHeadline && <>{words.finding(finding).headline} </>}
              {same.length > 0 && <>{t.rich("sameFor", { list: questionsOf(same), c: code })} </>}
              <button type="button" onClick={() => onOpen(finding.step)}>
                {t("toStep", { step: finding.step })}
              </button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

/** One line to see the decisive step from a shell. */
function commandFor(trace: Trace, step: number | null): string | null {
  const attempts = trace.steps.find(({ number }) => number === step)?.attempts ?? [];
  const { headline } = trace;
  const said = attempts.filter(({ message }) => message !== null && isSame(message, headline));
  const failed = attempts.filter(({ status }) => status === "failed" || status === "warning");
  const won = attempts.filter(({ winner }) => winner);
  const [chosen = attempts] = [said, failed, won].filter((some) => some.length > 0);
  return commandsFor(chosen, trace.domain)[0]?.text ?? null;
}
